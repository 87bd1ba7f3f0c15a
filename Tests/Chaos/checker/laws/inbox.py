"""Each command and each event has one effect: a row exists if and only if the inbox has its command as done, a refused
command created nothing, and every follower's inbox has every event that it follows.

Inbox rows are kept for 48 hours, so messages older than 47 hours are not checked. The reply of a done `CreateOrder` has
the contents of the order's row. Explained: a failover to an asynchronous standby has lost the inbox row of a follower
that had settled the event.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

CREATES = (("orders", "CreateOrder", "orders.orders"), ("tickets", "CreateTicket", "tickets.tickets"),
           ("users", "SignUp", "users.users"))  # fmt: skip
RECENT = "now() - interval '47 hours'"
#: The types of events that a follower of a service does not need. It acknowledges them without an inbox row.
NOT_NEEDED = {
    ("catalogue", "tickets"): ("EventCreated", "EventUpdated", "VenueCreated", "VenueUpdated", "PerformerCreated",
                               "PerformerUpdated"),
}  # fmt: skip


def check(system: System, result: LawResult) -> None:
    for service, type, table in CREATES:
        result.count(f"{type} in {service}.inbox", system.value(
            f"SELECT count(*) FROM {service}.inbox WHERE type = '{type}'"))
        expect_no_rows(
            system,
            result,
            f"the rows that {type} created and {service}'s inbox disagree",
            f"""
            SELECT coalesce(own.id, entry.id) AS id, entry.outcome, own.id IS NOT NULL AS row_exists
            FROM {table} AS own FULL JOIN (SELECT * FROM {service}.inbox WHERE type = '{type}') AS entry USING (id)
            WHERE CASE WHEN entry.id IS NULL THEN own.created_at > {RECENT}
                ELSE (entry.outcome = 'done') IS DISTINCT FROM (own.id IS NOT NULL) END
            """,
        )
    expect_no_rows(
        system,
        result,
        "an order differs from the reply to its command",
        """
        SELECT own.id, entry.reply::text AS reply FROM orders.inbox AS entry JOIN orders.orders AS own USING (id)
        WHERE entry.type = 'CreateOrder' AND entry.outcome = 'done' AND (own.user_id::text, own.ticket_id::text,
            own.quantity, own.price, own.total, own.currency, own.created_at, own.expires_at)
            IS DISTINCT FROM (reply ->> 'userId', reply -> 'ticket' ->> 'id', (reply ->> 'quantity')::int,
            (reply ->> 'price')::bigint, (reply ->> 'total')::bigint, reply ->> 'currency',
            (reply ->> 'createdAt')::timestamptz, (reply ->> 'expiresAt')::timestamptz)
        """,
    )
    for service in system.services.with_schema:
        result.count(f"entries of {service}.inbox", system.value(f"SELECT count(*) FROM {service}.inbox"))
        expect_no_rows(
            system,
            result,
            "a command is in the inbox without an outcome",
            f"""
            SELECT id, '{service}' AS service, type, actor, received_at FROM {service}.inbox
            WHERE actor IS NOT NULL AND outcome IS NULL
            """,
        )
        for source in system.services.follows[service]:
            if source == "expiration":
                continue
            result.count(f"events of {source} for {service}", system.value(f"SELECT count(*) FROM {source}.outbox"))
            ignored = ", ".join(f"'{type}'" for type in NOT_NEEDED.get((source, service), ("",)))
            expect_no_rows(
                system,
                result,
                f"{service}'s inbox lacks an event of {source}",
                f"""
                SELECT subject AS id, event_id AS id_event, id AS row, type FROM {source}.outbox AS event
                WHERE NOT EXISTS (SELECT FROM {service}.inbox WHERE id = event.event_id) AND at > {RECENT}
                    AND type NOT IN ({ignored})
                """,
                system.lost.inbox[service],
            )
