"""Many buyers order at once."""

import time

from bench.context import ScenarioContext
from bench.generator import LoadReport, generate, order_plan
from bench.meters import Cost, Meter
from bench.outcome import Figure, Outcome

#: Number of buyers that wait for a response at any time.
IN_FLIGHT = 640
#: More orders than the system can process in a second. Enough buyers are created for this rate.
MOST_PER_SECOND = 9000


async def saturate(
    context: ScenarioContext, name: str, ids: str, seconds: float
) -> tuple[LoadReport, Cost, float, float]:
    """Sends as many orders as the system can take: `IN_FLIGHT` buyers wait at any time.

    Returns the report, the cost, the durable orders a second whose copies were up to date in time, and the seconds from
    the end of the load until the copies were up to date."""
    _, tokens = await context.market.buyers_for(round(MOST_PER_SECOND * (3 + seconds)))
    plan = order_plan(
        context.system, tokens, ids, connections=IN_FLIGHT, inFlight=IN_FLIGHT, warmUpSeconds=3, seconds=seconds,
    )  # fmt: skip
    async with Meter(context.system) as cost:
        report = (await generate(context.system, name, plan)).require(201)
        copies, late = await context.catch_up(time.monotonic())
    cost.cpu_seconds["load"] = report.raw["cpuSeconds"]
    in_time = max(0.0, 1 - late / report.raw["completed"])
    return report, cost, report.rate * in_time, copies


def details_of(report: LoadReport, cost: Cost, copies: float) -> dict:
    return {
        "load": report.raw, "cost": cost.json(), "perOrder": cost.per_order(report.raw["completed"]),
        "copiesCaughtUpSeconds": round(copies, 2),
    }  # fmt: skip


async def spread(context: ScenarioContext) -> Outcome:
    """The maximum rate over many listings, and then the latency in an open loop at four fifths of this rate."""
    ids = context.market.file("ids-spread", context.market.listings)
    report, cost, durable, copies = await saturate(context, "spread", ids, context.seconds)
    each = cost.per_order(report.raw["completed"])
    _, tokens = await context.market.buyers_for(round(durable * (2 + context.seconds)))
    plan = order_plan(
        context.system, tokens, ids, connections=IN_FLIGHT, rate=0.8 * durable, warmUpSeconds=2,
        seconds=context.seconds,
    )  # fmt: skip
    eased = (await generate(context.system, "spread-eased", plan)).require(201)
    await context.catch_up(time.monotonic())
    return Outcome(
        [
            Figure("spread", "durable 201s a second, copies within 5 s", durable, "/s", "pgbench batch",
                   durable / await context.baselines.get("batch_rows")),
            Figure("spread", "durable 201s a second", durable, "/s", required=4000, target=10_000),
            Figure("spread", "latency p50, 640 waiting", report.milliseconds("p50"), "ms"),
            Figure("spread", "latency p99, 640 waiting", report.milliseconds("p99"), "ms"),
            Figure("spread", "latency p50, open loop at four fifths of it", eased.milliseconds("p50"), "ms"),
            Figure("spread", "latency p99, open loop at four fifths of it", eased.milliseconds("p99"), "ms"),
            Figure("spread", "copies caught up after", copies, "s"),
            Figure("spread", "processor time an order, all processes", each["cpuMicroseconds"]["all"], "µs"),
            Figure("spread", "WAL an order", each["walBytes"], "bytes"),
            Figure("spread", "written by Redis an order", each["redisDiskBytes"], "bytes"),
            Figure("spread", "Redis's memory an order", each["redisBytes"], "bytes"),
            Figure("spread", "memory of the orders worker at full load", cost.peak_bytes["orders"] / 1e6, "MB",
                   required=80, target=50, is_limit=True),
        ],
        details_of(report, cost, copies) | {"eased": eased.raw},
    )  # fmt: skip


async def hot(context: ScenarioContext) -> Outcome:
    """The maximum rate for one listing."""
    # More units than can be sold in the measured time.
    quantity = 100_000 if context.seconds < 8 else 200_000
    [listing] = await context.market.create_listings(1, quantity, "Hot")
    ids = context.market.file("ids-hot", [listing])
    report, cost, durable, copies = await saturate(context, "hot", ids, context.seconds)
    naive = await context.baselines.get("naive_rate")
    return Outcome(
        [
            Figure("hot", "durable 201s a second", durable, "/s", required=4000, target=10_000),
            Figure("hot", "÷ naive row lock", durable, "/s", "naive row lock", durable / naive, required=10,
                   target=20),
            Figure("hot", "latency p99, 640 waiting", report.milliseconds("p99"), "ms"),
            Figure("hot", "copies caught up after", copies, "s"),
        ],
        details_of(report, cost, copies),
    )  # fmt: skip


BUYERS = 20_000
UNITS = 1_000


async def sell_out(context: ScenarioContext) -> Outcome:
    """`BUYERS` buyers arrive within two seconds for `UNITS` units."""
    [listing] = await context.market.create_listings(1, UNITS, "Sold out soon")
    _, tokens = await context.market.buyers_for(BUYERS)
    plan = order_plan(
        context.system, tokens, context.market.file("ids-sell-out", [listing]), connections=1500,
        rate=BUYERS / 2, limit=BUYERS, seconds=4, graceSeconds=40,
    )  # fmt: skip
    plan["steps"][0]["expect"] = [201, 409]
    async with Meter(context.system) as cost:
        report = (await generate(context.system, "sell-out", plan)).require(201, 409)
        copies, _ = await context.catch_up(time.monotonic())
    sold = report.statuses.get("201", 0)
    if sold != UNITS or sum(report.statuses.values()) != BUYERS:
        raise RuntimeError(f"wrong responses for {UNITS} units and {BUYERS} buyers: {report.statuses}")
    return Outcome(
        [
            Figure("sell-out", "20,000 buyers: all answered within", report.raw["lastAnswerSeconds"], "s"),
            Figure("sell-out", "latency p50", report.milliseconds("p50"), "ms"),
            Figure("sell-out", "latency p99", report.milliseconds("p99"), "ms"),
        ],
        details_of(report, cost, copies),
    )
