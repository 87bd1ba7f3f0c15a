-- kind: concurrent
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_terms ON {{schema}}.tickets USING gin (search_terms) WHERE NOT withdrawn
