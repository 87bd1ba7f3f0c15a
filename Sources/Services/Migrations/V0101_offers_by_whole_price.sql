-- kind: concurrent
-- The offers of a performance, by the price that a buyer pays, in each currency. The index tickets_offers serves the
-- builds before, and can go after them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_offers_by_whole_price ON {{schema}}.tickets
    (performance_id, currency, (price + coalesce(buyer_fee, 0) + coalesce(tax, 0)), id)
    WHERE NOT withdrawn AND performance_id IS NOT NULL
