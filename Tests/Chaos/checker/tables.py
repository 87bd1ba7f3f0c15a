"""What several laws do with PostgreSQL."""

from __future__ import annotations

from .report import Finding
from .world import MOST, World


def none(world: World, finding: Finding, what: str, sql: str) -> None:
    """Each row is a violation. Columns whose name begins with `id` name what to look at, the others are evidence."""
    for row in world.query(f"{sql} LIMIT {MOST}"):
        ids = [value for name, value in row.items() if name.startswith("id") and value is not None]
        finding.violate(ids, what, **{name: value for name, value in row.items() if not name.startswith("id")})


def has_all_events(world: World, service: str) -> bool:
    """Whether the outbox still has its beginning: old partitions are dropped once all have read them."""
    return bool(world.value(f"SELECT to_regclass('{service}.outbox_0') IS NOT NULL"))
