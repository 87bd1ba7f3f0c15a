-- The inbox, a table for each slot of time, so that old messages are dropped and not deleted: what stood in the one table
-- is slot 0. A message is looked for in all of them. The workers make slots ahead, and move on to the next.

ALTER TABLE {{schema}}.inbox RENAME TO inbox_0;
DROP INDEX {{schema}}.inbox_received;
ALTER TABLE {{schema}}.inbox_0
    ADD COLUMN slot integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT inbox_pkey,
    ADD CONSTRAINT inbox_0_pkey PRIMARY KEY (id, slot);
ALTER TABLE {{schema}}.inbox_0 RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);

CREATE TABLE {{schema}}.inbox (
    LIKE {{schema}}.inbox_0 INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (id, slot)
) PARTITION BY LIST (slot);
ALTER TABLE {{schema}}.inbox ATTACH PARTITION {{schema}}.inbox_0 FOR VALUES IN (0);

-- The slot that messages are taken into. Whoever takes one in holds a lock in common from before the look until COMMIT,
-- and whoever moves on holds it alone: so at any time all write into the same slot, where the key refuses the same message
-- twice, and who comes after a move finds what was committed before it.
INSERT INTO {{schema}}.marks (name, value) VALUES ('inbox_slot', 0);

CREATE FUNCTION {{schema}}.inbox_slot() RETURNS integer LANGUAGE sql STABLE
RETURN (SELECT value::integer FROM {{schema}}.marks WHERE name = 'inbox_slot');

-- For rows written by hand.
ALTER TABLE {{schema}}.inbox ALTER COLUMN slot SET DEFAULT {{schema}}.inbox_slot();
