-- kind: concurrent
-- For the outcome of a command that became a dead letter.
CREATE INDEX CONCURRENTLY IF NOT EXISTS dead_letters_message ON {{schema}}.dead_letters (message);
