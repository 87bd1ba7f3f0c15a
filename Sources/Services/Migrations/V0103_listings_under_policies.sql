-- kind: concurrent
-- The listings of a performance that a policy can suspend or put back on sale, those that were not checked first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_under_policies ON {{schema}}.tickets
    (performance_id, (coalesce(policy_seen, 0)), id)
    WHERE performance_id IS NOT NULL AND (NOT withdrawn OR suspended_reason = 'policy')
