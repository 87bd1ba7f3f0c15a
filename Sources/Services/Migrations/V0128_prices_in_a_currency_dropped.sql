-- kind: concurrent
-- Lists have been sorted by the price with fees since V0102. Builds before it sort lists by price slowly, but correctly.
DROP INDEX CONCURRENTLY IF EXISTS {{schema}}.tickets_by_currency_and_price
