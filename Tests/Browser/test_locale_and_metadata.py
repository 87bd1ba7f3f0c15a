"""Prices and times in the format of the user's region, and metadata for search engines."""

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
def test_prices_and_times_use_the_users_format(locale: str, zone: str, price: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(price=123450)
    buyer = new_user(locale=locale, timezone_id=zone).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    expect(buyer.page.locator("main")).to_contain_text(price)
    # The show starts at 19:30 in its venue's time zone, for readers in every zone.
    expect(buyer.page.locator("main")).to_contain_text(re.compile(r"19:30|7:30.PM"))
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    until = datetime.fromisoformat(order["expiresAt"]).astimezone(ZoneInfo(zone))
    expect(buyer.page.locator("[data-status]")).to_contain_text(re.compile(until.strftime(r"%H:%M|%-I:%M.%p"), re.I))


def zone_at_five_in_the_morning() -> str:
    """A time zone in which it is now five in the morning, because regions format one-digit hours differently."""
    ahead = (5 - datetime.now(timezone.utc).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+}"


@pytest.mark.parametrize(("locale", "clock"), [("en-GB", r" 0[56]:\d\d$"), ("en-US", r" [56]:\d\d.AM$")])
def test_the_first_page_formats_times_like_later_ones(locale: str, clock: str, new_user) -> None:
    user = new_user(locale=locale, timezone_id=zone_at_five_in_the_morning()).signed_up("user")
    # The script formats the times of the first page. The server formats the times of the next page, because it then
    # knows the zone.
    for _ in range(2):
        user.open("/account")
        expect(user.page.locator("main time").first).to_have_text(re.compile(clock))


def test_without_scripts_times_show_their_zone(new_user) -> None:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user("no script").signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    until = datetime.fromisoformat(order["expiresAt"]).astimezone(timezone.utc)
    expect(buyer.page.locator("[data-status]")).to_contain_text(re.compile(until.strftime("%H:%M (UTC|GMT)")))


def test_a_listing_has_metadata(new_user) -> None:
    seller = new_user().signed_up("seller")
    listing = seller.create_listing(price=4550, quantity=3, title="Radio \"Nord\" </script> & Söhne")
    user = new_user()
    user.open(f"/tickets/{listing['id']}?from=elsewhere")
    here = f"{user.system.origin}/tickets/{listing['id']}"
    head = user.page.locator("head")
    expect(head.locator("link[rel=canonical]")).to_have_attribute("href", here)
    expect(head.locator("meta[property='og:title']")).to_have_attribute("content", re.compile("Radio \"Nord\""))
    expect(head.locator("meta[property='og:url']")).to_have_attribute("content", here)
    expect(head.locator("meta[name=description]")).to_have_attribute("content", re.compile("Tempodrom"))
    event = json.loads(head.locator("script[type='application/ld+json']").text_content())
    assert event["@type"] == "Event" and event["name"] == listing["title"]
    assert event["startDate"].startswith(listing["startsAt"][:10])
    assert event["location"]["name"] == "Tempodrom"
    [offer] = event["offers"] if isinstance(event["offers"], list) else [event["offers"]]
    assert float(offer["price"]) == 45.5 and offer["priceCurrency"] == "EUR"
    assert offer["availability"] == "https://schema.org/InStock"


def test_personal_pages_are_not_indexed(new_user) -> None:
    user = new_user().signed_up("user")
    for path in ("/orders", "/sell", "/account", "/signup"):
        user.page.goto(path)
        if user.path() == path:
            expect(user.page.locator("head meta[name=robots]")).to_have_attribute("content", "noindex")
