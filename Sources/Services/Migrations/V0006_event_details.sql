-- What a ticket is for, and where one sits with it: as the listing tells of it, and as it did when an order was made.

ALTER TABLE orders.tickets
    ADD COLUMN venue text,
    ADD COLUMN city text,
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN time_zone text,
    ADD COLUMN section text,
    ADD COLUMN seat_row text,
    ADD COLUMN note text;

ALTER TABLE orders.orders
    ADD COLUMN venue text,
    ADD COLUMN city text,
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN time_zone text,
    ADD COLUMN section text,
    ADD COLUMN seat_row text,
    ADD COLUMN note text;
