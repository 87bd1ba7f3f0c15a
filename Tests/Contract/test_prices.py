"""Compares prices with an independent computation from the rule rows: for 10,000 random asks in every currency, and for
one listing, order and checkout session in each currency.

`PRICE_SEED` changes the random numbers, and `PRICE_ASKS` sets the number of asks in each currency.
"""

import json
import os
import random
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from conftest import SETTINGS, sign_up
from harness.blocking import BlockingSystem, psql
from harness.product import base_environment, binaries
from harness.system import NO_HOLD_LIMITS, NO_REQUEST_LIMITS, NO_SELLER_LIMITS

ASKS = int(os.environ.get("PRICE_ASKS", "10000"))
RANDOM = random.Random(int(os.environ.get("PRICE_SEED", "13")))
#: The smallest steps of charges and of prices, and the greatest charge, according to Stripe's documentation.
CHARGE_STEPS = dict.fromkeys("BHD JOD KWD OMR TND".split(), 10) | dict.fromkeys("ISK UGX".split(), 100)
PRICE_STEPS = CHARGE_STEPS | dict.fromkeys("HUF TWD".split(), 100)
WIDE = "AOA ARS CDF COP IDR KHR LAK LBP MMK MNT MWK NGN STD TZS UGX UZS YER".split()
GREATEST = 999_999_999_999


def greatest(currency: str) -> int:
    return GREATEST if currency in WIDE else 99_999_999


