-- The oldest dead letters, moved here when Redis has too many, and deleted 90 days after they became dead letters.
CREATE TABLE {{schema}}.dead_letters (
    -- The id of the entry in the stream of dead letters.
    id text PRIMARY KEY,
    died_at timestamptz NOT NULL,
    -- The entry's fields by name, with its error and its history.
    fields json NOT NULL
);

CREATE INDEX dead_letters_died ON {{schema}}.dead_letters (died_at);
