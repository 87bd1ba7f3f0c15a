-- kind: concurrent
-- The listings without a performance, the soonest first, for the home page. Those of performances are found as events.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_soonest_other ON {{schema}}.tickets
    (coalesce(starts_at, 'infinity'), id) WHERE NOT withdrawn AND performance_id IS NULL
