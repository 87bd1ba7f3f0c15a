"""Queries that several laws share."""

from __future__ import annotations

from collections.abc import Iterable

from .report import LawResult
from .system import MAX_ROWS, System


def expect_no_rows(
    system: System, result: LawResult, what: str, sql: str, lost: Iterable[str] = ()
) -> None:  # fmt: skip
    """Reports each row as a violation. Columns whose names begin with `id` are its ids, the others its evidence. Rows
    with one of the `lost` ids are explained by a failover."""
    explained = set(lost)
    for row in system.query(f"{sql} LIMIT {MAX_ROWS}"):
        ids = [value for name, value in row.items() if name.startswith("id") and value is not None]
        if not explained.isdisjoint(map(str, ids)):
            result.explain(f"a failover lost the commit: {what}")
            continue
        result.add_violation(ids, what, **{name: value for name, value in row.items() if not name.startswith("id")})


def has_all_events(system: System, service: str) -> bool:
    """True if no row can have been deleted from the outbox: its first partition exists, and its schema is less than 30
    days old. Rows are deleted after 30 days, and a full partition as soon as every follower has settled it."""
    return bool(
        system.value(
            f"""
            SELECT to_regclass('{service}.outbox_0') IS NOT NULL AND EXISTS (
                SELECT FROM gittix.gittix_migrations
                WHERE name = '{service}/V0000_service' AND applied_at > now() - interval '30 days')
            """
        )
    )
