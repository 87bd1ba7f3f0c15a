"""Many timers are set, and some of them fall due."""

import asyncio
import calendar
import json
import time
from collections.abc import Iterator
from functools import lru_cache

import redis.asyncio as redis

from bench.context import ScenarioContext
from bench.market import uuid7
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.resp import encode, send_all
from harness.product import command_stream

ARMED = 1_000_000
PER_SECOND = 2_000
TIMERS = "gittix:timers:{orders}:hold"
PAUSE = "gittix:paused:{orders}"


async def run(context: ScenarioContext) -> Outcome:
    """Sets timers of orders that do not exist. The orders service is paused, and the scenario reads the commands, to
    measure when they are sent and not when they are handled."""
    system = context.system
    stream = command_stream("orders")
    seconds = max(8, round(context.seconds))
    far = time.time() * 1000 + 86_400_000
    armed = 100_000 if context.is_quick else ARMED

    def timers(first_ms: float, count: int, gap_ms: float) -> Iterator[bytes]:
        for start in range(0, count, 100):
            words: list[str | int] = []
            for number in range(start, min(start + 100, count)):
                words += [int(first_ms + number * gap_ms), uuid7()]
            yield encode("ZADD", TIMERS, *words)

    send_all(system.redis.port, timers(far, armed, 10))
    due = PER_SECOND * seconds
    begin = time.time() * 1000 + 4000
    client = redis.Redis(host="127.0.0.1", port=system.redis.port, decode_responses=True)
    await client.set(PAUSE, f"{int(begin)} the benchmark")
    send_all(system.redis.port, timers(begin, due, 1000 / PER_SECOND))
    delays: list[float] = []
    last = (await client.xrevrange(stream, count=1) or [("0-0", {})])[0][0]
    end = time.monotonic() + 4 + seconds + 20
    async with Meter(system) as cost:
        while len(delays) < due and time.monotonic() < end:
            for _, entries in await client.xread({stream: last}, count=5000, block=200) or []:
                for id, fields in entries:
                    whole, _, milliseconds = json.loads(fields["body"])["due"].rstrip("Z").partition(".")
                    at = _epoch_seconds(whole) * 1000 + int(milliseconds)
                    if at >= int(begin):
                        delays.append(int(id.split("-")[0]) - at)
                    last = id
                await client.xdel(stream, *[id for id, _ in entries])
            await asyncio.sleep(0.02)
    await client.zremrangebyscore(TIMERS, far, "+inf")
    await client.delete(PAUSE)
    await client.aclose()
    if len(delays) < due * 0.99:
        raise RuntimeError(f"{due} timers fell due, but only {len(delays)} commands were seen")
    delays.sort()
    return Outcome(
        [
            Figure("timers", f"delay p99, {armed:,} set, 2,000 due a second", delays[int(len(delays) * 0.99)], "ms",
                   required=50, target=20, is_limit=True),
            Figure("timers", "delay p50", delays[len(delays) // 2], "ms"),
            Figure("timers", "delay max", delays[-1], "ms"),
        ],
        {"due": due, "seen": len(delays), "cost": cost.json()},
    )  # fmt: skip


@lru_cache(maxsize=1000)
def _epoch_seconds(text: str) -> int:
    """Parses `2026-11-23T00:00:00`. Cached, because thousands of timers share a second."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
