"""Bans a buyer with thousands of holds and a seller with a hundred thousand listings, while others order and sell."""

import asyncio
import json
import time
import urllib.error
import urllib.request

from bench.context import ScenarioContext
from bench.generator import LoadReport, generate
from bench.outcome import Figure, Outcome
from bench.resp import send_all

HOLDS = 5_500
UNITS_OF_A_HOLD = 100
LISTINGS = 100_000
#: Orders and new listings of other users per second.
ORDERS, SALES = 100, 10
LIMIT_SECONDS = 60


async def run(context: ScenarioContext) -> Outcome:
    holds, listings = (HOLDS // 10, LISTINGS // 10) if context.is_quick else (HOLDS, LISTINGS)
    seconds = max(20, context.seconds)
    buyer, seller = await _people(context, holds, listings)
    before = await _others(context, "bans-before", seconds)
    others = asyncio.create_task(_others(context, "bans-during", LIMIT_SECONDS))
    await asyncio.sleep(5)
    began = time.monotonic()
    refused = await asyncio.gather(_ban(context, *buyer, "/api/orders"), _ban(context, *seller, "/api/tickets"))
    ended = await asyncio.gather(
        _seconds_until_none(context, began, "orders.orders", f"user_id = '{buyer[0]}' AND status = 'awaiting_payment'"),
        _seconds_until_none(context, began, "tickets.tickets", f"seller_id = '{seller[0]}' AND NOT withdrawn"),
    )
    during = await others
    await context.catch_up(time.monotonic())
    figures = []
    for what, first, second in zip(("orders", "listings"), before, during, strict=True):
        p99 = first.milliseconds("p99"), second.milliseconds("p99")
        figures += [
            Figure("bans", f"others' {what}: p99 before", p99[0], "ms"),
            Figure("bans", f"others' {what}: p99 in the minute of the bans", p99[1], "ms"),
            Figure("bans", f"others' {what}: increase of p99", p99[1] - p99[0], "ms", required=500, target=100,
                   is_limit=True),
        ]  # fmt: skip
    return Outcome(
        figures + [
            Figure("bans", f"{holds:,} holds of {UNITS_OF_A_HOLD} units ended after", ended[0], "s",
                   required=LIMIT_SECONDS, target=30, is_limit=True),
            Figure("bans", f"{listings:,} listings withdrawn after", ended[1], "s", required=LIMIT_SECONDS, target=30,
                   is_limit=True),
            Figure("bans", "banned users refused after", max(refused), "s", required=2, target=1, is_limit=True),
        ],
        {"before": [report.raw for report in before], "during": [report.raw for report in during]},
    )  # fmt: skip


async def _people(context: ScenarioContext, holds: int, listings: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Returns the ids and tokens of the buyer and the seller. The limits on holds are off while the holds are made."""
    system, market = context.system, context.market
    [buyer], buyer_token = await market.sign_up(1)
    [seller], seller_token = await market.sign_up(1)
    await market.create_listings(listings, 10, "Resold", seller)
    limits = {name: system.settings[name] for name in ("OPEN_HOLDS_PER_BUYER", "UNITS_PER_BUYER")}
    await _restart_orders(context, dict.fromkeys(limits, "0"))
    send_all(system.redis.port, market.order_commands(holds, [buyer], UNITS_OF_A_HOLD))
    await context.wait_until_at_rest()
    await _restart_orders(context, limits)
    count = await system.postgres.value(f"SELECT count(*) FROM orders.orders WHERE user_id = '{buyer}'")
    if count != holds:
        raise RuntimeError(f"the buyer has {count} of {holds} holds")
    return (buyer, buyer_token.read_text().strip()), (seller, seller_token.read_text().strip())


async def _restart_orders(context: ScenarioContext, settings: dict[str, str]) -> None:
    context.system.settings |= settings
    await context.system.stop_kinds("orders")
    await context.system.start_kind("orders")


async def _others(context: ScenarioContext, name: str, seconds: float) -> tuple[LoadReport, LoadReport]:
    """Measures orders and new listings of other users. Raises if a response is not `201`."""
    market = context.market
    orders = context.order_at(ORDERS, f"{name}-orders", market.file("ids-bans", market.listings), seconds)
    return await asyncio.gather(orders, _sales(context, f"{name}-listings", seconds))


async def _sales(context: ScenarioContext, name: str, seconds: float) -> LoadReport:
    body = {
        "title": "Two for Saturday", "price": 4500, "currency": "USD", "quantity": 2, "venue": "Tempodrom",
        "city": "Berlin", "startsAt": "2031-06-01T18:00:00Z", "timeZone": "Europe/Berlin",
    }  # fmt: skip
    plan = {
        "targets": {"api": [context.system.api_address]}, "connections": 32, "tokens": str(context.market.tokens),
        "rate": SALES, "warmUpSeconds": 2, "seconds": seconds,
        "steps": [
            {
                "name": "sell", "target": "api", "method": "POST", "path": "/api/tickets", "body": json.dumps(body),
                "headers": {"Content-Type": "application/json", "Authorization": "Bearer {token}"},
            }
        ],
    }  # fmt: skip
    return (await generate(context.system, name, plan)).require(201)


async def _ban(context: ScenarioContext, user: str, token: str, path: str) -> float:
    """Bans a user. Returns the seconds from the end of the command until the API refuses the user."""
    await context.system.gittix("users", "ban", user)
    began = time.monotonic()
    while await asyncio.to_thread(_status, context.system.api_origins[0] + path, token) not in (401, 403):
        if time.monotonic() > began + LIMIT_SECONDS:
            raise RuntimeError(f"{path} still accepts requests of a banned user")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def _status(url: str, token: str) -> int:
    """The status of a request with a body that is invalid for every user."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers, method="POST"), timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


async def _seconds_until_none(context: ScenarioContext, since: float, table: str, condition: str) -> float:
    """Returns the seconds from `since` until no row matches the condition."""
    while await context.system.postgres.value(f"SELECT count(*) FROM {table} WHERE {condition}"):
        if time.monotonic() > since + 5 * LIMIT_SECONDS:
            raise RuntimeError(f"{table} still has rows of a banned user")
        await asyncio.sleep(0.2)
    return time.monotonic() - since
