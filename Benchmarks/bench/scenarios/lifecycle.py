"""Orders that are created, checked out, paid and completed."""

import asyncio
import time

from bench.context import ScenarioContext
from bench.generator import generate, order_plan
from bench.meters import Meter
from bench.outcome import Figure, Outcome

IN_FLIGHT = 128


async def run(context: ScenarioContext) -> Outcome:
    system = context.system
    # Orders of earlier scenarios stay unpaid, so only orders of this scenario become complete.
    before = await _count_complete(context)
    plan = order_plan(
        system, str(context.market.tokens), context.market.file("ids-lifecycle", context.market.listings),
        connections=IN_FLIGHT, inFlight=IN_FLIGHT, warmUpSeconds=3, seconds=context.seconds,
    )  # fmt: skip
    plan["targets"]["sandbox"] = [system.sandbox_address]
    plan["steps"][0]["extract"] = ["id"]
    plan["steps"] += [
        {
            "name": "checkout", "target": "api", "method": "POST", "path": "/api/payments",
            "headers": {"Content-Type": "application/json", "Authorization": "Bearer {token}"},
            "body": '{"orderId":"{order.id}"}', "extract": ["url"],
        },
        {
            "name": "pay", "target": "sandbox", "method": "POST", "path": "{checkout.url}",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "body": "number=4242424242424242&expiry=12%2F39&cvc=737&name=Bo+Buyer", "expect": [303],
        },
    ]  # fmt: skip
    async with Meter(system) as cost:
        report = (await generate(system, "lifecycle", plan)).require(303)
        ended = time.monotonic()
        while (done := await _count_complete(context) - before) < report.raw["completed"]:
            if time.monotonic() > ended + 90:
                raise RuntimeError(f"{report.raw['completed'] - done} paid orders are not complete after 90 s")
            await asyncio.sleep(0.1)
        all_complete = time.monotonic() - ended
        copies, _ = await context.catch_up(ended)
    cost.cpu_seconds["load"] = report.raw["cpuSeconds"]
    begin, end = report.raw["from"] / 1000, report.raw["to"] / 1000
    complete = await system.postgres.value(
        "SELECT count(*) FROM orders.orders WHERE status = 'complete' "
        f"AND updated_at >= to_timestamp({begin}) AND updated_at < to_timestamp({end})"
    )
    rate = complete / (end - begin)
    return Outcome(
        [
            Figure("lifecycle", "orders made, paid and complete a second", rate, "/s", required=300, target=1000),
            Figure("lifecycle", "ordered and paid a second", report.rate, "/s"),
            Figure("lifecycle", "the last is complete after", all_complete, "s"),
            *(
                Figure("lifecycle", f"{step}: p50, 128 in flight", report.milliseconds("p50", step), "ms")
                for step in ("order", "checkout", "pay")
            ),
        ],
        {
            "load": report.raw, "cost": cost.json(), "perOrder": cost.per_order(report.raw["completed"]),
            "copiesCaughtUpSeconds": copies,
        },
    )  # fmt: skip


async def _count_complete(context: ScenarioContext) -> int:
    return await context.system.postgres.value("SELECT count(*) FROM orders.orders WHERE status = 'complete'")
