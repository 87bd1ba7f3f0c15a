-- kind: backfill
-- table: payments.orders
-- key: id
-- rows: 500
-- Calls that ended before V0014 still have their requests, which are never sent again.
UPDATE payments.calls SET request = NULL
WHERE order_id BETWEEN {{first}} AND {{last}} AND state IN ('done', 'withdrawn') AND request IS NOT NULL;
