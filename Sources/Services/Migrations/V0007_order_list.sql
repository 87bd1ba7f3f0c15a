-- The admins' list of all orders: newest first, of one ticket (of one buyer there is an index), of one state.

CREATE INDEX orders_newest ON orders.orders (created_at DESC, id DESC);
CREATE INDEX orders_of_ticket ON orders.orders (ticket_id, created_at DESC, id DESC);
-- The states that few orders are in for long, and that an admin looks for. Complete and cancelled ones are found on the
-- way through the newest; those that await payment have an index of their own.
CREATE INDEX orders_rare ON orders.orders (status, created_at DESC, id DESC) WHERE status IN ('confirmed', 'refunded');
