-- kind: concurrent
-- Tells whether a seller has sold anything. A listing gets its entry with its first sale; only then, and when its number
-- of sold units changes again, is its row written to the indexes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_sold_of_seller ON tickets.tickets (seller_id) WHERE sold > 0
