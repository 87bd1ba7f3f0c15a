-- kind: concurrent
-- The frozen orders, newest first: few, and listed for admins.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_frozen ON orders.orders (created_at DESC, id DESC)
    WHERE frozen_at IS NOT NULL
