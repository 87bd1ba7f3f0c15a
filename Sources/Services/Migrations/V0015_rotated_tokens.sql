-- Rotated refresh tokens are deleted by the time of their rotation.
CREATE INDEX refresh_tokens_rotated ON users.refresh_tokens (rotated_at) WHERE rotated_at IS NOT NULL;
