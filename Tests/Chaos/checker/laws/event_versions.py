"""The events of each user, of each listing and of each order's payments have every version once and in order, and the
last event agrees with the row.

Versions run from 1 without a gap, in the order of the outbox. For payments, the version is the number of events
published about that order. Events of dropped partitions are not required.

Explained: after a failover, the doctor publishes the state of a subject whose copies have a lost version, with a
version beyond the lost one.
"""

from ..report import LawResult
from ..sql import expect_no_rows, has_all_events
from ..system import System


def check(system: System, result: LawResult) -> None:
    for service, table, column in (
        ("users", "users.users", "version"),
        ("tickets", "tickets.tickets", "version"),
        ("payments", "payments.orders", "told"),
    ):
        is_complete = has_all_events(system, service)
        result.count(f"rows of {table}", system.value(f"SELECT count(*) FROM {table}"))
        expect_no_rows(
            system,
            result,
            f"the versions of {service}'s events are not consecutive",
            f"""
            SELECT subject AS id, id AS row, type, version, before FROM (
                SELECT *, lag(version) OVER (PARTITION BY subject ORDER BY id) AS before FROM {service}.outbox
            ) AS events
            WHERE CASE WHEN before IS NULL THEN version <> 1 AND {is_complete} ELSE version <> before + 1 END
            """,
            system.lost.repaired & set(system.lost.versions),
        )
        expect_no_rows(
            system,
            result,
            f"the last event of {service} does not have the version in {table}",
            f"""
            SELECT coalesce(own.id::text, subject) AS id, own.{column} AS version, last AS published FROM {table} AS own
            FULL JOIN (SELECT subject, max(version) AS last FROM {service}.outbox GROUP BY subject) AS events
                ON events.subject = own.id::text
            WHERE coalesce(own.{column}, -1) <> coalesce(last, CASE WHEN {is_complete} THEN 0 ELSE own.{column} END)
            """,
        )
    expect_no_rows(
        system,
        result,
        "a user differs from the last event",
        """
        SELECT own.id, own.status, own.role, own.version, event.body AS body FROM users.users AS own
        JOIN users.outbox AS event ON event.subject = own.id::text AND event.version = own.version
        WHERE (own.id::text, own.status, own.role, own.version) IS DISTINCT FROM (event.body::json ->> 'id',
            event.body::json ->> 'status', event.body::json ->> 'role', (event.body::json ->> 'version')::bigint)
        """,
    )
    expect_no_rows(
        system,
        result,
        "a listing differs from its last event",
        """
        SELECT own.id, own.version, event.body AS body FROM tickets.tickets AS own
        JOIN (SELECT *, body::json AS state FROM tickets.outbox) AS event
            ON event.subject = own.id::text AND event.version = own.version
        WHERE (own.seller_id::text, own.title, own.price, own.currency, own.quantity, own.withdrawn)
            IS DISTINCT FROM (state ->> 'sellerId', state ->> 'title', (state ->> 'price')::bigint,
                              state ->> 'currency', (state ->> 'quantity')::int, (state ->> 'withdrawn')::boolean)
        """,
    )
