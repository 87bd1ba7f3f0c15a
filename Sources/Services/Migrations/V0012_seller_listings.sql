-- The listings of a seller that are on sale, for the slices that withdraw those of a banned one: a slice reads as many
-- entries as it withdraws, however many listings the seller has withdrawn before.
CREATE INDEX tickets_on_sale_of_seller ON tickets.tickets (seller_id) WHERE NOT withdrawn;
