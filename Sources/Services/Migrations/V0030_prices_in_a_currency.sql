-- kind: concurrent
-- Lists by price are read in one currency. The index tickets_by_price serves the builds before, and can go after them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_by_currency_and_price ON {{schema}}.tickets (currency, price, id)
    WHERE NOT withdrawn
