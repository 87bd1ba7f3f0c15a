-- The id of the command or event, or null if the letter has none.
ALTER TABLE {{schema}}.dead_letters ADD COLUMN IF NOT EXISTS message uuid;
