"""How long the work of a worker that is gone waits for another: measured while all else is well."""

import asyncio
import time
from dataclasses import dataclass, field

import psycopg

from chaos.faults.postgres import outbox_lock_number
from chaos.faults.process import pending_of, terminate
from chaos.faults.stage import Stage
from chaos.process import Process

POOLS = ("users", "tickets", "orders", "payments")


@dataclass
class Takeovers:
    """In seconds, from the signal until the last entry that the worker held was done."""

    kill: list[float] = field(default_factory=list)
    term: list[float] = field(default_factory=list)
    # From SIGTERM until nothing was the worker's any more.
    released: list[float] = field(default_factory=list)
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
    # Within the time that a worker waits for a lock.
    deadline = time.monotonic() + 1.2
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
    consumer = None
    released = None
    while gone:
        consumers = await _consumers(stage, pool, gone)
        consumer = consumer or next(iter(consumers.values()), None)
        gone = set(consumers)
        waited = time.monotonic() - begun
        if how == "term" and released is None and process.pid is None:
            released = waited
        if waited > 60:
            takeovers.never.append(f"{pool}: {sorted(gone)[:5]} still pending a minute after {how} of {process.name}")
            return
        await asyncio.sleep(0.05 if how == "kill" else 0.005)
    waited = time.monotonic() - begun
    if how == "kill":
        takeovers.kill.append(waited)
    else:
        takeovers.term.append(waited)


async def _consumers(stage: Stage, pool: str, entries: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which of the entries are still pending, and with whom."""
    found = {}
    pipeline = stage.system.redis.client.pipeline(transaction=False)
    asked = sorted(entries)[:50]
    for stream, entry in asked:
        pipeline.xpending_range(stream, pool, entry, entry, 1)
    for key, answer in zip(asked, await pipeline.execute(), strict=True):
        if answer:
            found[key] = answer[0]["consumer"]
    return found


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
