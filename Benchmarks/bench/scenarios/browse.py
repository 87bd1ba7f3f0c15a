"""Pages of a large catalogue, with 5,000 performances and 100,000 offers. Each request is for a random one of them."""

import asyncio
import random
import time
from dataclasses import dataclass

from bench.context import ScenarioContext
from bench.generator import generate
from bench.market import command, rfc3339, uuid7
from bench.outcome import Figure, Outcome
from bench.resp import send_all

VENUES, EVENTS, PERFORMANCES, OFFERS = 100, 1_000, 5_000, 100_000
#: Requests a second of each kind. Each is for a random performance or title of the catalogue, so caches help less than
#: if all were for one page.
RATE = 500
LIMIT_MS = 30.0

FIRST = (
    "Silver", "Northern", "Paper", "Velvet", "Broken", "Golden", "Distant", "Electric", "Quiet", "Crimson", "Hollow",
    "Midnight", "Amber", "Restless", "Frozen", "Wandering", "Hidden", "Scarlet", "Lonely", "Burning",
)  # fmt: skip
SECOND = (
    "Rivers", "Lanterns", "Foxes", "Mirrors", "Harbour", "Orchestra", "Sparrows", "Gardens", "Satellites", "Wolves",
    "Cathedrals", "Tides", "Machines", "Strangers", "Meadows", "Shadows", "Engines", "Horses", "Islands", "Letters",
)  # fmt: skip
CITIES = (("Berlin", "DE", "Europe/Berlin"), ("Paris", "FR", "Europe/Paris"), ("London", "GB", "Europe/London"))


@dataclass
class Catalogue:
    performances: list[str]
    titles: list[str]


async def run(context: ScenarioContext) -> Outcome:
    catalogue = await _create(context, 10 if context.is_quick else 1)
    pairs = [f"{id}?quantity=2" for id in catalogue.performances]
    random.Random(1).shuffle(pairs)
    words = [title.replace(" ", "+").ljust(28, "+") for title in catalogue.titles]
    outcome = Outcome([])
    for what, path, ids in (
        ("a performance's page", "/performances/{id}", catalogue.performances),
        ("a performance's page, for two", "/performances/{id}", pairs),
        ("a search for events", "/?q={id}", words),
        ("offers as JSON", "/api/performances/{id}/offers", catalogue.performances),
    ):
        name = "browse-" + what.replace(", ", "-").replace(" ", "-").replace("'", "")
        plan = {
            "targets": {"api": [context.system.api_address]}, "connections": 64, "rate": RATE, "warmUpSeconds": 2,
            "seconds": context.seconds, "ids": context.market.file(f"ids-{name}", ids), "pick": "random",
            "steps": [{"name": "read", "target": "api", "method": "GET", "path": path}],
        }  # fmt: skip
        # Searches beyond a limit are refused, so that they delay nothing else.
        report = (await generate(context.system, name, plan)).require(200, 503)
        answered = report.statuses.get("200", 0) / sum(report.statuses.values())
        outcome.figures += [
            Figure("browse", f"{what}: answered", 100 * answered, "%", required=100),
            Figure("browse", f"{what}: p50", report.milliseconds("p50"), "ms"),
            Figure("browse", f"{what}: p99", report.milliseconds("p99"), "ms", required=LIMIT_MS, is_limit=True),
        ]
        outcome.details[name] = report.raw
    return outcome


async def _create(context: ScenarioContext, divisor: int) -> Catalogue:
    """Creates the catalogue and the offers by commands, so that all laws hold for them."""
    system, market = context.system, context.market
    [admin], _ = await market.sign_up(1)
    await system.gittix("users", "promote", admin)
    await _wait_for_admin(context, admin)
    venues, events, performances, offers = (
        count // divisor for count in (VENUES, EVENTS, PERFORMANCES, OFFERS))  # fmt: skip
    names = [f"{first} {second}" for first in FIRST for second in SECOND]
    titles = [f"{names[number % len(names)]} {number // len(names) or ''}".strip() for number in range(events)]
    start = time.time() + 30 * 86_400

    async def propose(bodies: list[dict]) -> list[str]:
        ids = [uuid7() for _ in bodies]
        before = await system.postgres.value("SELECT count(*) FROM tickets.performances")
        at = rfc3339(time.time())
        send_all(
            system.redis.port,
            (
                command(system.settings["SIGNING_SECRET"], "catalogue", id, "ProposePerformance", admin, body, at)
                for id, body in zip(ids, bodies, strict=True)
            ),
        )
        await market.wait_for_rows(before + len(bodies), "tickets.performances")
        return ids

    def body(number: int, **parts: object) -> dict:
        """A performance on one of 200 days. No other performance at its venue starts at the same time."""
        starts_at = start + number % 200 * 86_400 + number // 200 * 3600
        return {"times": {"startsAt": rfc3339(starts_at)}, "userVersion": 2, **parts}

    # Events and venues must exist before other performances refer to them.
    first = [
        body(number, event=_event(titles[number]), venue=_venue(number)) for number in range(venues)
    ]  # fmt: skip
    ids = venue_ids = await propose(first)
    second = [
        body(number, event=_event(titles[number]), venueId=venue_ids[number % venues])
        for number in range(venues, events)
    ]  # fmt: skip
    ids = event_ids = ids + await propose(second)
    third = [
        body(number, eventId=event_ids[number % events], venueId=venue_ids[number % venues])
        for number in range(events, performances)
    ]  # fmt: skip
    ids = ids + await propose(third)
    await market.create_offers(ids, offers)
    await system.postgres.execute("ANALYZE")
    return Catalogue(ids, titles)


async def _wait_for_admin(context: ScenarioContext, id: str) -> None:
    deadline = time.monotonic() + 30
    while not await context.system.postgres.value(
        f"SELECT count(*) FROM catalogue.users WHERE id = '{id}' AND role = 'admin'"
    ):
        if time.monotonic() > deadline:
            raise RuntimeError("the catalogue has no copy of the admin after 30 s")
        await asyncio.sleep(0.1)


def _event(title: str) -> dict:
    return {"title": title, "category": "concert", "performers": [title]}


def _venue(number: int) -> dict:
    city, country, zone = CITIES[number % len(CITIES)]
    return {"name": f"Hall {number}", "city": city, "country": country, "timeZone": zone}
