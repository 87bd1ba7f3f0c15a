"""Every change has one command: each version of a listing or user, and each cancellation by a buyer, is in the reply of
a command that requested it.

If no reply contains a version, then one command made two changes, or no command made the change. Exceptions: a listing
that was withdrawn because its seller was banned or because its show has started, and a listing that only follows its
performance. Inbox rows are kept for 48 hours, so changes older than 47 hours are not checked. Replies that repeat a
version, because nothing was changed, are ignored. After a failover that lost commits, the doctor publishes states
again, as new versions.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

RECENT = "at > now() - interval '47 hours'"
#: The members of a listing that follow its performance.
FOLLOWED = ("{performanceId}", "{title}", "{suspended}", "{withdrawn}", "{takenDown,wasOnSale}", "{details,venue}",
            "{details,city}", "{details,startsAt}", "{details,timeZone}", "{version}", "{updatedAt}")  # fmt: skip
WITHOUT_FOLLOWED = "".join(f" #- '{path}'" for path in FOLLOWED)
FOLLOWS_PERFORMANCE = (
    f"body::jsonb{WITHOUT_FOLLOWED} = before{WITHOUT_FOLLOWED}"
    " AND body::jsonb #- '{version}' #- '{updatedAt}' <> before #- '{version}' #- '{updatedAt}'"
)


def check(system: System, result: LawResult) -> None:
    for what, service, type in (("listings", "tickets", "TicketUpdated"), ("users", "users", "UserUpdated")):
        result.count(
            f"changes of {what}", system.value(f"SELECT count(*) FROM {service}.outbox WHERE type = '{type}'")
        )  # fmt: skip
    expect_no_rows(
        system,
        result,
        "a listing was changed without an answered command",
        f"""
        SELECT subject AS id, id AS row, version FROM (
            SELECT *, lag(body::jsonb) OVER (PARTITION BY subject ORDER BY version) AS before FROM tickets.outbox
        ) AS event
        WHERE type = 'TicketUpdated' AND {RECENT}
            AND NOT EXISTS (SELECT FROM tickets.inbox WHERE type = 'ChangeTicket' AND outcome = 'done'
                AND reply ->> 'id' = subject AND (reply ->> 'version')::bigint = version)
            AND NOT ((body::json ->> 'withdrawn')::boolean AND EXISTS (
                SELECT FROM users.outbox AS ban WHERE ban.subject = event.body::json ->> 'sellerId'
                    AND ban.body::json ->> 'status' = 'banned'))
            AND NOT ((body::json ->> 'withdrawn')::boolean
                AND (body::json -> 'details' ->> 'startsAt')::timestamptz <= at)
            AND NOT (body::json ->> 'performanceId' IS NOT NULL AND {FOLLOWS_PERFORMANCE})
        """,
        system.lost.repaired,
    )
    expect_no_rows(
        system,
        result,
        "a user was changed without an answered command",
        f"""
        SELECT subject AS id, id AS row, version FROM users.outbox
        WHERE type = 'UserUpdated' AND {RECENT} AND NOT EXISTS (
            SELECT FROM users.inbox WHERE actor IS NOT NULL AND outcome = 'done' AND reply ->> 'id' = subject
                AND (reply ->> 'version')::bigint = version)
        """,
        system.lost.repaired,
    )
    expect_no_rows(
        system,
        result,
        "an order was cancelled by its buyer without an answered command",
        f"""
        SELECT subject AS id, id AS row FROM orders.outbox
        WHERE type = 'OrderCancelled' AND body::json ->> 'reason' = 'cancelled_by_buyer' AND {RECENT} AND NOT EXISTS (
            SELECT FROM orders.inbox WHERE type = 'CancelOrder' AND outcome = 'done' AND reply ->> 'id' = subject)
        """,
    )
