"""Sixty orders arrive for a listing with damaged counters, while a healthy listing gets orders."""

import asyncio
import time

from bench.context import ScenarioContext
from bench.generator import generate, order_plan
from bench.outcome import Figure, Outcome

ORDERS_OF_THE_DAMAGED = 60
HEALTHY_PER_SECOND = 50


async def run(context: ScenarioContext) -> Outcome:
    market, postgres = context.market, context.system.postgres
    seconds = max(20, context.seconds)
    [damaged, healthy] = await market.create_listings(2, 100_000, "Counted")
    healthy_ids = market.file("ids-healthy", [healthy])
    # Some units of the damaged listing are ordered first, so that its counters can be wrong about them.
    await context.order_at(20, "damaged-sold", market.file("ids-damaged", [damaged]), 2)
    before = await context.order_at(HEALTHY_PER_SECOND, "healthy-before", healthy_ids, seconds)
    await context.wait_until_at_rest()
    counters = (await postgres.rows("SELECT held, next_unit FROM orders.tickets WHERE id = %s", (damaged,)))[0]
    await postgres.execute("UPDATE orders.tickets SET held = 0, next_unit = 1 WHERE id = %s", (damaged,))
    others = asyncio.create_task(context.order_at(HEALTHY_PER_SECOND, "healthy-during", healthy_ids, seconds))
    await asyncio.sleep(4)
    _, tokens = await market.buyers_for(4 * ORDERS_OF_THE_DAMAGED)
    plan = order_plan(
        context.system, tokens, market.file("ids-damaged", [damaged]), rate=ORDERS_OF_THE_DAMAGED, arrivals="even",
        limit=ORDERS_OF_THE_DAMAGED, seconds=2, graceSeconds=60,
    )  # fmt: skip
    plan["steps"][0]["expect"] = [202, 500, 503]
    refused = (await generate(context.system, "damaged", plan)).require(202, 500, 503)
    during = await others
    await postgres.execute("UPDATE orders.tickets SET held = %s, next_unit = %s WHERE id = %s", (*counters, damaged))
    await context.system.gittix("dead", "retry", "orders", "--all")
    await context.wait_until_at_rest()
    await context.catch_up(time.monotonic())
    p99 = before.milliseconds("p99"), during.milliseconds("p99")
    return Outcome(
        [
            Figure("damaged", "a healthy listing's orders: p99 before", p99[0], "ms"),
            Figure("damaged", "the same with 60 orders of a damaged listing", p99[1], "ms", "before", p99[1] / p99[0],
                   required=2, target=1.2, is_limit=True),
        ],
        {"before": before.raw, "during": during.raw, "refused": refused.raw},
    )  # fmt: skip
