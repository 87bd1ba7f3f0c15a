"""Buyers create orders, and then pay, cancel or leave them."""

import asyncio

from chaos.load.client import Response
from chaos.load.market import Listing, Market
from chaos.load.user import User

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
INSUFFICIENT_FUNDS_CARD = "4000000000009995"
AUTHENTICATION_CARD = "4000002500003155"
CAPTURE_FAILS_CARD = "4000004020000000"


class Buyer(User):
    market: Market
    hold_seconds: float

    # The number of orders that a hoarder creates at once: more than the limit on open holds.
    HOARD = 12

    # The methods that buyers call for an order, and their relative frequencies.
    ACTIONS = [
        ("pay", 34), ("decline_then_pay", 6), ("declined", 4), ("authenticate", 6), ("fail_authentication", 3),
        ("fail_at_capture", 4), ("cancel", 9), ("cancel_while_paying", 6), ("check_out_and_cancel", 5),
        ("never_pay", 7), ("check_out_and_leave", 6), ("pay_late", 5), ("check_out_twice", 6), ("pay_and_look", 5),
    ]  # fmt: skip
    # The ways in which buyers create an order, and their relative frequencies.
    VARIANTS = [("plain", 67), ("double", 12), ("other_body", 5), ("async", 8), ("short", 8)]

    async def live(self, pause_seconds: float) -> None:
        while not self.shared.is_ending:
            await asyncio.sleep(self.rng.expovariate(1 / pause_seconds))
            if self.rng.random() < 0.25:
                await self.browse()
                continue
            listing = self.market.pick()
            if listing is None:
                continue
            order = await self.create_order(listing)
            if order is None:
                continue
            [action] = self.rng.choices(*zip(*self.ACTIONS, strict=True))
            await getattr(self, action)(order)

    async def hoard(self, pause_seconds: float) -> None:
        """Acts as a buyer who orders as much as possible at once, and pays for nothing."""
        while not self.shared.is_ending:
            await asyncio.sleep(self.rng.expovariate(1 / pause_seconds))
            listing = self.market.pick()
            if listing is not None:
                await asyncio.gather(*(self.create_order(listing) for _ in range(self.HOARD)))

    async def browse(self) -> None:
        page = self.rng.random()
        listing = self.market.pick()
        if page < 0.4 or listing is None:
            await self.get("/api/tickets?limit=20")
        elif page < 0.7:
            await self.get(f"/api/tickets/{listing.id}")
        else:
            await self.get("/api/orders")

    # Requests

    async def create_order(self, listing: Listing) -> str | None:
        """The id of the order, if it was created."""
        quantity = self.rng.choice([1, 1, 1, 2, 3] if listing.split_rule == "any" else [1, 2, 2, 2, 3, 4])
        # The seller may have changed the price in the meantime. The order is then refused.
        body: dict = {"ticketId": listing.id, "quantity": quantity, "price": listing.price}
        if quantity <= len(listing.seats) and self.rng.random() < 0.5:
            first = self.rng.randrange(len(listing.seats) - quantity + 1)
            body["seats"] = listing.seats[first : first + quantity]
        key = self.new_key()
        [variant] = self.rng.choices(*zip(*self.VARIANTS, strict=True))
        prefer = {"async": "respond-async", "short": "wait=1"}.get(variant)
        if variant == "double":
            # A double click, which a load balancer sends to two processes.
            responses = await asyncio.gather(
                self.send("order", "POST", "/api/orders", body, key=key, origin=0),
                self.send("order", "POST", "/api/orders", body, key=key, origin=1),
            )
            final = [response for response in responses if response.is_final and response.status != 401]
            response = final[0] if final else await self._send_order(body, key, None)
        elif variant == "other_body":
            response = await self._send_order(body, key, None)
            await self.send("order", "POST", "/api/orders", body | {"quantity": 4}, key=key)
        else:
            response = await self._send_order(body, key, prefer)
        if response.status == 404:
            self.market.remove(listing.id)
        if response.status == 409 and "sold" in str(response.json).lower():
            # Leave the remaining units to others.
            await asyncio.sleep(0.2)
        return response.id if response.status == 201 else None

    async def _send_order(self, body: dict, key: str, prefer: str | None) -> Response:
        return await self.send_until_final(
            "order", "POST", "/api/orders", body, key=key, prefer=prefer, timeout_seconds=30
        )

    async def check_out(self, order: str) -> str | None:
        """The URL of Stripe's page."""
        response = await self.send_until_final(
            "checkout", "POST", "/api/payments", {"orderId": order}, timeout_seconds=self.hold_seconds
        )
        url = response.member("url")
        return str(url) if response.status == 201 and url else None

    async def cancel(self, order: str) -> None:
        await self.send_until_final("cancel", "DELETE", f"/api/orders/{order}", timeout_seconds=20)

    # Actions

    async def pay(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, GOOD_CARD)

    async def pay_and_look(self, order: str) -> None:
        await self.pay(order)
        for _ in range(3):
            await self.get(f"/api/orders/{order}")
            await asyncio.sleep(self.rng.uniform(0.2, 1))

    async def decline_then_pay(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, self.rng.choice([DECLINED_CARD, INSUFFICIENT_FUNDS_CARD]))
            await self.pay_on_page(order, url, GOOD_CARD)

    async def declined(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, DECLINED_CARD)

    async def authenticate(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, AUTHENTICATION_CARD)

    async def fail_authentication(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, AUTHENTICATION_CARD, authenticates=False)

    async def fail_at_capture(self, order: str) -> None:
        if url := await self.check_out(order):
            await self.pay_on_page(order, url, CAPTURE_FAILS_CARD)

    async def cancel_while_paying(self, order: str) -> None:
        if url := await self.check_out(order):
            await asyncio.gather(self.pay_on_page(order, url, GOOD_CARD), self.cancel(order))

    async def check_out_and_cancel(self, order: str) -> None:
        await self.check_out(order)
        await self.cancel(order)

    async def never_pay(self, order: str) -> None:
        await self.get(f"/api/orders/{order}")

    async def check_out_and_leave(self, order: str) -> None:
        await self.check_out(order)

    async def pay_late(self, order: str) -> None:
        """Pays around the end of the hold, or some seconds after it."""
        if url := await self.check_out(order):
            late = self.rng.choice([-0.3, 0.0, 0.3, 2.0])
            await asyncio.sleep(max(0.0, self.hold_seconds + late))
            await self.pay_on_page(order, url, GOOD_CARD)

    async def check_out_twice(self, order: str) -> None:
        urls = await asyncio.gather(self.check_out(order), self.check_out(order))
        await asyncio.gather(*(self.pay_on_page(order, url, GOOD_CARD) for url in urls if url))
