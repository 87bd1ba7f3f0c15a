-- The last time that each buyer cancelled a hold early without its counting as a lapse.
ALTER TABLE orders.users ADD COLUMN IF NOT EXISTS cancelled_free_at timestamptz;
