-- kind: concurrent
-- The paid orders of a buyer, by listing: see orders_unpaid_of_user.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_paid_of_user ON orders.orders (user_id, ticket_id)
    WHERE status IN ('confirmed', 'complete');
