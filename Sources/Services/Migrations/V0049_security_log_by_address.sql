-- kind: concurrent
-- The entries of one client's address, newest first, for the admins' page.
CREATE INDEX CONCURRENTLY IF NOT EXISTS security_log_of_address ON users.security_log (address, id DESC)
