"""One effect for each command id and each event id: what the inbox calls done is there, what is there is in the inbox,
what it calls refused made nothing, and every event was taken in by each service that follows it.

Inbox rows live 48 hours: what is older than 47 is not asked for. Who was told `done` of an order, a ticket or an account
was told what stands there.
"""

from ..report import Finding
from ..tables import none
from ..world import FOLLOWS, SERVICES, World

MADE = (("orders", "CreateOrder", "orders.orders"), ("tickets", "CreateTicket", "tickets.tickets"),
        ("users", "SignUp", "users.users"))
YOUNG = "now() - interval '47 hours'"


def judge(world: World, finding: Finding) -> None:
    for service, type, table in MADE:
        finding.look(f"{type} in {service}.inbox", world.value(
            f"SELECT count(*) FROM {service}.inbox WHERE type = '{type}'"))
        none(
            world,
            finding,
            f"what {type} has made and what {service}'s inbox says of it are not the same",
            f"""
            SELECT coalesce(own.id, entry.id) AS id, entry.outcome, own.id IS NOT NULL AS is_there
            FROM {table} AS own FULL JOIN (SELECT * FROM {service}.inbox WHERE type = '{type}') AS entry USING (id)
            WHERE CASE WHEN entry.id IS NULL THEN own.created_at > {YOUNG}
                ELSE (entry.outcome = 'done') IS DISTINCT FROM (own.id IS NOT NULL) END
            """,
        )
    none(
        world,
        finding,
        "an order is another than the one that was answered",
        """
        SELECT own.id, entry.reply::text AS reply FROM orders.inbox AS entry JOIN orders.orders AS own USING (id)
        WHERE entry.type = 'CreateOrder' AND entry.outcome = 'done' AND (own.user_id::text, own.ticket_id::text,
            own.quantity, own.price, own.total, own.currency, own.created_at, own.expires_at)
            IS DISTINCT FROM (reply ->> 'userId', reply -> 'ticket' ->> 'id', (reply ->> 'quantity')::int,
            (reply ->> 'price')::bigint, (reply ->> 'total')::bigint, reply ->> 'currency',
            (reply ->> 'createdAt')::timestamptz, (reply ->> 'expiresAt')::timestamptz)
        """,
    )
    for service in SERVICES:
        finding.look(f"entries of {service}.inbox", world.value(f"SELECT count(*) FROM {service}.inbox"))
        none(
            world,
            finding,
            "a command was taken in and never answered",
            f"""
            SELECT id, '{service}' AS service, type, actor, received_at FROM {service}.inbox
            WHERE actor IS NOT NULL AND outcome IS NULL
            """,
        )
        for source in FOLLOWS[service]:
            if source == "expiration":
                continue
            finding.look(f"events of {source} for {service}", world.value(f"SELECT count(*) FROM {source}.outbox"))
            none(
                world,
                finding,
                f"{service} has never taken in an event of {source}",
                f"""
                SELECT subject AS id, event_id AS id_event, id AS row, type FROM {source}.outbox AS event
                WHERE NOT EXISTS (SELECT FROM {service}.inbox WHERE id = event.event_id) AND at > {YOUNG}
                """,
            )
