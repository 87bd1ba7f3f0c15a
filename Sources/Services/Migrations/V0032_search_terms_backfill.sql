-- kind: backfill
-- table: {{schema}}.tickets
-- key: id
-- rows: 500
-- The terms of the listings from before. The trigger of V0031 has those of new ones.
UPDATE {{schema}}.tickets SET title = title WHERE search_terms IS NULL AND id BETWEEN {{first}} AND {{last}}
