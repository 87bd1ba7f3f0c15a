"""Order, go to the page, pay, and be told that it is yours."""

import asyncio
import time

from bench.generator import generate, ordering
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.stage import Stage, per_order

IN_FLIGHT = 128


async def run(stage: Stage) -> Outcome:
    system = stage.system
    # Of those that earlier scenarios have left unpaid nobody pays any.
    before = await _complete(stage)
    plan = ordering(
        system, str(stage.market.tokens), stage.market.file("ids-lifecycle", stage.market.tickets),
        connections=IN_FLIGHT, inFlight=IN_FLIGHT, warmUpSeconds=3, seconds=stage.seconds,
    )  # fmt: skip
    plan["targets"]["sandbox"] = [system.sandbox]
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
        load = (await generate(system, "lifecycle", plan)).must(303)
        ended = time.monotonic()
        while (done := await _complete(stage) - before) < load.raw["completed"]:
            if time.monotonic() > ended + 90:
                raise RuntimeError(f"{load.raw['completed'] - done} paid orders are not complete after 90 s")
            await asyncio.sleep(0.1)
        all_complete = time.monotonic() - ended
        copies, _ = await stage.catch_up(ended)
    cost.cpu_seconds["load"] = load.raw["cpuSeconds"]
    window = (load.raw["from"] / 1000, load.raw["to"] / 1000)
    complete = int(await system.value(
        "SELECT count(*) FROM orders.orders WHERE status = 'complete' "
        f"AND updated_at >= to_timestamp({window[0]}) AND updated_at < to_timestamp({window[1]})"
    ))  # type: ignore[call-overload]  # fmt: skip
    rate = complete / (window[1] - window[0])
    return Outcome(
        [
            Figure("lifecycle", "orders made, paid and complete a second", rate, "/s", at_least=300, aim=1000),
            Figure("lifecycle", "ordered and paid a second", load.rate, "/s"),
            Figure("lifecycle", "the last is complete after", all_complete, "s"),
            *(
                Figure("lifecycle", f"{step}: p50, 128 on their way", load.milliseconds("p50", step), "ms")
                for step in ("order", "checkout", "pay")
            ),
        ],
        {
            "load": load.raw, "cost": cost.json(), "perOrder": per_order(cost, load.raw["completed"]),
            "copiesCaughtUpSeconds": copies,
        },
    )  # fmt: skip


async def _complete(stage: Stage) -> int:
    return int(await stage.system.value("SELECT count(*) FROM orders.orders WHERE status = 'complete'"))  # type: ignore[call-overload]
