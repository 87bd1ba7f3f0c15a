"""The latency of orders at rates far below the maximum."""

import time

from bench.context import ScenarioContext
from bench.generator import LoadReport
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.scenarios.rush import details_of


async def idle(context: ScenarioContext) -> Outcome:
    """50 orders a second."""
    commit, redis = await context.baselines.get("commit_ms"), await context.baselines.get("redis_ms")
    await context.baselines.get("commit_hot_ms")
    floor = commit + 2 * redis
    report, details = await _at_rate(context, "idle", 50, max(context.seconds, 8))
    p50 = report.milliseconds("p50")
    return Outcome(
        [
            Figure("idle", "50 orders a second: p50", p50, "ms", "(a commit + 2 Redis round trips)", p50 / floor,
                   required=2, target=1.3, is_limit=True),
            Figure("idle", "50 orders a second: p99", report.milliseconds("p99"), "ms"),
        ],
        details,
    )  # fmt: skip


async def steady(context: ScenarioContext) -> Outcome:
    """1,000 orders a second."""
    report, details = await _at_rate(context, "steady", 1000, context.seconds)
    return Outcome(
        [
            Figure("steady", f"1,000 orders a second: {name}", report.milliseconds(which), "ms", required=required,
                   target=target, is_limit=True)
            for name, which, required, target in (
                ("p50", "p50", 5, 3), ("p99", "p99", 25, 10), ("p99.9", "p999", 100, 30))
        ],
        details,
    )  # fmt: skip


async def _at_rate(context: ScenarioContext, name: str, rate: float, seconds: float) -> tuple[LoadReport, dict]:
    ids = context.market.file(f"ids-{name}", context.market.listings)
    # The sign-ups of the buyers, and their copies, are not part of the measurement.
    tokens = await context.buyers_at(rate, seconds)
    await context.wait_until_at_rest()
    async with Meter(context.system) as cost:
        report = await context.order_at(rate, name, ids, seconds, tokens)
        copies, _ = await context.catch_up(time.monotonic())
    cost.cpu_seconds["load"] = report.raw["cpuSeconds"]
    return report, details_of(report, cost, copies)
