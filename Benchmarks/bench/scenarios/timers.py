"""Many holds that will be over, and some of them now."""

import asyncio
import calendar
import json
import time
from collections.abc import Iterator

import redis.asyncio as redis

from bench.market import uuid7
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.resp import encode, pipe
from bench.stage import Stage

ARMED = 1_000_000
PER_SECOND = 2_000
DEADLINES = "gittix:deadlines:{expiration}"
EVENTS = "gittix:events:{expiration}"


async def run(stage: Stage) -> Outcome:
    """Orders that are none: the clock does not know, and whoever hears of their end does."""
    system = stage.system
    seconds = max(8, round(stage.seconds))
    far = time.time() * 1000 + 86_400_000
    armed = 100_000 if stage.is_quick else ARMED

    def deadlines(first_ms: float, count: int, gap_ms: float) -> Iterator[bytes]:
        for number in range(0, count, 100):
            words: list[str | int] = []
            for one in range(number, min(number + 100, count)):
                words += [int(first_ms + one * gap_ms), uuid7()]
            yield encode("ZADD", DEADLINES, *words)

    pipe(system.redis.port, deadlines(far, armed, 10))
    due = PER_SECOND * seconds
    begin = time.time() * 1000 + 4000
    pipe(system.redis.port, deadlines(begin, due, 1000 / PER_SECOND))
    late: list[float] = []
    client = redis.Redis(host="127.0.0.1", port=system.redis.port, decode_responses=True)
    last = (await client.xrevrange(EVENTS, count=1) or [("0-0", {})])[0][0]
    end = time.monotonic() + 4 + seconds + 20
    async with Meter(system) as cost:
        while len(late) < due and time.monotonic() < end:
            # Read along: what all have read is trimmed.
            for _, entries in await client.xread({EVENTS: last}, count=5000, block=200) or []:
                for id, fields in entries:
                    expires = json.loads(fields["body"])["expiresAt"]
                    whole, _, milliseconds = expires.rstrip("Z").partition(".")
                    at = _epoch(whole) * 1000 + int(milliseconds)
                    if at >= int(begin):
                        late.append(int(id.split("-")[0]) - at)
                    last = id
            await asyncio.sleep(0.02)
    await client.zremrangebyscore(DEADLINES, far, "+inf")
    await client.aclose()
    if len(late) < due * 0.99:
        raise RuntimeError(f"{due} deadlines fell due, and {len(late)} were seen to fire")
    late.sort()
    return Outcome(
        [
            Figure("timers", f"lateness p99, {armed:,} armed, 2,000 due a second", late[int(len(late) * 0.99)], "ms",
                   at_least=50, aim=20, is_limit=True),
            Figure("timers", "lateness p50", late[len(late) // 2], "ms"),
            Figure("timers", "lateness max", late[-1], "ms"),
        ],
        {"due": due, "seen": len(late), "cost": cost.json()},
    )  # fmt: skip


SECONDS: dict[str, int] = {}


def _epoch(text: str) -> int:
    """Of `2026-11-23T00:00:00`; the same second comes thousands of times."""
    if text not in SECONDS:
        SECONDS[text] = calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    return SECONDS[text]
