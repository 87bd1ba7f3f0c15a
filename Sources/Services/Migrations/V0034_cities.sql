-- kind: concurrent
-- The cities with shows on sale are read by jumping from each to the next.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_cities ON {{schema}}.tickets (city, (coalesce(starts_at, 'infinity')))
    WHERE NOT withdrawn
