"""An admin bans a buyer now and then, and thinks better of it; but not of the last one."""

import asyncio

from chaos.load.buyer import Buyer
from chaos.load.person import Person


class Admin(Person):
    buyers: list[Buyer]

    async def live(self, pause_seconds: float) -> None:
        while not self.site.is_ending:
            await asyncio.sleep(self.chance.expovariate(1 / pause_seconds))
            buyer = await self._ban()
            if buyer is None:
                continue
            await asyncio.sleep(self.chance.uniform(1, 6))
            await self.persist("unban", "DELETE", f"/api/admin/users/{buyer.user}/ban", patience_seconds=60)
        # So that there is somebody of whom it can be seen, at the end, what a ban does.
        await self._ban()

    async def _ban(self) -> Buyer | None:
        """Whoever was banned."""
        known = [buyer for buyer in self.buyers if buyer.user]
        if not known:
            return None
        buyer = self.chance.choice(known)
        banned = await self.persist(
            "ban", "POST", f"/api/admin/users/{buyer.user}/ban", {"reason": "Too many orders."}, patience_seconds=30
        )
        return buyer if banned.status == 200 else None
