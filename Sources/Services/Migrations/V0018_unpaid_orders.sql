-- kind: concurrent
-- The unpaid orders of a buyer, by listing: for the limits on a buyer's holds, and for the slices that end the holds of
-- a banned one. Each read takes as many entries as the limits allow, however many orders a buyer had. The paid orders
-- have an index of their own: a condition on the status that the index implies is no search key, and would filter a
-- buyer's past. "Not in any other status" is the same as awaiting_payment, but only this index fits it: planned while
-- few orders await payment, a query with that status would read the index orders_awaiting from its start for ever.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_unpaid_of_user ON orders.orders (user_id, ticket_id)
    WHERE status NOT IN ('confirmed', 'complete', 'cancelled', 'refunded');
