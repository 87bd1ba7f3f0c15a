"""Damaged counters: every order of one listing fails."""

import asyncio
import contextlib
import json

import psycopg

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from chaos.system import ChaosSystem
from harness.servers import PostgresServer

# An order that fails alone becomes a dead letter 7.5 s after its first failure. The damage must end before that.
MAX_SECONDS = 6

BUSIEST = """
    SELECT ticket_id FROM (SELECT ticket_id FROM orders.orders ORDER BY created_at DESC LIMIT 200) AS latest
    WHERE EXISTS (SELECT FROM orders.allocations WHERE allocations.ticket_id = latest.ticket_id)
    GROUP BY ticket_id ORDER BY count(*) DESC LIMIT 1
"""
# With these counters, the service allocates units that are taken, and the primary key refuses them.
DAMAGE = "UPDATE orders.tickets SET held = 0, next_unit = 1, free_from = 1 WHERE id = %s"
REPAIR = """
    WITH locked AS (SELECT id FROM orders.tickets WHERE id = %(id)s FOR UPDATE)
    UPDATE orders.tickets SET free_from = 1,
        held = (SELECT count(*) FROM orders.allocations WHERE ticket_id = %(id)s),
        next_unit = 1 + greatest(
            (SELECT coalesce(max(unit), 0) FROM orders.allocations WHERE ticket_id = %(id)s),
            (SELECT coalesce(max(unit), 0) FROM orders.free_units WHERE ticket_id = %(id)s))
    FROM locked WHERE tickets.id = locked.id
"""


async def damage_busiest(postgres: PostgresServer) -> str | None:
    """Damages the counters of the listing that has the most orders among the latest 200, and returns its id."""
    rows = await postgres.rows(BUSIEST)
    if not rows:
        return None
    await postgres.execute(DAMAGE, (rows[0][0],))
    return str(rows[0][0])


async def repair(postgres: PostgresServer, listing: str) -> None:
    """Counts the units again, in two statements: the second sees the commits for which the first waited."""
    async with await postgres.connect() as session, session.transaction():
        await session.execute("SELECT FROM orders.tickets WHERE id = %s FOR UPDATE", (listing,))
        await session.execute(REPAIR, {"id": listing})


@fault("poison_listing", "postgres", 1.5)
async def poison_listing(context: FaultContext) -> None:
    """The counters of the busiest listing are damaged for some seconds: all orders of it fail."""
    seconds = context.rng.uniform(2, MAX_SECONDS)
    try:
        listing = await damage_busiest(context.system.postgres)
    except psycopg.Error:
        raise FaultMissed from None
    if listing is None:
        raise FaultMissed
    context.poisoned.add(listing)
    async with context.recorded("poison_listing", listing, seconds=round(seconds, 3)):
        await asyncio.sleep(seconds)
        await _repair_all(context)


async def _repair_all(context: FaultContext) -> None:
    """Repairs the damage as soon as PostgreSQL allows it."""
    for _ in range(100):
        try:
            for listing in list(context.poisoned):
                await repair(context.system.postgres, listing)
                context.poisoned.discard(listing)
            return
        except (psycopg.Error, OSError):
            await asyncio.sleep(0.2)


async def heal(context: FaultContext) -> None:
    await _repair_all(context)


async def check_doctor(system: ChaosSystem) -> list[str]:
    """Damages the counters of a listing at rest. Returns the mistakes of the doctor, which must name the listing and
    repair it."""
    listing = await damage_busiest(system.postgres)
    if listing is None:
        return []
    found = await _findings(system)
    named = [one for one in found if one["kind"] == "units" and one["subject"] == listing]
    wrong = [] if named else [f"the doctor does not name {listing}, whose counters are damaged: {found}"]
    await _findings(system, "--fix")
    if rest := await _findings(system):
        wrong.append(f"the doctor has not repaired the counters of {listing}: {rest}")
        with contextlib.suppress(psycopg.Error):
            await repair(system.postgres, listing)
    return wrong


async def _findings(system: ChaosSystem, *options: str) -> list[dict]:
    _, output = await system.doctor("--confirm-after", "1", "--json", *options)
    return json.loads(output)
