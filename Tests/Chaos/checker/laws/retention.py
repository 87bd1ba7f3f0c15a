"""Nothing is kept beyond its end: tokens, sessions, the security log, dead letters, and rows of inboxes and outboxes.

docs/ARCHITECTURE.md lists the end of each table and key. A pruner may be late by a day, because a service may have been
paused. Outbox rows that some follower has not settled have no end.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

LATE = "interval '1 day'"
#: Twice the default of `DeadLetters.kept`: the archiver runs once a minute.
MAX_DEAD_LETTERS = 2000


def check(system: System, result: LawResult) -> None:
    result.count("refresh tokens", system.value("SELECT count(*) FROM users.refresh_tokens"))
    expect_no_rows(
        system,
        result,
        "a refresh token was rotated longer ago than a session lives",
        f"""
        SELECT session_id AS id, rotated_at FROM users.refresh_tokens
        WHERE rotated_at < now() - interval '30 days' - {LATE}
        """,
    )
    expect_no_rows(
        system,
        result,
        "a session expired more than a day ago",
        f"SELECT id, expires_at FROM users.sessions WHERE expires_at < now() - interval '1 day' - {LATE}",
    )
    expect_no_rows(
        system,
        result,
        "an entry of the security log is older than 180 days",
        f"SELECT id, at FROM users.security_log WHERE at < now() - interval '180 days' - {LATE}",
    )
    for service in system.services.with_schema:
        expect_no_rows(
            system,
            result,
            "an archived dead letter is older than 90 days",
            f"SELECT id, died_at FROM {service}.dead_letters WHERE died_at < now() - interval '90 days' - {LATE}",
        )
        # Each slot covers one day, and is dropped two days after its end.
        expect_no_rows(
            system,
            result,
            "an inbox row is older than three days",
            f"""
            SELECT id, '{service}' AS service, received_at FROM {service}.inbox
            WHERE received_at < now() - interval '3 days' - {LATE}
            """,
        )
        expect_no_rows(
            system,
            result,
            "an outbox row that all followers have settled is older than 30 days",
            f"""
            SELECT event_id AS id, '{service}' AS service, at FROM {service}.outbox AS event
            WHERE at < now() - interval '30 days' - {LATE}
                AND event.id < (SELECT value FROM {service}.marks WHERE name = 'low_water')
            """,
        )
    if system.redis:
        for service in system.services.all:
            length = system.redis.xlen(system.key("dead", service))
            if length > MAX_DEAD_LETTERS:
                result.add_violation(system.key("dead", service), "too many dead letters are in Redis", length=length)
