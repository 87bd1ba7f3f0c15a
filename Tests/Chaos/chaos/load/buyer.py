"""Buyers order, and then do one of the many things that people do with an order."""

import asyncio

from chaos.load.client import Answer
from chaos.load.market import Market, Offer
from chaos.load.person import Person

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
POOR = "4000000000009995"
ASKS_THE_BANK = "4000002500003155"
FAILS_AT_CAPTURE = "4000000000005126"


class Buyer(Person):
    market: Market
    hold_seconds: float

    # What becomes of an order, and how often.
    FATES = [
        ("pay", 34), ("decline_then_pay", 6), ("declined", 4), ("bank", 6), ("bank_refuses", 3),
        ("fail_at_capture", 4), ("cancel", 9), ("cancel_while_paying", 6), ("check_out_and_cancel", 5),
        ("never_pay", 7), ("check_out_and_leave", 6), ("pay_late", 5), ("check_out_twice", 6), ("pay_and_look", 5),
    ]  # fmt: skip
    WAYS = [("plain", 60), ("double", 12), ("other_body", 5), ("async", 8), ("short", 8), ("seen_price", 7)]

    async def live(self, pause_seconds: float) -> None:
        while not self.site.is_ending:
            await asyncio.sleep(self.chance.expovariate(1 / pause_seconds))
            if self.chance.random() < 0.25:
                await self.browse()
                continue
            offer = self.market.pick()
            if offer is None:
                continue
            order = await self.order(offer)
            if order is None:
                continue
            [fate] = self.chance.choices(*zip(*self.FATES, strict=True))
            await getattr(self, fate)(order)

    async def browse(self) -> None:
        what = self.chance.random()
        offer = self.market.pick()
        if what < 0.4 or offer is None:
            await self.look("/api/tickets?limit=20")
        elif what < 0.7:
            await self.look(f"/api/tickets/{offer.id}")
        else:
            await self.look("/api/orders")

    # Ordering

    async def order(self, offer: Offer) -> str | None:
        """The id of an order that was made."""
        body: dict = {"ticketId": offer.id, "quantity": self.chance.choice([1, 1, 1, 2, 3])}
        key = self.new_key()
        [way] = self.chance.choices(*zip(*self.WAYS, strict=True))
        prefer = {"async": "respond-async", "short": "wait=1"}.get(way)
        if way == "seen_price":
            body["price"] = offer.price
        if way == "double":
            # A double click, which a balancer sends to two processes.
            answers = await asyncio.gather(
                self.send("order", "POST", "/api/orders", body, key=key, origin=0),
                self.send("order", "POST", "/api/orders", body, key=key, origin=1),
            )
            final = [answer for answer in answers if answer.is_final and answer.status != 401]
            answer = final[0] if final else await self.make(body, key, None)
        elif way == "other_body":
            answer = await self.make(body, key, None)
            await self.send("order", "POST", "/api/orders", body | {"quantity": 4}, key=key)
        else:
            answer = await self.make(body, key, prefer)
        if answer.status == 404:
            self.market.drop(offer.id)
        if answer.status == 409 and "sold" in str(answer.json).lower():
            # Others buy what is left of it.
            await asyncio.sleep(0.2)
        return answer.id if answer.status == 201 else None

    async def make(self, body: dict, key: str, prefer: str | None) -> Answer:
        return await self.persist(
            "order", "POST", "/api/orders", body, key=key, prefer=prefer, patience_seconds=30
        )

    async def check_out(self, order: str) -> str | None:
        """Where to pay."""
        answer = await self.persist(
            "checkout", "POST", "/api/payments", {"orderId": order}, patience_seconds=self.hold_seconds
        )
        url = answer.field("url")
        return str(url) if answer.status == 201 and url else None

    async def cancel(self, order: str) -> None:
        await self.persist("cancel", "DELETE", f"/api/orders/{order}", patience_seconds=20)

    # What becomes of it

    async def pay(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, GOOD)

    async def pay_and_look(self, order: str) -> None:
        await self.pay(order)
        for _ in range(3):
            await self.look(f"/api/orders/{order}")
            await asyncio.sleep(self.chance.uniform(0.2, 1))

    async def decline_then_pay(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, self.chance.choice([DECLINED, POOR]))
            await self.pays(order, url, GOOD)

    async def declined(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, DECLINED)

    async def bank(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, ASKS_THE_BANK)

    async def bank_refuses(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, ASKS_THE_BANK, confirms=False)

    async def fail_at_capture(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pays(order, url, FAILS_AT_CAPTURE)

    async def cancel_while_paying(self, order: str) -> None:
        if url := await self.check_out(order):
            await asyncio.gather(self.pays(order, url, GOOD), self.cancel(order))

    async def check_out_and_cancel(self, order: str) -> None:
        await self.check_out(order)
        await self.cancel(order)

    async def never_pay(self, order: str) -> None:
        await self.look(f"/api/orders/{order}")

    async def check_out_and_leave(self, order: str) -> None:
        await self.check_out(order)

    async def pay_late(self, order: str) -> None:
        """In the instant the hold is over, or some seconds after it."""
        if url := await self.check_out(order):
            late = self.chance.choice([-0.3, 0.0, 0.3, 2.0])
            await asyncio.sleep(max(0.0, self.hold_seconds + late))
            await self.pays(order, url, GOOD)

    async def check_out_twice(self, order: str) -> None:
        urls = await asyncio.gather(self.check_out(order), self.check_out(order))
        await asyncio.gather(*(self.pays(order, url, GOOD) for url in urls if url))
