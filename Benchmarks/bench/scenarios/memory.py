"""Measures the API's memory with a thousand waiting requests."""

import asyncio
import signal
import time

from bench.context import ScenarioContext
from bench.generator import generate, order_plan
from bench.meters import memory_bytes
from bench.outcome import Figure, Outcome
from harness.product import command_stream

WAITING = 1000


async def run(context: ScenarioContext) -> Outcome:
    """Suspends the orders worker until a thousand requests wait."""
    system = context.system
    ids = context.market.file("ids-memory", context.market.listings)
    plan = order_plan(
        system, str(context.market.tokens), ids, connections=WAITING, inFlight=WAITING, limit=WAITING, seconds=5,
        graceSeconds=20,
    )  # fmt: skip
    worker, api = system.processes["orders"], system.processes["api"]
    worker.send(signal.SIGSTOP)
    try:
        load = asyncio.create_task(generate(system, "memory", plan))
        deadline = time.monotonic() + 6
        key = command_stream("orders")
        while await system.redis.client.xlen(key) < WAITING and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        waiting = await system.redis.client.xlen(key)
        assert api.pid
        bytes_waiting = memory_bytes(api.pid)
    finally:
        worker.send(signal.SIGCONT)
    (await load).require(201)
    if waiting < WAITING:
        raise RuntimeError(f"only {waiting} of {WAITING} requests were waiting")
    await context.catch_up(time.monotonic())
    return Outcome(
        [
            Figure("memory", "API with 1,000 requests waiting", bytes_waiting / 1e6, "MB", required=100, target=60,
                   is_limit=True)
        ],
        {"apiPeakMegabytes": round(memory_bytes(api.pid, "VmHWM") / 1e6, 1)},
    )  # fmt: skip
