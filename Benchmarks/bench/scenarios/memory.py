"""A thousand requests that wait."""

import asyncio
import signal
import time

from bench.generator import generate, ordering
from bench.meters import memory_bytes
from bench.outcome import Figure, Outcome
from bench.stage import Stage

WAITING = 1000


async def run(stage: Stage) -> Outcome:
    """The orders worker stands still for as long as a thousand requests come; then it answers them."""
    system = stage.system
    ids = stage.market.file("ids-memory", stage.market.tickets)
    plan = ordering(
        system, str(stage.market.tokens), ids, connections=WAITING, inFlight=WAITING, limit=WAITING, seconds=5,
        graceSeconds=20,
    )  # fmt: skip
    worker, api = system.processes["orders"], system.processes["api"]
    worker.send(signal.SIGSTOP)
    try:
        load = asyncio.create_task(generate(system, "memory", plan))
        deadline = time.monotonic() + 6
        while await system.redis.client.xlen("gittix:commands:{orders}") < WAITING and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        waiting = await system.redis.client.xlen("gittix:commands:{orders}")
        assert api.pid
        bytes_waiting = memory_bytes(api.pid)
    finally:
        worker.send(signal.SIGCONT)
    (await load).must(201)
    if waiting < WAITING:
        raise RuntimeError(f"only {waiting} of {WAITING} requests were waiting")
    await stage.catch_up(time.monotonic())
    return Outcome(
        [
            Figure("memory", "API with 1,000 requests waiting", bytes_waiting / 1e6, "MB", at_least=100, aim=60,
                   is_limit=True)
        ],
        {"apiPeakMegabytes": round(memory_bytes(api.pid, "VmHWM") / 1e6, 1)},
    )  # fmt: skip
