-- kind: concurrent
-- The entries of one kind, newest first, for the admins' page.
CREATE INDEX CONCURRENTLY IF NOT EXISTS security_log_of_kind ON users.security_log (kind, id DESC)
