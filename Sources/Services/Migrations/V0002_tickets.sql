-- Listings, with what is taken of each.

-- The copy of the users.
CREATE TABLE tickets.users (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE tickets.tickets (
    id uuid PRIMARY KEY,
    seller_id uuid NOT NULL,
    title text NOT NULL,
    price bigint NOT NULL CHECK (price > 0),
    currency text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    withdrawn boolean NOT NULL,
    version bigint NOT NULL,
    -- Counted from the orders service's events: they change no version and emit nothing.
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX tickets_newest ON tickets.tickets (created_at DESC, id DESC) WHERE NOT withdrawn;
CREATE INDEX tickets_of_seller ON tickets.tickets (seller_id, created_at DESC, id DESC);

-- One row for each order that was heard of: the counts above change by new minus old.
CREATE TABLE tickets.orders (
    order_id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL,
    quantity integer NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL
) WITH (fillfactor = 80);