def half_up(amount: Fraction, step: int) -> int:
    return int((amount / step + Fraction(1, 2)) // 1) * step


def fee(ask: int, currency: str, share: int, fixed: int, least: int | None, most: int | None) -> int:
    if not share and not fixed:
        return 0
    step = CHARGE_STEPS.get(currency, 1)
    amount = half_up(Fraction(half_up(Fraction(ask * share, 10_000), 1) + fixed), step)
    amount = amount if least is None else max(amount, least)
    return amount if most is None else min(amount, most)


def price(ask: int, rule: dict[str, Any]) -> tuple[int, int, int]:
    """The buyer's fee, the seller's fee and the whole price."""
    currency, bounds = rule["currency"], (rule["min_fee"], rule["max_fee"])
    buyer = fee(ask, currency, rule["buyer_bp"], rule["buyer_fixed"], *bounds)
    seller = min(ask, fee(ask, currency, rule["seller_bp"], rule["seller_fixed"], *bounds))
    return buyer, seller, ask + buyer


def random_rule(currency: str) -> dict[str, Any]:
    step, most = CHARGE_STEPS.get(currency, 1), min(greatest(currency) // 1000, 500_000)

    def amount() -> int:
        return RANDOM.randrange(0, most // step) * step

    rule: dict[str, Any] = {"currency": currency, "validFrom": "2020-01-01"}
    rule |= {"buyerBp": RANDOM.randrange(0, 2_000), "buyerFixed": RANDOM.choice((0, amount()))}
    rule |= {"sellerBp": RANDOM.randrange(0, 2_000), "sellerFixed": RANDOM.choice((0, amount()))}
    if RANDOM.random() < 0.5:
        rule["min"] = amount()
    if RANDOM.random() < 0.5:
        rule["max"] = rule.get("min", 0) + amount()
    return rule


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingSystem]:
    """A system with a fee rule for every currency."""
    settings = SETTINGS | NO_SELLER_LIMITS | NO_HOLD_LIMITS | NO_REQUEST_LIMITS
    system = BlockingSystem("prices", os.environ["TEST_DATABASE_URL"], os.environ["TEST_REDIS_URL"], settings)
    try:
        with urllib.request.urlopen(f"{system.origin}/openapi.json") as response:
            currencies = json.load(response)["components"]["schemas"]["Currency"]["enum"]
        path = tmp_path_factory.mktemp("rules") / "rules.json"
        path.write_text(json.dumps({"fees": [random_rule(currency) for currency in currencies]}))
        assert "unchanged" in system.gittix("policies", "apply", str(path), "--execute")
        yield system
    finally:
        system.stop()


@pytest.fixture(scope="module")
def rules(shop: BlockingSystem) -> list[dict[str, Any]]:
    lines = psql(shop.database_url, "SELECT row_to_json(fee_rules)::text FROM tickets.fee_rules ORDER BY version")
    return [json.loads(line) for line in lines.splitlines()]


def test_random_asks_cost_what_the_rules_say(shop: BlockingSystem, rules: list[dict[str, Any]]) -> None:
    asks = []
    for rule in rules:
        limit = greatest(rule["currency"])
        some = [1, 2, limit - 1, limit, GREATEST] + [RANDOM.randrange(1, limit) for _ in range(ASKS // 2)]
        # Most prices are small.
        asks += [(rule, ask) for ask in some + [RANDOM.randrange(1, 100_000) for _ in range(ASKS - len(some))]]
    done = subprocess.run(
        [str(binaries() / "gittix"), "policies", "quote"], env=base_environment() | shop.settings, text=True,
        input="".join(f",,{rule['currency']},{ask},\n" for rule, ask in asks), capture_output=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(asks)
    for (rule, ask), line in zip(asks, lines, strict=True):
        buyer, seller, tax, all_in, version = line.split(",")[:5]
        assert (int(buyer), int(seller), int(all_in)) == price(ask, rule), (rule, ask, line)
        assert (int(tax), int(version)) == (0, rule["version"]), (rule, ask, line)


def can_be_charged(ask: int, rule: dict[str, Any]) -> bool:
    return 2 * price(ask, rule)[2] <= greatest(rule["currency"])


def test_listings_orders_and_checkout_sessions_have_these_prices(
    shop: BlockingSystem, rules: list[dict[str, Any]]
) -> None:
    seller, buyer = sign_up(shop, "price-seller"), sign_up(shop, "price-buyer")
    show = {"venue": "Harpa", "city": "Reykjavík", "timeZone": "Atlantic/Reykjavik"}
    show["startsAt"] = "2099-08-01T19:30:00Z"
    orders = {}
    for rule in rules:
        step = PRICE_STEPS.get(rule["currency"], 1)
        ask = next(
            ask for ask in (RANDOM.randrange(20_000, 300_000) // step * step for _ in range(1000))
            if can_be_charged(ask, rule)
        )  # fmt: skip
        body = {"title": rule["currency"], "price": ask, "currency": rule["currency"], "quantity": 2} | show
        listing = seller.send("POST", "/api/tickets", body)
        buyer_fee, seller_fee, all_in = price(ask, rule)
        assert listing["allIn"] == all_in, (rule, listing)
        assert listing["breakdown"]["youGet"] == ask - seller_fee, (rule, listing)
        wrong = {"ticketId": listing["id"], "price": all_in + 1, "quantity": 2}
        with pytest.raises(urllib.error.HTTPError, match="409"):
            buyer.send("POST", "/api/orders", wrong)
        order = buyer.send("POST", "/api/orders", wrong | {"price": all_in})
        assert (order["total"], order["price"], order["allIn"]) == (2 * all_in, ask, all_in), (rule, order)
        orders[order["id"]] = (ask, buyer_fee, seller_fee, rule["version"], 2 * all_in)
        buyer.send("POST", "/api/payments", {"orderId": order["id"]})
    columns = "id, price, buyer_fee, seller_fee, fee_version, total"
    stored = psql(shop.database_url, f"SELECT json_build_array({columns})::text FROM orders.orders")
    rows = [json.loads(line) for line in stored.splitlines()]
    assert {id: tuple(values) for id, *values in rows} == orders
    listed = psql(
        shop.database_url,
        "SELECT json_build_array(price, buyer_fee, seller_fee, fee_version)::text FROM tickets.tickets",
    )
    assert sorted(tuple(json.loads(line)) for line in listed.splitlines()) == sorted(
        values[:4] for values in orders.values()
    )
    sessions = {session["order_id"]: session["amount_total"] for session in record(shop)["sessions"]}
    assert sessions == {id: values[4] for id, values in orders.items()}


def record(shop: BlockingSystem) -> dict[str, Any]:
    """The sandbox's record, which contains its checkout sessions."""
    with urllib.request.urlopen(f"{shop.sandbox}/_sandbox/record") as response:
        return json.load(response)
