-- kind: concurrent
-- Seats that have orders but no claim, for the batch that ends another listing's claim.
CREATE INDEX CONCURRENTLY IF NOT EXISTS seats_unclaimed ON tickets.seats (performance_id, seat_key, sale)
    WHERE NOT claimed AND order_ids <> '{}'
