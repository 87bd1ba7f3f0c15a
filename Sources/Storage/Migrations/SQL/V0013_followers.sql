-- The followers of the service's event stream. A row remains when Redis loses its data, and holds for every build: one
-- that has never heard of a follower keeps the events that it has not settled.
CREATE TABLE {{schema}}.followers (
    name text PRIMARY KEY,
    -- The outbox row up to which it has settled all events. It never goes back.
    settled bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    -- 'dropped': an operator has given it up. It holds back nothing until it reads again.
    state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'dropped'))
) WITH (fillfactor = 20);
