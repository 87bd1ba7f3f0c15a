"""An admin who bans and unbans buyers, and leaves the last one banned."""

import asyncio

from chaos.load.buyer import Buyer
from chaos.load.user import User


class Admin(User):
    buyers: list[Buyer]

    async def live(self, pause_seconds: float) -> None:
        while not self.shared.is_ending:
            await asyncio.sleep(self.rng.expovariate(1 / pause_seconds))
            buyer = await self._ban()
            if buyer is None:
                continue
            await asyncio.sleep(self.rng.uniform(1, 6))
            await self.send_until_final(
                "unban", "DELETE", f"/api/admin/users/{buyer.user_id}/ban", timeout_seconds=60
            )
        # The checker examines the effect of a ban that is in force.
        await self._ban()

    async def _ban(self) -> Buyer | None:
        """The buyer, if one was banned."""
        known = [buyer for buyer in self.buyers if buyer.user_id]
        if not known:
            return None
        buyer = self.rng.choice(known)
        response = await self.send_until_final(
            "ban", "POST", f"/api/admin/users/{buyer.user_id}/ban", {"reason": "Too many orders."}, timeout_seconds=30
        )
        return buyer if response.status == 200 else None
