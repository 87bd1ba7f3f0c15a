-- kind: concurrent
-- The sessions that ended lately, which every API process reads each second.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_by_end ON users.sessions (ended_at, id) WHERE ended_at IS NOT NULL
