"""An admin who bans and unbans buyers, leaves the last one banned, and bans a seller with many listings."""

import asyncio

from chaos.load.buyer import Buyer
from chaos.load.seller import Seller
from chaos.load.user import User


class Admin(User):
    buyers: list[Buyer]
    # The seller with many listings, who is banned at the end.
    reseller: Seller

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
        # This ban stays in force, so that the checker can examine its effect.
        await self._ban()
        if self.reseller.user_id:
            await self._ban_user(self.reseller)

    async def _ban(self) -> Buyer | None:
        """Bans a random buyer, and returns the buyer. Returns None if nobody was banned."""
        known = [buyer for buyer in self.buyers if buyer.user_id]
        if not known:
            return None
        buyer = self.rng.choice(known)
        return buyer if await self._ban_user(buyer) else None

    async def _ban_user(self, user: User) -> bool:
        response = await self.send_until_final(
            "ban", "POST", f"/api/admin/users/{user.user_id}/ban", {"reason": "Too many orders."}, timeout_seconds=30
        )
        return response.status == 200
