-- Which seats an order has, and that each sale of a seat has one order, whatever listing offers it.

ALTER TABLE orders.tickets
    ADD COLUMN performance_id uuid,
    -- The names of the seats in the order of their units, and the sale of each. NULL: a listing without seats.
    ADD COLUMN seats text[],
    ADD COLUMN sales integer[];

-- The units of the order and the names of their seats. NULL: the listing has no seats.
ALTER TABLE orders.orders ADD COLUMN units integer[], ADD COLUMN seats text[];

CREATE TABLE orders.seat_sales (
    performance_id uuid NOT NULL,
    seat_key text NOT NULL,
    sale integer NOT NULL,
    ticket_id uuid NOT NULL,
    unit integer NOT NULL,
    order_id uuid NOT NULL,
    PRIMARY KEY (performance_id, seat_key, sale)
);

CREATE INDEX seat_sales_of_order ON orders.seat_sales (ticket_id, order_id);
