"""An admin bans a buyer now and then, and thinks better of it."""

import asyncio

from chaos.load.buyer import Buyer
from chaos.load.person import Person


class Admin(Person):
    buyers: list[Buyer]

    async def live(self, pause_seconds: float) -> None:
        while not self.site.is_ending:
            await asyncio.sleep(self.chance.expovariate(1 / pause_seconds))
            known = [buyer for buyer in self.buyers if buyer.user]
            if not known:
                continue
            buyer = self.chance.choice(known)
            banned = await self.persist(
                "ban", "POST", f"/api/admin/users/{buyer.user}/ban", {"reason": "Too many orders."},
                patience_seconds=30,
            )  # fmt: skip
            if banned.status != 200:
                continue
            await asyncio.sleep(self.chance.uniform(1, 6))
            await self.persist("unban", "DELETE", f"/api/admin/users/{buyer.user}/ban", patience_seconds=60)
