-- kind: concurrent
-- The listings of a performance, for the slices that follow its changes: those that are behind come first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_of_performance ON {{schema}}.tickets
    (performance_id, (coalesce(performance_version, 0)), id) WHERE performance_id IS NOT NULL
