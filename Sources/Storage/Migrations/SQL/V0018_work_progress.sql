-- When a slice of the work has last changed something, or null if none has. A build before this one leaves it as it is.
ALTER TABLE {{schema}}.work ADD COLUMN IF NOT EXISTS progressed_at timestamptz;
