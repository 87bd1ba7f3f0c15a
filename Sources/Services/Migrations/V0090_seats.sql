-- The seats of listings, and the claims that keep two listings from offering one seat.

ALTER TABLE tickets.tickets
    -- The names of the seats in the order of their units, and the sale of each. NULL: a listing without seats.
    ADD COLUMN seats text[],
    ADD COLUMN sales integer[],
    -- Bit i for the unit i + 1: no order has it.
    ADD COLUMN free_mask bigint;

-- The units of an order of a listing with seats, and its buyer. NULL for other orders.
ALTER TABLE tickets.orders ADD COLUMN units integer[], ADD COLUMN user_id uuid;

CREATE TABLE tickets.seats (
    ticket_id uuid NOT NULL,
    unit smallint NOT NULL CHECK (unit BETWEEN 1 AND 64),
    performance_id uuid NOT NULL,
    -- Section, row and name in one spelling.
    seat_key text NOT NULL,
    name text NOT NULL,
    -- 1 for the first seller of the seat, and one more for each buyer who lists it again.
    sale integer NOT NULL CHECK (sale > 0),
    claimed boolean NOT NULL,
    -- The buyer, once the order is complete.
    holder uuid,
    -- The orders that have the unit. Events of different orders may come in any order, so there may be two for a moment.
    order_ids uuid[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (ticket_id, unit)
) WITH (fillfactor = 80);

-- The promise that no two listings offer one seat: whatever the code does, the index refuses.
CREATE UNIQUE INDEX seats_claimed_once ON tickets.seats (performance_id, seat_key, sale) WHERE claimed;
