-- kind: concurrent
-- Imports find a venue by its name and city. Folding can make a text longer than an index takes, so it is cut.
CREATE INDEX CONCURRENTLY IF NOT EXISTS venues_by_name ON catalogue.venues
    ("left"(catalogue.folded(name), 128), "left"(catalogue.folded(city), 64))
