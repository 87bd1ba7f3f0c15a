-- Orders, and which unit of which ticket is whose.

-- The copy of the users.
CREATE TABLE orders.users (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    version bigint NOT NULL
);

-- The copy of the listings, with the counters that say what is free.
CREATE TABLE orders.tickets (
    id uuid PRIMARY KEY,
    seller_id uuid NOT NULL,
    title text NOT NULL,
    price bigint NOT NULL,
    currency text NOT NULL,
    offered integer NOT NULL,
    withdrawn boolean NOT NULL,
    version bigint NOT NULL,
    -- Units that an order has, paid or not.
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- The lowest number that was never handed out.
    next_unit integer NOT NULL DEFAULT 1 CHECK (next_unit >= 1)
) WITH (fillfactor = 50);

-- Units that were handed out and came back: handed out again first.
CREATE TABLE orders.free_units (
    ticket_id uuid NOT NULL,
    unit integer NOT NULL,
    PRIMARY KEY (ticket_id, unit)
);

CREATE TABLE orders.orders (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    ticket_title text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    price bigint NOT NULL CHECK (price > 0),
    total bigint NOT NULL CHECK (total = price * quantity),
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('awaiting_payment', 'confirmed', 'complete', 'cancelled', 'refunded')),
    reason text CHECK (reason IN ('cancelled_by_buyer', 'expired', 'buyer_banned', 'payment_failed')),
    attempt integer CHECK (attempt > 0),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CHECK ((status = 'cancelled') = (reason IS NOT NULL)),
    CHECK (status NOT IN ('confirmed', 'complete', 'refunded') OR attempt IS NOT NULL)
) WITH (fillfactor = 80);

CREATE INDEX orders_of_user ON orders.orders (user_id, created_at DESC, id DESC);
-- For the sweep, and for a ban.
CREATE INDEX orders_awaiting ON orders.orders (expires_at) WHERE status = 'awaiting_payment';
CREATE INDEX orders_awaiting_of_user ON orders.orders (user_id) WHERE status = 'awaiting_payment';

-- The promise that a unit is never sold twice: whatever the code does, the key refuses.
CREATE TABLE orders.allocations (
    ticket_id uuid NOT NULL,
    unit integer NOT NULL CHECK (unit > 0),
    order_id uuid NOT NULL,
    PRIMARY KEY (ticket_id, unit)
);

CREATE INDEX allocations_of_order ON orders.allocations (order_id);
