"""Looking at tickets, by API and by page."""

from bench.baselines import reading
from bench.generator import generate
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.stage import Stage


async def run(stage: Stage) -> Outcome:
    before = (await stage.baselines.bare()).rate
    ticket = stage.market.tickets[0]
    outcome = Outcome()
    rates: list[float] = []
    for what, path, least, aim in (
        ("ticket, JSON", f"/api/tickets/{ticket}", 0.4, 0.7),
        ("list of 20, JSON", "/api/tickets?limit=20", None, None),
        ("ticket, page", f"/tickets/{ticket}", 0.25, 0.5),
        ("list, page", "/", None, None),
    ):
        name = "read-" + what.replace(", ", "-").replace(" ", "-")
        async with Meter(stage.system) as cost:
            load = await generate(stage.system, name, reading(stage.system.api, path, max(3.0, stage.seconds / 2)))
            load.must(200)
        rates.append(load.rate)
        outcome.figures.append(Figure("read", what, load.rate, "/s", "bare route", at_least=least, aim=aim))
        outcome.details[name] = {"load": load.raw, "cost": cost.json()}
    # Before and after, for it is the measure of all four.
    bare = (before + (await stage.baselines.bare()).rate) / 2
    stage.baselines.values["bare_rate"] = bare
    for figure, rate in zip(outcome.figures, rates, strict=True):
        figure.ratio = rate / bare
    return outcome
