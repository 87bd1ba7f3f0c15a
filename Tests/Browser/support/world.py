"""People, tickets and orders in every state: what the tests of looks, the crawler and the pictures go through."""

from dataclasses import dataclass

from playwright.sync_api import Browser

from support.people import PASSWORD, Person, unique
from support.sandbox import pay_unseen, refund
from support.system import System
from support.wait import eventually


@dataclass
class World:
    """One of everything."""

    system: System
    nobody: Person
    buyer: Person
    seller: Person
    newcomer: Person
    admin: Person
    victim: Person
    banned: Person
    tickets: dict[str, dict]
    orders: dict[str, dict]

    def person(self, role: str) -> Person:
        return getattr(self, role)

    def people(self) -> list[Person]:
        return [self.nobody, self.buyer, self.seller, self.newcomer, self.admin, self.victim, self.banned]


def make_world(system: System, browser: Browser, words: str = "", **context_options) -> World:
    """The words stand in every text that a user can give."""

    def person(name: str | None = None) -> Person:
        person = Person(system, browser, **context_options)
        return person.signed_up(name) if name else person

    nobody, buyer, seller, newcomer = person(), person("buyer"), person("seller"), person("newcomer")
    admin, victim, banned = person("admin"), person("victim"), person("banned")
    system.gittix("users", "promote", admin.email)
    admin.api("POST", "/api/users/signin", {"email": admin.email, "password": PASSWORD}, 200)

    def ticket(title: str, **facts) -> dict:
        return seller.has_ticket(
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

    tickets = {
        "open": ticket("Radio Nord", quantity=8),
        "sold-out": ticket("The Midnight Ferry", quantity=1),
        "withdrawn": ticket("Museum Night", price=1800, quantity=4),
        "yen": ticket("Aurora Strings", price=4200, currency="JPY", quantity=2),
        "single": ticket("A Winter's Tale", price=99999999, currency="USD", quantity=1),
    }
    tickets["free"] = ticket("Synthwave Saturday", price=2400, quantity=5)
    orders = {
        "awaiting": buyer.has_order(tickets["open"], 2),
        "complete": buyer.has_order(tickets["sold-out"]),
        "cancelled": buyer.has_order(tickets["open"]),
        "refunded": buyer.has_order(tickets["yen"]),
    }
    buyer.api("DELETE", f"/api/orders/{orders['cancelled']['id']}", expects=204)
    seller.api("DELETE", f"/api/tickets/{tickets['withdrawn']['id']}")
    for name in ("complete", "refunded"):
        pay_unseen(buyer, orders[name])
    for name in ("complete", "refunded"):
        becomes(buyer, orders[name], "complete")
    refund(system, orders["refunded"])
    becomes(buyer, orders["refunded"], "refunded")
    system.gittix("users", "ban", banned.email)
    return World(system, nobody, buyer, seller, newcomer, admin, victim, banned, tickets, orders)


def becomes(person: Person, order: dict, status: str) -> None:
    eventually(
        f"the order is {status}",
        lambda: person.api("GET", f"/api/orders/{order['id']}").json()["status"] == status,
    )
