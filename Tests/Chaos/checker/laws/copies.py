"""At rest, every copy in another schema equals its source: no copy is missing, behind, ahead, or without a source.

Explained: the copy of a fact that a failover has lost, if the copy is closed: banned, withdrawn, cancelled or rejected.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

DETAILS = ("venue", "city", "starts_at", "time_zone", "section", "seat_row", "note")
FEES = ("buyer_fee", "seller_fee", "tax", "fee_version", "policy_version", "face_value")
#: The copy, its key, its source, and the column of the source for each column of the copy.
COPIES: list[tuple[str, str, str, dict[str, str]]] = [
    ("tickets.users", "id", "users.users", {"status": "status", "version": "version"}),
    ("orders.users", "id", "users.users", {"status": "status", "version": "version"}),
    (
        "orders.tickets",
        "id",
        "tickets.tickets",
        {name: name for name in ("seller_id", "title", "price", "currency", "withdrawn", "version", *DETAILS)}
        | {name: name for name in FEES}
        | {"offered": "quantity", "suspended": "suspended_reason", "seats": "seats", "sales": "sales"},
    ),
    (
        "tickets.orders",
        "order_id",
        "orders.orders",
        {name: name for name in ("ticket_id", "quantity", "status", "units", "version")},
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
    ("catalogue.users", "id", "users.users", {name: name for name in ("status", "role", "version")}),
    (
        "tickets.performances",
        "id",
        "catalogue.performances",
        {
            name: name
            for name in (
                "event_id", "title", "category", "venue", "city", "country", "place", "time_zone", "starts_at",
                "status", "merged_into", "proposed_by", "version",
            )
        },
    ),
]


def check(system: System, result: LawResult) -> None:
    for copy, key, source, columns in COPIES:
        result.count(f"copies of {source} in {copy}", system.value(f"SELECT count(*) FROM {copy}"))
        copied = ", ".join(f"copy.{column}" for column in columns)
        original = ", ".join(f"own.{column}" for column in columns.values())
        closed = " AND copy.status IN ('banned', 'cancelled', 'rejected')" if "status" in columns else " AND false"
        if source == "tickets.tickets":
            closed = " AND copy.withdrawn"
        expect_no_rows(
            system,
            result,
            f"a row of {copy} differs from {source}",
            f"""
            SELECT coalesce(own.id, copy.{key}) AS id,
                CASE WHEN own.id IS NULL{closed} THEN copy.{key} || ' is closed' END AS id_closed,
                own.id IS NOT NULL AS in_source,
                copy.{key} IS NOT NULL AS in_copy, to_json(copy) AS copy, to_json(own) AS source
            FROM {source} AS own FULL JOIN {copy} AS copy ON copy.{key} = own.id
            WHERE ({copied}) IS DISTINCT FROM ({original}) OR (own.id IS NULL) <> (copy.{key} IS NULL)
            """,
            {f"{id} is closed" for id in system.lost.rows},
        )
