"""Sellers list tickets, change them, and withdraw them."""

import asyncio

from chaos.load.market import Market, Offer
from chaos.load.person import Person

CITIES = ["Berlin", "Lisboa", "Zürich", "Kraków"]


class Seller(Person):
    market: Market

    async def live(self, pause_seconds: float) -> None:
        while not self.site.is_ending:
            await asyncio.sleep(self.chance.expovariate(1 / pause_seconds))
            mine = [offer for offer in self.market.offers if offer.seller == self.name]
            what = self.chance.random()
            if len(self.market.offers) < 6 or not mine or what < 0.35:
                await self.list_ticket()
            elif what < 0.75:
                await self.change(self.chance.choice(mine))
            elif what < 0.83 and len(self.market.offers) > 8:
                await self.withdraw(self.chance.choice(mine))
            else:
                await self.look("/api/tickets?seller=me")

    async def list_ticket(self) -> None:
        body = {
            "title": f"Show {self.chance.randrange(10_000)} of {self.name}",
            "price": self.chance.randrange(10, 200) * 100,
            "currency": self.chance.choice(["EUR", "EUR", "USD", "JPY"]),
            "quantity": self.chance.choice([1, 2, 3, 6, 10, 25]),
            "city": self.chance.choice(CITIES),
        }
        prefer = self.chance.choice([None, None, None, "respond-async", "wait=1"])
        answer = await self.persist("list", "POST", "/api/tickets", body, prefer=prefer, patience_seconds=45)
        if answer.status == 201 and answer.id:
            self.market.add(Offer(answer.id, self.name, body["price"], body["quantity"]))

    async def change(self, offer: Offer) -> None:
        if self.chance.random() < 0.5:
            offer.price = self.chance.randrange(10, 200) * 100
            body = {"price": offer.price}
        else:
            # Fewer than are sold already is nothing new: what is sold stays sold.
            offer.quantity = self.chance.choice([1, 2, 4, 8, 16, 30])
            body = {"quantity": offer.quantity}
        await self.persist("change", "PUT", f"/api/tickets/{offer.id}", body, patience_seconds=30)

    async def withdraw(self, offer: Offer) -> None:
        answer = await self.persist("withdraw", "DELETE", f"/api/tickets/{offer.id}", patience_seconds=30)
        if answer.status in (204, 404):
            self.market.drop(offer.id)
