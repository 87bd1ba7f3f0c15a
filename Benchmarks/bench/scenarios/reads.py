"""Reads of listings, as JSON and as pages."""

from bench.context import ScenarioContext
from bench.generator import generate, read_plan
from bench.meters import Meter
from bench.outcome import Figure, Outcome


async def run(context: ScenarioContext) -> Outcome:
    before = await context.baselines.bare_rate()
    listing = context.market.listings[0]
    outcome = Outcome()
    rates: list[float] = []
    for what, path, required, target in (
        ("listing, JSON", f"/api/tickets/{listing}", 0.4, 0.7),
        ("list of 20, JSON", "/api/tickets?limit=20", None, None),
        ("listing, page", f"/tickets/{listing}", 0.25, 0.5),
        ("list, page", "/", None, None),
    ):
        name = "read-" + what.replace(", ", "-").replace(" ", "-")
        plan = read_plan(context.system.api_address, path, max(3.0, context.seconds / 2))
        async with Meter(context.system) as cost:
            report = (await generate(context.system, name, plan)).require(200)
        rates.append(report.rate)
        outcome.figures.append(
            Figure("read", what, report.rate, "/s", "bare route", required=required, target=target)
        )
        outcome.details[name] = {"load": report.raw, "cost": cost.json()}
    # All four rates are compared with the mean of the bare route's rates before and after them.
    bare = (before + await context.baselines.bare_rate()) / 2
    context.baselines.values["bare_rate"] = bare
    for figure, rate in zip(outcome.figures, rates, strict=True):
        figure.ratio = rate / bare
    return outcome
