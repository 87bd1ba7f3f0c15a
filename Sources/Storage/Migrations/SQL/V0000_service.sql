-- What the schema of every service has; {{schema}} stands for its name.

CREATE SCHEMA IF NOT EXISTS {{schema}};

-- What has been taken in, so that it takes effect once: commands and events by their ids. A row is inserted when its
-- message is loaded and gets its outcome in the same transaction: the space left in each page keeps that second version
-- beside the first, and out of the index. (Measured with replies of 300 bytes: at 20 all updates are such, at 30 seven
-- of ten; a full page writes a third more WAL and grows the index by half.)
CREATE TABLE {{schema}}.inbox (
    id uuid PRIMARY KEY,
    actor text,
    type text NOT NULL,
    -- A hash of the request, where it came with an idempotency key.
    fingerprint bytea,
    received_at timestamptz NOT NULL DEFAULT now(),
    -- Null: taken in, and answered later or never (an event).
    outcome text CHECK (outcome IN ('done', 'refused')),
    -- json, not jsonb: what is replayed are the bytes that were answered.
    reply json
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Old rows are deleted a few at a time; they lie in the order they came in.
CREATE INDEX inbox_received ON {{schema}}.inbox USING brin (received_at) WITH (pages_per_range = 32);

-- What is to be published. An id is given under the service's lock, so ids commit in order; the cache must stay 1, or
-- two sessions would give them out of order.
CREATE SEQUENCE {{schema}}.outbox_ids AS bigint CACHE 1;

CREATE TABLE {{schema}}.outbox (
    id bigint PRIMARY KEY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    v integer NOT NULL,
    at timestamptz NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL,
    trace text NOT NULL,
    -- Text: the bytes that are published.
    body text NOT NULL
) PARTITION BY RANGE (id);

-- Partition n holds the ids from n million on. Further ones are made ahead, and old ones dropped, while it runs.
CREATE TABLE {{schema}}.outbox_0 PARTITION OF {{schema}}.outbox FOR VALUES FROM (0) TO (1000000);
CREATE TABLE {{schema}}.outbox_1 PARTITION OF {{schema}}.outbox FOR VALUES FROM (1000000) TO (2000000);
CREATE TABLE {{schema}}.outbox_2 PARTITION OF {{schema}}.outbox FOR VALUES FROM (2000000) TO (3000000);

-- Numbers worth remembering, such as how far all consumers have read.
CREATE TABLE {{schema}}.marks (
    name text PRIMARY KEY,
    value bigint NOT NULL
) WITH (fillfactor = 20);
