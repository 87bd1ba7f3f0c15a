"""How long one order takes while there is room for more."""

import time

from bench.generator import generate, ordering
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.scenarios.rush import told
from bench.stage import Stage


async def idle(stage: Stage) -> Outcome:
    """Fifty orders a second."""
    commit, redis = await stage.baselines.get("commit_ms"), await stage.baselines.get("redis_ms")
    await stage.baselines.get("commit_hot_ms")
    floor = commit + 2 * redis
    load, details = await _paced(stage, "idle", 50, max(stage.seconds, 8))
    p50 = load.milliseconds("p50")
    return Outcome(
        [
            Figure("idle", "50 orders a second: p50", p50, "ms", "(a commit + 2 Redis round trips)", p50 / floor, 2,
                   1.3, is_limit=True),
            Figure("idle", "50 orders a second: p99", load.milliseconds("p99"), "ms"),
        ],
        details,
    )  # fmt: skip


async def steady(stage: Stage) -> Outcome:
    """A thousand orders a second."""
    load, details = await _paced(stage, "steady", 1000, stage.seconds)
    return Outcome(
        [
            Figure("steady", f"1,000 orders a second: {name}", load.milliseconds(which), "ms", at_least=least, aim=aim,
                   is_limit=True)
            for name, which, least, aim in (
                ("p50", "p50", 5, 3), ("p99", "p99", 25, 10), ("p99.9", "p999", 100, 30))
        ],
        details,
    )  # fmt: skip


async def _paced(stage: Stage, name: str, rate: float, seconds: float):
    ids = stage.market.file(f"ids-{name}", stage.market.tickets)
    plan = ordering(stage.system, str(stage.market.tokens), ids, rate=rate, warmUpSeconds=2, seconds=seconds)
    async with Meter(stage.system) as cost:
        load = (await generate(stage.system, name, plan)).must(201)
        copies, _ = await stage.catch_up(time.monotonic())
    cost.cpu_seconds["load"] = load.raw["cpuSeconds"]
    return load, told(load, cost, copies)
