"""Measures how long the work of a worker waits after the worker was killed or stopped, without any other fault."""

import asyncio
import os
import time
from dataclasses import dataclass, field

import psycopg

from chaos.faults.context import FaultContext
from chaos.faults.postgres import outbox_lock_number
from chaos.faults.process import pending_of
from harness.process import Process
from harness.product import names_with_schema

# Maximum load average of the last minute, for each processor. Above this load, a measurement shows nothing about
# GitTix.
MAX_LOAD = 6


@dataclass
class Takeovers:
    """Seconds from the signal until the last entry of the worker was done."""

    kill: list[float] = field(default_factory=list)
    term: list[float] = field(default_factory=list)
    # Number of takeovers that were measured above `MAX_LOAD`, and do not count.
    ignored: int = 0
    # Number of takeovers that could not be measured, for example because no entry was pending in time.
    missed: int = 0
    # A description of each worker whose entries were still pending after a minute.
    incomplete: list[str] = field(default_factory=list)


async def measure(context: FaultContext, takeovers: Takeovers, how: str) -> None:
    """Ends one worker of each service by `kill` or `term`, while it has a batch that it cannot finish."""
    names = names_with_schema()
    context.rng.shuffle(names)
    if how == "kill":
        await asyncio.gather(*(_measure_one(context, takeovers, name, how) for name in names))
    else:
        # One after the other, because these takeovers take milliseconds.
        for name in names:
            await _measure_one(context, takeovers, name, how)


async def _measure_one(context: FaultContext, takeovers: Takeovers, service: str, how: str) -> None:
    try:
        async with await context.system.postgres.connect() as session:
            await session.set_autocommit(False)
            # The service's workers need this lock to commit events.
            await session.execute("SELECT pg_advisory_xact_lock(%s)", (outbox_lock_number(service),))
            context.load.create_work(service)
            process, held = await _worker_with_batch(context, service)
            if process is None:
                takeovers.missed += 1
                return
            if how == "kill":
                context.kill(process, "takeover")
            else:
                context.terminate(process, "takeover")
            began = time.monotonic()
            await session.rollback()
    except psycopg.Error:
        takeovers.missed += 1
        return
    await _wait_until_done(context, takeovers, process, held, how, began)


async def _worker_with_batch(context: FaultContext, service: str) -> tuple[Process | None, list[tuple[str, str]]]:
    """A worker that waits for the lock, and its pending entries."""
    # This is short enough for the worker to still be waiting for the lock.
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        workers = [worker for worker in context.system.of_kind(service) if worker.is_up]
        if len(workers) < 2:
            return None, []
        for worker in workers:
            if held := await pending_of(context, worker):
                return worker, held
        await asyncio.sleep(0.02)
    return None, []


async def _wait_until_done(
    context: FaultContext, takeovers: Takeovers, process: Process, held: list[tuple[str, str]], how: str, began: float
) -> None:
    pending = set(held)
    while pending:
        pending = await _still_pending(context, process.kind, pending)
        waited = time.monotonic() - began
        if waited > 60:
            takeovers.incomplete.append(
                f"{process.kind}: {sorted(pending)[:5]} still pending a minute after {how} of {process.name}"
            )
            return
        await asyncio.sleep(0.05 if how == "kill" else 0.005)
    waited = time.monotonic() - began
    if os.getloadavg()[0] > MAX_LOAD * (os.cpu_count() or 1):
        takeovers.ignored += 1
    elif how == "kill":
        takeovers.kill.append(waited)
    else:
        takeovers.term.append(waited)


async def _still_pending(
    context: FaultContext, service: str, entries: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    pipeline = context.system.redis.client.pipeline(transaction=False)
    ordered = sorted(entries)
    for stream, entry in ordered:
        pipeline.xpending_range(stream, service, entry, entry, 1)
    replies = await pipeline.execute()
    return {key for key, reply in zip(ordered, replies, strict=True) if reply}


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
