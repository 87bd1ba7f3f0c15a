"""Prices and times as their reader writes them, and what is told to search engines."""

import json
import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize(
    ("locale", "zone", "price"),
    [
        ("de-DE", "Europe/Berlin", "1.234,50\N{NO-BREAK SPACE}€"),
        ("en-US", "America/New_York", "€1,234.50"),
        ("en-IN", "Asia/Kolkata", "€1,234.50"),
    ],
)
def test_prices_and_times(locale: str, zone: str, price: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(price=123450)
    buyer = someone(locale=locale, timezone_id=zone).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    expect(buyer.page.locator("main")).to_contain_text(price)
    # The event begins at half past seven by the clocks of its place, wherever one reads of it.
    expect(buyer.page.locator("main")).to_contain_text(re.compile(r"19:30|7:30.PM"))
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    until = datetime.fromisoformat(order["expiresAt"]).astimezone(ZoneInfo(zone))
    expect(buyer.page.locator("[data-status]")).to_contain_text(re.compile(until.strftime(r"%H:%M|%-I:%M.%p"), re.I))


def where_it_is_early() -> str:
    """A zone in which it is five in the morning: an hour of one digit, which not everyone writes alike."""
    ahead = (5 - datetime.now(timezone.utc).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+}"


@pytest.mark.parametrize(("locale", "clock"), [("en-GB", r" 0[56]:\d\d$"), ("en-US", r" [56]:\d\d.AM$")])
def test_the_first_page_writes_times_as_the_next_ones_do(locale: str, clock: str, someone) -> None:
    fan = someone(locale=locale, timezone_id=where_it_is_early()).signed_up("fan")
    # The server learns the time zone by this page, whose times the script writes; it writes those of the next.
    for _ in range(2):
        fan.open("/account")
        expect(fan.page.locator("main time").first).to_have_text(re.compile(clock))


def test_without_a_script_times_say_which_zone_they_are_in(someone) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone("no script").signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    until = datetime.fromisoformat(order["expiresAt"]).astimezone(timezone.utc)
    expect(buyer.page.locator("[data-status]")).to_contain_text(re.compile(until.strftime("%H:%M (UTC|GMT)")))


def test_a_ticket_can_be_found(someone) -> None:
    seller = someone().signed_up("seller")
    ticket = seller.has_ticket(price=4550, quantity=3, title="Radio \"Nord\" </script> & Söhne")
    fan = someone()
    fan.open(f"/tickets/{ticket['id']}?from=elsewhere")
    here = f"{fan.system.origin}/tickets/{ticket['id']}"
    head = fan.page.locator("head")
    expect(head.locator("link[rel=canonical]")).to_have_attribute("href", here)
    expect(head.locator("meta[property='og:title']")).to_have_attribute("content", re.compile("Radio \"Nord\""))
    expect(head.locator("meta[property='og:url']")).to_have_attribute("content", here)
    expect(head.locator("meta[name=description]")).to_have_attribute("content", re.compile("Tempodrom"))
    event = json.loads(head.locator("script[type='application/ld+json']").text_content())
    assert event["@type"] == "Event" and event["name"] == ticket["title"]
    assert event["startDate"].startswith(ticket["startsAt"][:10])
    assert event["location"]["name"] == "Tempodrom"
    [offer] = event["offers"] if isinstance(event["offers"], list) else [event["offers"]]
    assert float(offer["price"]) == 45.5 and offer["priceCurrency"] == "EUR"
    assert offer["availability"] == "https://schema.org/InStock"


def test_what_is_ones_own_is_not_found(someone) -> None:
    fan = someone().signed_up("fan")
    for path in ("/orders", "/sell", "/account", "/signup"):
        fan.page.goto(path)
        if fan.path() == path:
            expect(fan.page.locator("head meta[name=robots]")).to_have_attribute("content", "noindex")
