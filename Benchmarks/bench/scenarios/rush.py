"""Many want tickets at once."""

import time

from bench.generator import Load, generate, ordering
from bench.meters import Cost, Meter
from bench.outcome import Figure, Outcome
from bench.stage import Stage, per_order

#: Buyers that wait for an answer at any time.
IN_FLIGHT = 640


async def flood(stage: Stage, name: str, ids: str, seconds: float) -> tuple[Load, Cost, float, float]:
    """As many orders as it can take: `IN_FLIGHT` buyers wait at any time, and each is followed by the next.

    Returns what was counted, what it cost, the orders a second that were there everywhere in time, and how long the
    copies took after the end."""
    plan = ordering(
        stage.system, str(stage.market.tokens), ids, connections=IN_FLIGHT, inFlight=IN_FLIGHT, warmUpSeconds=3,
        seconds=seconds,
    )  # fmt: skip
    async with Meter(stage.system) as cost:
        load = (await generate(stage.system, name, plan)).must(201)
        copies, late = await stage.catch_up(time.monotonic())
    cost.cpu_seconds["load"] = load.raw["cpuSeconds"]
    in_time = max(0.0, 1 - late / load.raw["completed"])
    return load, cost, load.rate * in_time, copies


def told(load: Load, cost: Cost, copies: float) -> dict:
    return {
        "load": load.raw, "cost": cost.json(), "perOrder": per_order(cost, load.raw["completed"]),
        "copiesCaughtUpSeconds": round(copies, 2),
    }  # fmt: skip


async def spread(stage: Stage) -> Outcome:
    """How much it can take, and then how long an order takes while four fifths of that come, at random moments and
    whether or not others were answered."""
    ids = stage.market.file("ids-spread", stage.market.tickets)
    load, cost, durable, copies = await flood(stage, "spread", ids, stage.seconds)
    each = per_order(cost, load.raw["completed"])
    plan = ordering(
        stage.system, str(stage.market.tokens), ids, connections=IN_FLIGHT, rate=0.8 * durable, warmUpSeconds=2,
        seconds=stage.seconds,
    )  # fmt: skip
    eased = (await generate(stage.system, "spread-eased", plan)).must(201)
    await stage.catch_up(time.monotonic())
    outcome = told(load, cost, copies) | {"eased": eased.raw}
    return Outcome(
        [
            Figure("spread", "durable 201s a second, copies within 5 s", durable, "/s", "pgbench batch",
                   durable / await stage.baselines.get("batch_rows")),
            Figure("spread", "durable 201s a second", durable, "/s", at_least=4000, aim=10_000),
            Figure("spread", "latency p50, 640 waiting", load.milliseconds("p50"), "ms"),
            Figure("spread", "latency p99, 640 waiting", load.milliseconds("p99"), "ms"),
            Figure("spread", "latency p50, open loop at four fifths of it", eased.milliseconds("p50"), "ms"),
            Figure("spread", "latency p99, open loop at four fifths of it", eased.milliseconds("p99"), "ms"),
            Figure("spread", "copies caught up after", copies, "s"),
            Figure("spread", "processor time an order, all processes", each["cpuMicroseconds"]["all"], "µs"),
            Figure("spread", "WAL an order", each["walBytes"], "bytes"),
            Figure("spread", "written by Redis an order", each["redisDiskBytes"], "bytes"),
            Figure("spread", "Redis's memory an order", each["redisBytes"], "bytes"),
            Figure("spread", "memory of the orders worker at full load", cost.peak_bytes["orders"] / 1e6, "MB",
                   at_least=80, aim=50, is_limit=True),
        ],
        outcome,
    )  # fmt: skip


async def hot(stage: Stage) -> Outcome:
    # As many as anybody could order in the time: the issue is the one row, not its end.
    quantity = 100_000 if stage.seconds < 8 else 200_000
    [ticket] = await stage.market.list_tickets(1, quantity, "Hot")
    load, cost, durable, copies = await flood(stage, "hot", stage.market.file("ids-hot", [ticket]), stage.seconds)
    naive = await stage.baselines.get("naive_rate")
    return Outcome(
        [
            Figure("hot", "durable 201s a second", durable, "/s", at_least=4000, aim=10_000),
            Figure("hot", "÷ naive row lock", durable, "/s", "naive row lock", durable / naive, 10, 20),
            Figure("hot", "latency p99, 640 waiting", load.milliseconds("p99"), "ms"),
            Figure("hot", "copies caught up after", copies, "s"),
        ],
        told(load, cost, copies),
    )


BUYERS = 20_000
UNITS = 1_000


async def sell_out(stage: Stage) -> Outcome:
    """All come within two seconds."""
    [ticket] = await stage.market.list_tickets(1, UNITS, "Sold out soon")
    plan = ordering(
        stage.system, str(stage.market.tokens), stage.market.file("ids-sell-out", [ticket]), connections=1500,
        rate=BUYERS / 2, limit=BUYERS, seconds=4, graceSeconds=40,
    )  # fmt: skip
    plan["steps"][0]["expect"] = [201, 409]
    async with Meter(stage.system) as cost:
        load = (await generate(stage.system, "sell-out", plan)).must(201, 409)
        copies, _ = await stage.catch_up(time.monotonic())
    sold = load.statuses.get("201", 0)
    if sold != UNITS or sum(load.statuses.values()) != BUYERS:
        raise RuntimeError(f"{UNITS} units and {BUYERS} buyers, and these answers: {load.statuses}")
    return Outcome(
        [
            Figure("sell-out", "20,000 buyers: all answered within", load.raw["lastAnswerSeconds"], "s"),
            Figure("sell-out", "latency p50", load.milliseconds("p50"), "ms"),
            Figure("sell-out", "latency p99", load.milliseconds("p99"), "ms"),
        ],
        told(load, cost, copies),
    )
