"""Each user's and each listing's events tell every version once and in order, and the last is the row; so do those of
each order's payments.

As for orders: versions from 1, without a gap, in the order of the outbox; for payments the version is the number of
events told of that order. Events of dropped partitions are missed by nobody.
"""

from ..report import Finding
from ..tables import has_all_events, none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    for service, table, told in (
        ("users", "users.users", "version"),
        ("tickets", "tickets.tickets", "version"),
        ("payments", "payments.orders", "told"),
    ):
        whole = has_all_events(world, service)
        finding.look(f"rows of {table}", world.value(f"SELECT count(*) FROM {table}"))
        none(
            world,
            finding,
            f"versions that {service} tells do not follow one another",
            f"""
            SELECT subject AS id, id AS row, type, version, before FROM (
                SELECT *, lag(version) OVER (PARTITION BY subject ORDER BY id) AS before FROM {service}.outbox
            ) AS story
            WHERE CASE WHEN before IS NULL THEN version <> 1 AND {whole} ELSE version <> before + 1 END
            """,
        )
        none(
            world,
            finding,
            f"what {service} has told last is not where {table} stands",
            f"""
            SELECT coalesce(own.id::text, subject) AS id, own.{told} AS stands, last AS told FROM {table} AS own
            FULL JOIN (SELECT subject, max(version) AS last FROM {service}.outbox GROUP BY subject) AS story
                ON story.subject = own.id::text
            WHERE coalesce(own.{told}, -1) <> coalesce(last, CASE WHEN {whole} THEN 0 ELSE own.{told} END)
            """,
        )
    none(
        world,
        finding,
        "a user is not as the last event tells it",
        """
        SELECT own.id, own.status, own.role, own.version, event.body AS body FROM users.users AS own
        JOIN users.outbox AS event ON event.subject = own.id::text AND event.version = own.version
        WHERE (own.id::text, own.status, own.role, own.version) IS DISTINCT FROM (event.body::json ->> 'id',
            event.body::json ->> 'status', event.body::json ->> 'role', (event.body::json ->> 'version')::bigint)
        """,
    )
    none(
        world,
        finding,
        "a listing is not as its last event tells it",
        """
        SELECT own.id, own.version, event.body AS body FROM tickets.tickets AS own
        JOIN (SELECT *, body::json AS told FROM tickets.outbox) AS event
            ON event.subject = own.id::text AND event.version = own.version
        WHERE (own.seller_id::text, own.title, own.price, own.currency, own.quantity, own.withdrawn)
            IS DISTINCT FROM (told ->> 'sellerId', told ->> 'title', (told ->> 'price')::bigint, told ->> 'currency',
                              (told ->> 'quantity')::int, (told ->> 'withdrawn')::boolean)
        """,
    )
