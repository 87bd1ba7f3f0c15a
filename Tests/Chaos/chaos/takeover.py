"""How long the work of a worker that is gone waits for another: measured while all else is well."""

import asyncio
import os
import time
from dataclasses import dataclass, field

import psycopg

from chaos.faults.postgres import outbox_lock_number
from chaos.faults.process import pending_of, terminate
from chaos.faults.stage import Stage
from chaos.process import Process

# Per processor, of the last minute.
LOAD_LIMIT = 6

POOLS = ("users", "tickets", "orders", "payments")


@dataclass
class Takeovers:
    """In seconds, from the signal until the last entry that the worker held was done."""

    kill: list[float] = field(default_factory=list)
    term: list[float] = field(default_factory=list)
    # Measured while the machine had far more to do than this run: they say nothing of the product.
    aside: int = 0
    # Where nothing was pending in time, or what was pending was not done within a minute.
    missed: int = 0
    never: list[str] = field(default_factory=list)


async def measure(stage: Stage, takeovers: Takeovers, how: str) -> None:
    """One worker of each pool: it is given a batch that it cannot finish, and is killed or asked to end."""
    pools = list(POOLS)
    stage.chance.shuffle(pools)
    if how == "kill":
        await asyncio.gather(*(_one(stage, takeovers, pool, how) for pool in pools))
    else:
        # One after another: what is measured are milliseconds.
        for pool in pools:
            await _one(stage, takeovers, pool, how)


async def _one(stage: Stage, takeovers: Takeovers, pool: str, how: str) -> None:
    postgres = stage.system.postgres
    try:
        async with await postgres.connect() as session:
            await session.set_autocommit(False)
            # Nobody of the pool can commit events: whoever has a batch keeps it.
            await session.execute("SELECT pg_advisory_xact_lock(%s)", (outbox_lock_number(pool),))
            stage.load.poke(pool)
            process, held = await _holder(stage, pool)
            if process is None:
                takeovers.missed += 1
                return
            if how == "kill":
                stage.kill(process, "takeover")
            else:
                terminate(stage, process, "takeover")
            begun = time.monotonic()
            await session.rollback()
    except psycopg.Error:
        takeovers.missed += 1
        return
    await _wait(stage, takeovers, pool, process, held, how, begun)


async def _holder(stage: Stage, pool: str) -> tuple[Process | None, list[tuple[str, str]]]:
    """A worker that waits for the lock with a batch in hand."""
    # Whoever has one is seen at once, long before it has waited for the lock too long.
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        workers = [worker for worker in stage.system.of_kind(pool) if worker.is_up]
        if len(workers) < 2:
            return None, []
        for worker in workers:
            if held := await pending_of(stage, worker):
                return worker, held
        await asyncio.sleep(0.02)
    return None, []


async def _wait(
    stage: Stage, takeovers: Takeovers, pool: str, process: Process, held: list[tuple[str, str]], how: str,
    begun: float,
) -> None:  # fmt: skip
    gone = set(held)
    while gone:
        gone = await _still_pending(stage, pool, gone)
        waited = time.monotonic() - begun
        if waited > 60:
            takeovers.never.append(f"{pool}: {sorted(gone)[:5]} still pending a minute after {how} of {process.name}")
            return
        await asyncio.sleep(0.05 if how == "kill" else 0.005)
    waited = time.monotonic() - begun
    if os.getloadavg()[0] > LOAD_LIMIT * (os.cpu_count() or 1):
        takeovers.aside += 1
    elif how == "kill":
        takeovers.kill.append(waited)
    else:
        takeovers.term.append(waited)


async def _still_pending(stage: Stage, pool: str, entries: set[tuple[str, str]]) -> set[tuple[str, str]]:
    found = set()
    pipeline = stage.system.redis.client.pipeline(transaction=False)
    asked = sorted(entries)
    for stream, entry in asked:
        pipeline.xpending_range(stream, pool, entry, entry, 1)
    for key, answer in zip(asked, await pipeline.execute(), strict=True):
        if answer:
            found.add(key)
    return found


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
