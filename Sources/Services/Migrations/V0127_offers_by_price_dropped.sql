-- kind: concurrent
-- Offers have been read by the price with fees since V0101. Builds before it read offers slowly, but correctly.
DROP INDEX CONCURRENTLY IF EXISTS {{schema}}.tickets_offers
