-- Attempts to pay orders, and the calls to Stripe. The schema and its inbox, outbox and marks stand already.

-- The copy of the orders. Whoever changes an order's attempts or calls locks its row first.
CREATE TABLE payments.orders (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    title text NOT NULL,
    quantity integer NOT NULL,
    price bigint NOT NULL,
    total bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('awaiting_payment', 'confirmed', 'complete', 'cancelled', 'refunded')),
    -- The attempt that claimed it.
    claimed integer,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL,
    -- How many events payments has told of it.
    told bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE payments.attempts (
    order_id uuid NOT NULL REFERENCES payments.orders (id),
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('opening', 'open', 'authorized', 'capturing', 'captured', 'refunding',
                                         'refunded', 'closing', 'dead')),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    session_id text,
    session_url text,
    session_expires_at timestamptz NOT NULL,
    intent_id text,
    failure text,
    -- When to look at Stripe's objects next; while someone looks, when another may.
    look_at timestamptz,
    looks integer NOT NULL DEFAULT 0,
    -- Of the one who looks now. Every change clears it, so that what was seen before the change is not believed.
    look_token uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, number)
) WITH (fillfactor = 80);

-- The promise that an order is not paid twice: no attempt begins while another could still take money.
CREATE UNIQUE INDEX attempts_one_alive ON payments.attempts (order_id) WHERE state NOT IN ('dead', 'refunded');
CREATE UNIQUE INDEX attempts_of_session ON payments.attempts (session_id);
CREATE INDEX attempts_of_intent ON payments.attempts (intent_id);
CREATE INDEX attempts_to_look_at ON payments.attempts (look_at) WHERE look_at IS NOT NULL;

-- The calls to Stripe that were committed to, with the exact request: sent again, it must be the same under its key.
CREATE TABLE payments.calls (
    order_id uuid NOT NULL,
    attempt integer NOT NULL,
    operation text NOT NULL CHECK (operation IN ('create_session', 'expire_session', 'capture', 'cancel_intent',
                                                 'refund')),
    try integer NOT NULL CHECK (try > 0),
    state text NOT NULL CHECK (state IN ('pending', 'done', 'refused', 'doubted', 'withdrawn')),
    request json NOT NULL,
    -- When to make it; while someone makes it, when another may.
    due_at timestamptz NOT NULL,
    -- Of the one who makes it now.
    token uuid,
    runs integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    error text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, attempt, operation, try),
    FOREIGN KEY (order_id, attempt) REFERENCES payments.attempts (order_id, number)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX calls_one_pending ON payments.calls (order_id, attempt) WHERE state = 'pending';
CREATE INDEX calls_due ON payments.calls (due_at) WHERE state = 'pending';

-- The commands that are answered once there is a page to pay at, or none can be.
CREATE TABLE payments.waiting (
    command_id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES payments.orders (id),
    reply text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX waiting_for_order ON payments.waiting (order_id);
