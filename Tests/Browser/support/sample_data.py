"""Users, listings and orders in every state, for the accessibility tests, the crawler and the screenshots."""

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Browser

from support.sandbox import pay_without_browser, refund
from support.system import System
from support.users import PASSWORD, User, unique
from support.wait import eventually


@dataclass
class SampleData:
    """At least one of everything that a page can show."""

    system: System
    visitor: User
    buyer: User
    seller: User
    newcomer: User
    admin: User
    victim: User
    banned: User
    listings: dict[str, dict]
    orders: dict[str, dict]
    performances: dict[str, dict]
    #: The path of an unfinished listing of the seller.
    draft: str

    def user(self, role: str) -> User:
        return getattr(self, role)

    def users(self) -> list[User]:
        return [self.visitor, self.buyer, self.seller, self.newcomer, self.admin, self.victim, self.banned]


def create_sample_data(system: System, browser: Browser, words: str = "", **context_options) -> SampleData:
    """Creates the data. `words` become part of every text that a user can enter."""

    def user(name: str | None = None) -> User:
        user = User(system, browser, **context_options)
        return user.signed_up(name) if name else user

    visitor, buyer, seller, newcomer = user(), user("buyer"), user("seller"), user("newcomer")
    admin, victim, banned = user("admin"), user("victim"), user("banned")
    system.gittix("users", "promote", admin.email)
    admin.api("POST", "/api/users/signin", {"email": admin.email, "password": PASSWORD}, 200)

    def listing(title: str, **facts) -> dict:
        return seller.create_listing(
            unique(f"{title} {words}".strip()),
            **{
                "venue": f"Tempodrom {words}".strip(),
                "city": f"Berlin {words}".strip(),
                "section": f"Block C {words}".strip()[:40],
                "row": "4",
                "note": f"Collect them at the box office.\nFrom 18:00. {words}".strip(),
            }
            | facts,
        )

    apply_prices(system)
    listings = {
        "open": listing("Radio Nord", quantity=8),
        "sold-out": listing("The Midnight Ferry", quantity=1),
        "withdrawn": listing("Museum Night", price=1800, quantity=4),
        "yen": listing("Aurora Strings", price=4200, currency="JPY", quantity=2),
        "priced": listing("Glass Harbour", price=4200, currency="DKK", faceValue=4500, quantity=4),
        "pairs": listing("Two by Two", quantity=6, splitRule="pairs"),
        "reported": listing("Fog and Fern", quantity=2),
        "taken-down": listing("Cellar Tapes", quantity=2),
        "single": listing("A Winter's Tale", price=99999999, currency="USD", quantity=1),
    }
    listings["free"] = listing("Synthwave Saturday", price=2400, quantity=5)
    orders = {
        "awaiting": buyer.create_order(listings["open"], 2),
        "complete": buyer.create_order(listings["sold-out"]),
        "cancelled": buyer.create_order(listings["open"]),
        "refunded": buyer.create_order(listings["yen"]),
        "priced": buyer.create_order(listings["priced"], 2),
    }
    buyer.api("DELETE", f"/api/orders/{orders['cancelled']['id']}", expects=204)
    seller.api("DELETE", f"/api/tickets/{listings['withdrawn']['id']}")
    for name in ("complete", "refunded"):
        pay_without_browser(buyer, orders[name])
    for name in ("complete", "refunded"):
        wait_for_status(buyer, orders[name], "complete")
    refund(system, orders["refunded"])
    wait_for_status(buyer, orders["refunded"], "refunded")
    system.gittix("users", "ban", banned.email)
    for name in ("reported", "taken-down"):
        report = {"reason": "wrong_details", "text": f"This is in another hall.\nSince May. {words}".strip()}
        buyer.api("POST", f"/api/tickets/{listings[name]['id']}/reports", report, 201)
    reason = {"reason": "scam", "note": f"Send us a photo. {words}".strip()}
    admin.api("POST", f"/api/admin/tickets/{listings['taken-down']['id']}/take-down", reason, 200)
    freeze_an_order(admin, buyer, user("suspended"), orders)
    performances = create_performances(admin, seller, buyer, listings, orders, words)
    draft = create_draft(seller, performances["offered"], words)
    return SampleData(
        system, visitor, buyer, seller, newcomer, admin, victim, banned, listings, orders, performances, draft
    )


def create_draft(seller: User, performance: dict, words: str) -> str:
    """Fills in all steps for a row of seats, without listing them. Returns the path before the name of a step."""
    seller.open(f"/sell?performance={performance['id']}")
    values = {"section": f"Stalls {words}", "row": "9", "seats": "11-14", "note": f"A fine view. {words}"}
    for name, value in values.items():
        seller.page.locator(f"[name='{name}']").fill(value.strip()[:40])
    seller.press("Next: the price")
    seller.page.locator("[name='price']").fill("45.00")
    seller.press("Next: check everything")
    seller.is_at("/sell/[0-9a-f-]{36}/review")
    return seller.path().removesuffix("/review")


