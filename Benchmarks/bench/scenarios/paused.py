"""Each follower of orders is paused in turn, for minutes, while buyers order."""

import asyncio
import time
from dataclasses import dataclass

from bench.context import ScenarioContext
from bench.outcome import Figure, Outcome
from harness.product import event_stream, service_names, services

PER_SECOND = 200
PAUSE_SECONDS = 600
#: The default of STREAM_BOUND_ENTRIES, and the number of entries by which a stream may exceed it for a short time.
STREAM_BOUND, APPEND = 10_000, 2_000


@dataclass
class Watch:
    """The largest values during a pause."""

    entries: int = 0
    redis_bytes: int = 0
    #: Number of events that a follower other than the paused one had not settled yet.
    others_behind: int = 0


async def run(context: ScenarioContext) -> Outcome:
    seconds = 60 if context.is_quick else PAUSE_SECONDS
    ids = context.market.file("ids-paused", context.market.listings)
    before = await context.order_at(PER_SECOND, "paused-before", ids, max(20, context.seconds))
    await context.wait_until_at_rest()
    first = before.milliseconds("p99")
    figures = [Figure("paused", "200 orders a second, none paused: p99", first, "ms")]
    details: dict = {"before": before.raw}
    for name in [service.name for service in services() if "orders" in service.follows]:
        # Create the buyers before the pause, because a paused service does not learn of new users.
        tokens = await context.buyers_at(PER_SECOND, seconds)
        await context.system.gittix("pause", name)
        watch = Watch()
        watching = asyncio.create_task(_watch(context, name, watch))
        try:
            report = await context.order_at(PER_SECOND, f"paused-{name}", ids, seconds, tokens)
        finally:
            watching.cancel()
        await context.system.gittix("resume", name)
        caught_up, _ = await context.catch_up(time.monotonic(), within_seconds=seconds)
        await context.wait_until_at_rest()
        p99 = report.milliseconds("p99")
        figures += [
            Figure("paused", f"{name} paused for {seconds} s: p99 of orders", p99, "ms", "none paused", p99 / first),
            Figure("paused", f"{name}: most entries of the stream", watch.entries, "", required=STREAM_BOUND + APPEND,
                   is_limit=True),
            Figure("paused", f"{name}: most events that another follower was behind", watch.others_behind, ""),
            Figure("paused", f"{name}: Redis's memory at most", watch.redis_bytes / 1e6, "MB"),
            Figure("paused", f"{name}: caught up after", caught_up, "s"),
        ]  # fmt: skip
        details[name] = report.raw
    # The laws are checked at rest, so wait until the last hold has expired.
    await context.wait_for_no_holds()
    return Outcome(figures, details)


async def _watch(context: ScenarioContext, paused: str, watch: Watch) -> None:
    """Measures twice a second until it is cancelled."""
    client = context.system.redis.client
    others = [service.name for service in services() if "orders" in service.follows and service.name != paused]
    while True:
        lengths = [await client.xlen(event_stream(name)) for name in service_names()]
        watch.entries = max(watch.entries, *lengths)
        watch.redis_bytes = max(watch.redis_bytes, (await client.info("memory"))["used_memory"])
        settled, last = await context.settled_orders(others)
        watch.others_behind = max(watch.others_behind, last - settled)
        await asyncio.sleep(0.5)
