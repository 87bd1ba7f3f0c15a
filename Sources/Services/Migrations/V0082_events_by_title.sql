-- kind: concurrent
-- Imports find an event by its title.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_by_title ON catalogue.events ("left"(catalogue.folded(title), 128))