def apply_prices(system: System) -> None:
    """Applies fees for prices in DKK, which no other test uses, and price policies for Norway, where no test has a
    performance."""
    policy = {"basis": "original_total", "validFrom": "2020-01-01", "source": "A law of tests", "checkedOn": "2026-11-28"}
    discloses = ["The original cost of the ticket", "The place of the seat"]
    prices = {
        "fees": [
            {"currency": "DKK", "buyerBp": 800, "buyerFixed": 50, "sellerBp": 500, "min": 100, "validFrom": "2020-01-01"}
        ],
        "policies": [
            policy | {"jurisdiction": "NO", "name": "Norway", "status": "in_force", "discloses": discloses},
            policy | {"jurisdiction": "NO", "name": "Norway", "status": "announced", "capBp": 11000, "note": "A draft."},
        ],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(prices, file)
        file.flush()
        system.gittix("policies", "apply", file.name, "--execute")


def create_performances(
    admin: User, seller: User, buyer: User, listings: dict[str, dict], orders: dict[str, dict], words: str
) -> dict[str, dict]:
    """An event with published, postponed and cancelled dates, and another event that the seller has proposed."""
    start = datetime.now().replace(hour=19, minute=30, second=0, microsecond=0)

    def propose(user: User, days: int, **facts) -> dict:
        day = (start + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:00Z")
        body = {"startsAt": day} | {key: value for key, value in facts.items() if value is not None}
        return user.api("POST", "/api/performances", body, 201).json()

    def place(venue: str, city: str) -> dict:
        return {
            "venue": f"{venue} {words}".strip(), "city": f"{city} {words}".strip(), "country": "DE",
            "timeZone": "Europe/Berlin", "address": f"Main Street 1 {words}".strip(),
        }  # fmt: skip

    event = {
        "title": unique(f"Salt Marsh Choir {words}".strip()), "category": "concert",
        "performers": f"Salt Marsh Choir\nAna Lund {words}".strip(),
    }  # fmt: skip
    offered = propose(admin, 40, **event, **place("Kulturfabrik", "Berlin"))
    known = {"eventId": offered["eventId"]}
    performances = {
        "offered": offered,
        "empty": propose(admin, 41, **known, venueId=offered["venue"]["id"]),
        "alike": propose(
            admin, 41, title=f"{event['title']} live", category="concert", venueId=offered["venue"]["id"]
        ),
        "postponed": propose(admin, 42, **known, **place("Hafenhalle", "Hamburg")),
        "cancelled": propose(admin, 43, **known, **place("Orangerie", "Munich")),
        "proposed": propose(
            seller, 44, title=unique(f"Lantern Walk {words}".strip()), category="family",
            **place("Old Mill", "Bremen")
        ),
    }  # fmt: skip
    seated = {
        "performanceId": offered["id"], "price": 5200, "currency": "EUR", "section": f"Stalls {words}".strip()[:40],
        "row": "7", "seats": ["11", "12", "13", "14"], "splitRule": "pairs",
    }  # fmt: skip
    listings["seats"] = seller.api("POST", "/api/tickets", seated, 201).json()
    buyer_order = {"ticketId": listings["seats"]["id"], "price": 5200, "seats": ["13", "14"]}
    orders["seats"] = buyer.api("POST", "/api/orders", buyer_order, 201).json()
    for price, quantity, section in [(4500, 4, "Block A"), (3900, 2, "Balcony"), (8900, 6, None), (3000, 1, "Block B")]:
        listing = {"performanceId": offered["id"], "price": price, "currency": "EUR", "quantity": quantity}
        if section:
            listing |= {"section": f"{section} {words}".strip()[:40], "row": "7"}
        listings["of-performance"] = seller.api("POST", "/api/tickets", listing, 201).json()
    dollars = {"performanceId": offered["id"], "price": 5200, "currency": "USD", "quantity": 3}
    seller.api("POST", "/api/tickets", dollars, 201)
    admin.api("POST", f"/api/admin/performances/{performances['postponed']['id']}/postpone", expects=200)
    admin.api("POST", f"/api/admin/performances/{performances['cancelled']['id']}/cancel", expects=200)
    return performances


def freeze_an_order(admin: User, buyer: User, suspended: User, orders: dict[str, dict]) -> None:
    orders["frozen"] = buyer.create_order(suspended.create_listing(quantity=1))
    pay_without_browser(buyer, orders["frozen"])
    wait_for_status(buyer, orders["frozen"], "complete")
    admin.api("POST", f"/api/admin/users/{suspended.id}/ban", {"reason": "Sells air.", "freezeOrders": True}, 200)
    suspended.leave()
    path = f"/api/orders/{orders['frozen']['id']}"
    eventually("the order is frozen", lambda: "frozenAt" in buyer.api("GET", path).json())


def wait_for_status(user: User, order: dict, status: str) -> None:
    eventually(
        f"the order is {status}",
        lambda: user.api("GET", f"/api/orders/{order['id']}").json()["status"] == status,
    )
