"""Everybody of a run, and how busy they are."""

import asyncio
import random
from pathlib import Path

from chaos.journal import Journal, now_ms
from chaos.load.admin import Admin
from chaos.load.buyer import Buyer
from chaos.load.client import Site
from chaos.load.market import Market
from chaos.load.person import Person
from chaos.load.seller import Seller
from chaos.system import System

SELLERS = 4
BUYERS = 24
# People who come while it runs, in order to sign up in all that trouble.
NEWCOMER_PAUSE_SECONDS = 6.0
BUYERS_AT_MOST = 60

SELLER_PAUSE_SECONDS = 1.2
BUYER_PAUSE_SECONDS = 1.2
ADMIN_PAUSE_SECONDS = 8.0

# A client hangs up by itself only long after it must have been answered.
CLIENT_SLACK_SECONDS = 30.0


class Load:
    def __init__(self, system: System, seed: int, directory: Path):
        self.system = system
        self.seed = seed
        self.run = f"{seed}-{now_ms()}"
        self.site = Site(
            system.api_origins, system.sandbox_origin, Journal(directory / "clients.jsonl"),
            system.settings.command_wait_seconds + CLIENT_SLACK_SECONDS,
        )  # fmt: skip
        self.market = Market(random.Random(f"{seed} market"))
        self.buyers: list[Buyer] = []
        self.sellers: list[Seller] = []
        self.tasks: set[asyncio.Task] = set()
        self.failures: list[str] = []
        # People who sign up and are never seen again.
        self.passers = 0
        self.stopped_at: int | None = None

    def chance(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    async def begin(self) -> None:
        """Everybody has joined, and something is on sale."""
        await self.site.open()
        sellers = [self._seller(number) for number in range(SELLERS)]
        buyers = [self._buyer(number) for number in range(BUYERS)]
        admin = Admin(self.site, "admin", self.chance("admin"), self.run)
        admin.buyers = self.buyers
        joined = await asyncio.gather(*(person.join() for person in [*sellers, *buyers, admin]))
        if not all(joined):
            raise RuntimeError("not everybody could sign up on a system that is well")
        await self.system.gittix("users", "promote", admin.email)
        await admin.sign_in()
        await asyncio.gather(*(seller.list_ticket() for seller in sellers for _ in range(2)))
        for seller in sellers:
            self._live(seller, SELLER_PAUSE_SECONDS)
        for buyer in buyers:
            self._live(buyer, BUYER_PAUSE_SECONDS)
        self._live(admin, ADMIN_PAUSE_SECONDS)
        self._task(self._newcomers())

    def _seller(self, number: int) -> Seller:
        seller = Seller(self.site, f"seller{number}", self.chance(f"seller {number}"), self.run)
        seller.market = self.market
        self.sellers.append(seller)
        return seller

    def _buyer(self, number: int) -> Buyer:
        buyer = Buyer(self.site, f"buyer{number}", self.chance(f"buyer {number}"), self.run)
        buyer.market = self.market
        buyer.hold_seconds = float(self.system.settings.hold_seconds)
        self.buyers.append(buyer)
        return buyer

    def _live(self, person: Person, pause_seconds: float) -> None:
        self._task(person.live(pause_seconds))  # type: ignore[attr-defined]

    def _task(self, coroutine) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(coroutine))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _guarded(self, coroutine) -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of the harness, told at the end
            self.failures.append(f"{type(error).__name__}: {error}")

    async def _newcomers(self) -> None:
        """New people come; someone who was there for long leaves for each beyond the most."""
        chance = self.chance("newcomers")
        number = BUYERS
        while not self.site.is_ending and number < BUYERS_AT_MOST:
            await asyncio.sleep(chance.expovariate(1 / NEWCOMER_PAUSE_SECONDS))
            buyer = self._buyer(number)
            number += 1
            if await buyer.join():
                # They are calmer than the first, so that the load stays about the same.
                self._live(buyer, BUYER_PAUSE_SECONDS * 6)

    def poke(self, pool: str) -> None:
        """Something for a pool to do, now."""
        if self.site.is_ending or not self.sellers:
            return
        chance = self.chance(f"poke {now_ms()}")
        if pool == "users":
            self._task(self._passes_by(chance))
        elif pool == "tickets":
            self._task(chance.choice(self.sellers).list_ticket())
        elif pool == "orders":
            self._task(self._orders_and_pays(chance.choice(self.buyers)))

    async def _passes_by(self, chance: random.Random) -> None:
        self.passers += 1
        person = Person(self.site, f"passer{self.passers}", chance, self.run)
        await person.join()

    async def _orders_and_pays(self, buyer: Buyer) -> None:
        if buyer.user and (offer := self.market.pick()) and (order := await buyer.order(offer)):
            await buyer.pay(order)

    async def end(self, within_seconds: float = 60) -> None:
        """Nobody begins anything new; what is under way comes to its end."""
        self.site.is_ending = True
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=within_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=10)
        self.stopped_at = now_ms()

    async def close(self) -> None:
        for task in list(self.tasks):
            task.cancel()
        await self.site.close()
