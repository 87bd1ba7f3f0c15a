"""Damages of the laws `retention` and `redis_bounds`: rows and entries that are kept beyond their end, or too many."""

from .damages import Fixture, damage, sql

sql("a token was rotated 32 days ago", "retention", """
    INSERT INTO users.refresh_tokens (hash, session_id, issued_at, rotated_at)
    SELECT sha256('old'), id, now() - interval '33 days', now() - interval '32 days' FROM users.sessions
    WHERE user_id = '{buyer}' LIMIT 1""")
sql("a session expired three days ago", "retention", """
    UPDATE users.sessions SET expires_at = now() - interval '3 days' WHERE id = (
        SELECT id FROM users.sessions WHERE user_id = '{buyer}' LIMIT 1)""")
sql("an entry of the security log is 182 days old", "retention", """
    INSERT INTO users.security_log (at, kind, actor, user_id)
    SELECT now() - interval '182 days', 'signed_in', 'operator', id FROM users.users LIMIT 1""")
sql("a dead letter is archived for 92 days", "retention", """
    INSERT INTO orders.dead_letters (id, died_at, fields) VALUES ('1-0', now() - interval '92 days', '{{}}')""")
sql("an inbox row is five days old", "retention", """
    INSERT INTO orders.inbox (id, type, received_at) VALUES ('{new}', 'UserUpdated', now() - interval '5 days')""")
sql("a settled outbox row is 32 days old", "retention order_events stream_history", """
    INSERT INTO orders.marks VALUES ('low_water', 1) ON CONFLICT (name) DO UPDATE SET value = 1;
    INSERT INTO orders.outbox SELECT 0, gen_random_uuid(), type, v, now() - interval '32 days', subject, version, trace,
        body FROM orders.outbox LIMIT 1""")


@damage("retention", "queues")
def redis_has_too_many_dead_letters(fixture: Fixture) -> None:
    with fixture.redis.pipeline() as pipeline:
        for _ in range(2001):
            pipeline.xadd(fixture.key("dead", "orders"), {"error": "unreadable"})
        pipeline.execute()


@damage("redis_bounds", "publication")
def a_stream_exceeds_its_bound(fixture: Fixture) -> None:
    key = fixture.key("events", "users")
    pipeline = fixture.redis.pipeline(transaction=False)
    for number in range(1001):
        pipeline.xadd(key, {"id": "x"}, id=f"{number + 1000}-0")
    for group in ("tickets", "orders", "catalogue"):
        pipeline.xgroup_setid(key, group, "$")
    pipeline.execute()
