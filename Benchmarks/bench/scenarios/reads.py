"""Looking at tickets, by API and by page."""

from bench.baselines import reading
from bench.generator import generate
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.stage import Stage


async def run(stage: Stage) -> Outcome:
    bare = await stage.baselines.get("bare_rate")
    ticket = stage.market.tickets[0]
    outcome = Outcome()
    for what, path, least, aim in (
        ("ticket, JSON", f"/api/tickets/{ticket}", 0.4, 0.7),
        ("list of 20, JSON", "/api/tickets?limit=20", None, None),
        ("ticket, page", f"/tickets/{ticket}", 0.25, 0.5),
        ("list, page", "/tickets", None, None),
    ):
        name = "read-" + what.replace(", ", "-").replace(" ", "-")
        async with Meter(stage.system) as cost:
            load = await generate(stage.system, name, reading(stage.system.api, path, max(3.0, stage.seconds / 2)))
            load.must(200)
        outcome.figures.append(
            Figure("read", what, load.rate, "/s", "bare route", load.rate / bare, at_least=least, aim=aim)
        )
        outcome.details[name] = {"load": load.raw, "cost": cost.json()}
    return outcome
