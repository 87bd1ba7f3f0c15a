-- kind: concurrent
-- The words of listings without a performance, for the home page. Most listings have one, and share its words.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_terms_other ON {{schema}}.tickets
    USING gin (search_terms) WITH (gin_pending_list_limit = 64) WHERE NOT withdrawn AND performance_id IS NULL
