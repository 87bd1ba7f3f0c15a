-- kind: concurrent
-- The offers of a performance, by price in each currency. Listings without a performance have no entry.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_offers ON {{schema}}.tickets (performance_id, currency, price, id)
    WHERE NOT withdrawn AND performance_id IS NOT NULL
