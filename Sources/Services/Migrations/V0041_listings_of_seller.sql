-- kind: concurrent
-- The listings of a seller, for the slices that freeze and release the orders of a banned one. Its column never
-- changes, so updates of the counters stay heap-only.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_of_seller ON orders.tickets (seller_id)
