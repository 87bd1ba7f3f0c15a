-- kind: concurrent
-- Lists by the price that a buyer pays, in one currency. The index tickets_by_currency_and_price serves the builds
-- before, and can go after them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_by_currency_and_whole_price ON {{schema}}.tickets
    (currency, (price + coalesce(buyer_fee, 0) + coalesce(tax, 0)), id) WHERE NOT withdrawn
