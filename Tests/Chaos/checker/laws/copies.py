"""Once all is quiet, every copy in another schema equals its source: nothing is missing, behind, ahead, or of nothing.
"""

from ..report import Finding
from ..tables import none
from ..world import World

DETAILS = ("venue", "city", "starts_at", "time_zone", "section", "seat_row", "note")
#: Copy, its key, source, and which column of the copy is which of the source.
COPIES: list[tuple[str, str, str, dict[str, str]]] = [
    ("tickets.users", "id", "users.users", {"status": "status", "version": "version"}),
    ("orders.users", "id", "users.users", {"status": "status", "version": "version"}),
    (
        "orders.tickets",
        "id",
        "tickets.tickets",
        {name: name for name in ("seller_id", "title", "price", "currency", "withdrawn", "version", *DETAILS)}
        | {"offered": "quantity"},
    ),
    (
        "tickets.orders",
        "order_id",
        "orders.orders",
        {name: name for name in ("ticket_id", "quantity", "status", "version")},
    ),
    (
        "payments.orders",
        "id",
        "orders.orders",
        {
            name: name
            for name in ("user_id", "quantity", "price", "total", "currency", "status", "expires_at", "version")
        }
        | {"title": "ticket_title", "claimed": "attempt"},
    ),
]


def judge(world: World, finding: Finding) -> None:
    for copy, key, source, columns in COPIES:
        finding.look(f"of {source} in {copy}", world.value(f"SELECT count(*) FROM {copy}"))
        mine = ", ".join(f"copy.{column}" for column in columns)
        theirs = ", ".join(f"own.{column}" for column in columns.values())
        none(
            world,
            finding,
            f"{copy} is not as {source}",
            f"""
            SELECT coalesce(own.id, copy.{key}) AS id, own.id IS NOT NULL AS in_source,
                copy.{key} IS NOT NULL AS in_copy, to_json(copy) AS copy, to_json(own) AS source
            FROM {source} AS own FULL JOIN {copy} AS copy ON copy.{key} = own.id
            WHERE ({mine}) IS DISTINCT FROM ({theirs}) OR (own.id IS NULL) <> (copy.{key} IS NULL)
            """,
        )
