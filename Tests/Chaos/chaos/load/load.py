"""Starts and ends the users of a run."""

import asyncio
import random
from pathlib import Path

from chaos.load.admin import Admin
from chaos.load.buyer import Buyer
from chaos.load.client import SharedState
from chaos.load.curator import Curator
from chaos.load.market import Market
from chaos.load.seller import Seller
from chaos.load.user import User
from chaos.system import ChaosSystem
from harness.journal import Journal, now_ms

SELLERS = 4
BUYERS = 24
# The average time between the sign-ups of new buyers, and the number of buyers at which the sign-ups end.
NEWCOMER_PAUSE_SECONDS = 6.0
MAX_BUYERS = 60

# Buyers who order as much as they can and pay for nothing.
HOARDERS = 2
# The listings of one more seller, who is banned at the end: more than one slice.
MANY_LISTINGS = 450

SELLER_PAUSE_SECONDS = 1.2
BUYER_PAUSE_SECONDS = 1.2
ADMIN_PAUSE_SECONDS = 8.0
CURATOR_PAUSE_SECONDS = 3.0
HOARDER_PAUSE_SECONDS = 4.0

# Added to the API's wait for a command: a client's timeout must not end a request that the API would still answer.
CLIENT_TIMEOUT_MARGIN_SECONDS = 30.0


class Load:
    def __init__(self, system: ChaosSystem, seed: int, directory: Path):
        self.system = system
        self.seed = seed
        self.run = f"{seed}-{now_ms()}"
        self.shared = SharedState(
            system.api_origins, system.sandbox_origin, Journal(directory / "clients.jsonl"),
            system.timing.command_wait_seconds + CLIENT_TIMEOUT_MARGIN_SECONDS,
        )  # fmt: skip
        self.market = Market(random.Random(f"{seed} market"), has_split_rules=system.builds is None)
        self.buyers: list[Buyer] = []
        self.sellers: list[Seller] = []
        self.tasks: set[asyncio.Task] = set()
        # Errors of the harness.
        self.failures: list[str] = []
        # Number of users who sign up and do nothing else.
        self.idle_users = 0
        self.stopped_at: int | None = None

    def rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    async def start(self) -> None:
        """Signs everyone up, lists some tickets, and starts the users."""
        await self.shared.open()
        sellers = [self._seller(number) for number in range(SELLERS)]
        buyers = [self._buyer(number) for number in range(BUYERS)]
        admin = Admin(self.shared, "admin", self.rng("admin"), self.run)
        admin.buyers = self.buyers
        hoarders = [self._buyer(BUYERS + number, "hoarder") for number in range(HOARDERS)]
        admin.reseller = Seller(self.shared, "reseller", self.rng("reseller"), self.run)
        curator = Curator(self.shared, "curator", self.rng("curator"), self.run)
        curator.market = self.market
        joined = await asyncio.gather(
            *(user.join() for user in [*sellers, *buyers, *hoarders, admin, admin.reseller, curator])
        )
        if not all(joined):
            raise RuntimeError("not every user could sign up before the first fault")
        for user in (admin, curator):
            await self.system.gittix("users", "promote", user.email)
            await user.sign_in()
        await curator.propose_some()
        await asyncio.gather(*(seller.list_tickets() for seller in sellers for _ in range(2)))
        for seller in sellers:
            self._start_user(seller, SELLER_PAUSE_SECONDS)
        for buyer in buyers:
            self._start_user(buyer, BUYER_PAUSE_SECONDS)
        for hoarder in hoarders:
            self._start_task(hoarder.hoard(HOARDER_PAUSE_SECONDS))
        self._start_task(admin.reseller.list_many(MANY_LISTINGS))
        self._start_user(admin, ADMIN_PAUSE_SECONDS)
        self._start_user(curator, CURATOR_PAUSE_SECONDS)
        self._start_task(self._newcomers())

    def _seller(self, number: int) -> Seller:
        seller = Seller(self.shared, f"seller{number}", self.rng(f"seller {number}"), self.run)
        seller.market = self.market
        self.sellers.append(seller)
        return seller

    def _buyer(self, number: int, kind: str = "buyer") -> Buyer:
        buyer = Buyer(self.shared, f"{kind}{number}", self.rng(f"{kind} {number}"), self.run)
        buyer.market = self.market
        buyer.hold_seconds = float(self.system.timing.hold_seconds)
        self.buyers.append(buyer)
        return buyer

    def _start_user(self, user: Seller | Buyer | Admin | Curator, pause_seconds: float) -> None:
        self._start_task(user.live(pause_seconds))

    def _start_task(self, coroutine) -> None:
        task = asyncio.get_running_loop().create_task(self._record_failure(coroutine))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _record_failure(self, coroutine) -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # a defect of the harness, reported at the end
            self.failures.append(f"{type(error).__name__}: {error}")

    async def _newcomers(self) -> None:
        """Adds buyers until there are `MAX_BUYERS`."""
        rng = self.rng("newcomers")
        number = BUYERS
        while not self.shared.is_ending and number < MAX_BUYERS:
            await asyncio.sleep(rng.expovariate(1 / NEWCOMER_PAUSE_SECONDS))
            buyer = self._buyer(number)
            number += 1
            if await buyer.join():
                # Less active than the first buyers, so that the load stays about the same.
                self._start_user(buyer, BUYER_PAUSE_SECONDS * 6)

    def create_work(self, service: str) -> None:
        """Sends a request that `users`, `tickets` or `orders` has to process. Sends none for another service."""
        if self.shared.is_ending or not self.sellers:
            return
        rng = self.rng(f"work {now_ms()}")
        if service == "users":
            self._start_task(self._sign_up_only(rng))
        elif service == "tickets":
            self._start_task(rng.choice(self.sellers).list_tickets())
        elif service == "orders":
            self._start_task(self._order_and_pay(rng.choice(self.buyers)))

    async def _sign_up_only(self, rng: random.Random) -> None:
        self.idle_users += 1
        user = User(self.shared, f"idle{self.idle_users}", rng, self.run)
        await user.join()

    async def _order_and_pay(self, buyer: Buyer) -> None:
        if buyer.user_id and (listing := self.market.pick()) and (order := await buyer.create_order(listing)):
            await buyer.pay(order)

    async def end(self, within_seconds: float = 60) -> None:
        """Lets every user finish what they have begun."""
        self.shared.is_ending = True
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
        await self.shared.close()
