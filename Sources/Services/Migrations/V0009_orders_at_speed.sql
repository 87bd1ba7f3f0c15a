-- The indexes of the orders, in the direction in which orders come: PostgreSQL fills a page before it begins the next one
-- only where keys grow, and reads an index backwards as well as forwards.

DROP INDEX orders.orders_of_user, orders.orders_newest, orders.orders_of_ticket;
CREATE INDEX orders_of_user ON orders.orders (user_id, created_at, id);
CREATE INDEX orders_newest ON orders.orders (created_at, id);
CREATE INDEX orders_of_ticket ON orders.orders (ticket_id, created_at, id);

-- For a ban alone, which finds a buyer's orders by orders_of_user.
DROP INDEX orders.orders_awaiting_of_user;

-- No unit below it is free. Free units that were handed out lie dead at the head of their index for as long as anybody
-- looks at an older state: a look from the first one on would pass all of them again with every batch.
ALTER TABLE orders.tickets ADD COLUMN free_from integer NOT NULL DEFAULT 1;
