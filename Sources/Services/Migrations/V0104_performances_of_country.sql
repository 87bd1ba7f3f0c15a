-- kind: concurrent
-- The coming performances of a country, for the slices that check its listings against a new policy.
CREATE INDEX CONCURRENTLY IF NOT EXISTS performances_of_country ON {{schema}}.performances (country, starts_at)
