-- kind: concurrent
-- The listings of a seller that are on sale, for the slices that withdraw those of a banned one: a slice reads as many
-- entries as it withdraws, however many listings the seller has withdrawn before. "Is not true" is the same as "not"
-- here, but only this index fits it: planned while few listings are on sale, a query with NOT withdrawn would read the
-- index tickets_newest from its start.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_on_sale_of_seller ON tickets.tickets (seller_id)
    WHERE withdrawn IS NOT TRUE;
