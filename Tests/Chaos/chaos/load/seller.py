"""Sellers list tickets, and change and withdraw their listings."""

import asyncio

from chaos.load.market import Listing, Market
from chaos.load.user import User

CITIES = ["Berlin", "Lisboa", "Zürich", "Kraków"]

SHOW = {
    "venue": "Hall 7",
    "city": "Berlin",
    "startsAt": "2099-05-31T20:00:00.000Z",
    "timeZone": "Europe/Berlin",
}

#: The split rules that can sell each quantity.
SPLIT_RULES = {
    1: ["any"],
    2: ["any", "any", "all_together"],
    3: ["any", "any", "no_single"],
    6: ["any", "pairs", "2,4"],
    10: ["any", "pairs", "no_single"],
    25: ["any", "any", "no_single"],
}


class Seller(User):
    market: Market

    async def live(self, pause_seconds: float) -> None:
        while not self.shared.is_ending:
            await asyncio.sleep(self.rng.expovariate(1 / pause_seconds))
            own = [listing for listing in self.market.listings if listing.seller == self.name]
            action = self.rng.random()
            if len(self.market.listings) < 6 or not own or action < 0.35:
                await self.list_tickets()
            elif action < 0.75:
                await self.change(self.rng.choice(own))
            elif action < 0.83 and len(self.market.listings) > 8:
                await self.withdraw(self.rng.choice(own))
            else:
                await self.get("/api/tickets?seller=me")

    async def list_many(self, count: int) -> None:
        """Lists tickets that no buyer of the run knows, so that a ban has many listings to withdraw."""
        for number in range(count):
            if self.shared.is_ending:
                return
            body = {"title": f"Seat {number} of {self.name}", "price": 1000, "currency": "EUR", "quantity": 1} | SHOW
            await self.send_until_final("list", "POST", "/api/tickets", body, timeout_seconds=45)

    async def list_tickets(self) -> None:
        body = {
            "price": self.rng.randrange(10, 200) * 100,
            "currency": self.rng.choice(["EUR", "EUR", "USD", "JPY"]),
            "quantity": self.rng.choice([1, 2, 3, 6, 10, 25]),
        }
        if self.market.performances and self.rng.random() < 0.6:
            # By now, the performance may be postponed, cancelled or merged.
            body |= {"performanceId": self.rng.choice(self.market.performances)}
            if self.market.has_split_rules and body["quantity"] <= 10 and self.rng.random() < 0.5:
                # There are few rows, so that sellers list the same seats. The later listing is then refused.
                first = self.rng.randrange(1, 30)
                seats = [str(number) for number in range(first, first + body["quantity"])]
                body |= {"section": "Stalls", "row": str(self.rng.randrange(1, 4)), "seats": seats}
        else:
            title = f"Show {self.rng.randrange(10_000)} of {self.name}"
            body |= SHOW | {"title": title, "city": self.rng.choice(CITIES)}
        rule = self.rng.choice(SPLIT_RULES[body["quantity"]]) if self.market.has_split_rules else "any"
        if rule != "any":
            body["splitRule"] = rule
        prefer = self.rng.choice([None, None, None, "respond-async", "wait=1"])
        response = await self.send_until_final("list", "POST", "/api/tickets", body, prefer=prefer, timeout_seconds=45)
        if response.status == 201 and response.id:
            seats = body.get("seats", [])
            self.market.add(Listing(response.id, self.name, body["price"], body["quantity"], rule, seats))

    async def change(self, listing: Listing) -> None:
        if self.rng.random() < 0.5:
            listing.price = self.rng.randrange(10, 200) * 100
            body = {"price": listing.price}
        elif self.market.has_split_rules and self.rng.random() < 0.1:
            # The change is refused if the units that are left or held do not fit the rule.
            body = {"splitRule": self.rng.choice(["any", "pairs", "no_single"])}
        elif listing.seats:
            # The number of seats never changes, so the listing is withdrawn and put back on sale. In the meantime,
            # another seller may have listed the seats.
            await self.send_until_final(
                "withdraw", "DELETE", f"/api/tickets/{listing.id}", timeout_seconds=30
            )
            body = {"withdrawn": False}
        else:
            # The quantity may be less than the number of sold units.
            listing.quantity = self.rng.choice([1, 2, 4, 8, 16, 30])
            body = {"quantity": listing.quantity}
        await self.send_until_final("change", "PUT", f"/api/tickets/{listing.id}", body, timeout_seconds=30)

    async def withdraw(self, listing: Listing) -> None:
        response = await self.send_until_final(
            "withdraw", "DELETE", f"/api/tickets/{listing.id}", timeout_seconds=30
        )
        if response.status in (204, 404):
            self.market.remove(listing.id)
