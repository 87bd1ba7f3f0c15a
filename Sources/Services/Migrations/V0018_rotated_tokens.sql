-- kind: concurrent
-- Rotated refresh tokens are deleted by the time of their rotation.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_rotated ON users.refresh_tokens (rotated_at)
    WHERE rotated_at IS NOT NULL;
