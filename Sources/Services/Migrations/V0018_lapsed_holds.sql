-- The times at which a buyer's last holds ended unpaid, oldest first: as many as the limit on them counts.
ALTER TABLE orders.users ADD COLUMN IF NOT EXISTS lapsed_at timestamptz[] NOT NULL DEFAULT '{}';
