-- The unpaid and the paid orders of a buyer, by listing: for the limits on a buyer's holds, and for the slices that end
-- the holds of a banned one. Each look reads as many entries as the limits allow, however many orders a buyer had. Two
-- indexes and not one of both: a condition on the status that the index implies is no search key, and would filter a
-- buyer's past. "Not in any other status" is the same as awaiting_payment, but only this index fits it: planned while
-- few orders await payment, a query with that status would read the index orders_awaiting from its start for ever.
CREATE INDEX orders_unpaid_of_user ON orders.orders (user_id, ticket_id)
    WHERE status NOT IN ('confirmed', 'complete', 'cancelled', 'refunded');
CREATE INDEX orders_paid_of_user ON orders.orders (user_id, ticket_id) WHERE status IN ('confirmed', 'complete');

-- The times at which a buyer's last holds ended unpaid, oldest first: as many as the limit on them counts.
ALTER TABLE orders.users ADD COLUMN lapsed_at timestamptz[] NOT NULL DEFAULT '{}';
