"""An admin who adds performances to the catalogue, and postpones, reschedules, cancels, renames and merges them."""

import asyncio

from chaos.load.market import Market
from chaos.load.user import User

FIRST_PERFORMANCES = 4
VENUES = [("Tempodrom", "Berlin", "DE", "Europe/Berlin"), ("Harpa", "Reykjavík", "IS", "Atlantic/Reykjavik"),
          ("Palladium", "Warszawa", "PL", "Europe/Warsaw")]  # fmt: skip


class Curator(User):
    market: Market

    async def propose_some(self) -> None:
        for _ in range(FIRST_PERFORMANCES):
            await self._propose()

    async def live(self, pause_seconds: float) -> None:
        postponed: list[str] = []
        while not self.shared.is_ending:
            await asyncio.sleep(self.rng.expovariate(1 / pause_seconds))
            known = self.market.performances
            action = self.rng.random()
            if len(known) < 3 or action < 0.2:
                await self._propose()
            elif action < 0.4:
                id = self.rng.choice(known)
                if await self._act(id, "postpone"):
                    self.market.remove_performance(id)
                    postponed.append(id)
            elif action < 0.6:
                # A new date puts a postponed performance back on sale, and moves any other performance.
                id = postponed.pop() if postponed else self.rng.choice(known)
                if await self._reschedule(id) and id not in self.market.performances:
                    self.market.add_performance(id)
            elif action < 0.7:
                id = self.rng.choice(known)
                if await self._act(id, "cancel"):
                    self.market.remove_performance(id)
            elif action < 0.85:
                await self._rename(self.rng.choice(known))
            else:
                await self._merge(*self.rng.sample(known, 2))

    def _starts_at(self) -> str:
        return f"2099-0{self.rng.randrange(1, 10)}-{self.rng.randrange(10, 29)}T19:{self.rng.randrange(10, 60)}:00.000Z"

    async def _propose(self) -> None:
        """An admin's proposal is published immediately."""
        venue, city, country, zone = self.rng.choice(VENUES)
        body = {
            "title": f"Evening {self.rng.randrange(10_000)}", "category": "concert", "venue": venue, "city": city,
            "country": country, "timeZone": zone, "startsAt": self._starts_at(),
        }  # fmt: skip
        response = await self.send_until_final("propose", "POST", "/api/performances", body, timeout_seconds=45)
        if response.status == 201 and response.id:
            self.market.add_performance(response.id)

    async def _act(self, id: str, action: str) -> bool:
        response = await self.send_until_final(
            action, "POST", f"/api/admin/performances/{id}/{action}", timeout_seconds=45
        )
        return response.status == 200

    async def _reschedule(self, id: str) -> bool:
        response = await self.send_until_final(
            "reschedule", "PUT", f"/api/admin/performances/{id}", {"startsAt": self._starts_at()}, timeout_seconds=45
        )
        return response.status == 200

    async def _rename(self, id: str) -> None:
        """Renames an event. An event that was proposed with a performance has the id of the performance."""
        body = {"title": f"Renamed evening {self.rng.randrange(10_000)}"}
        await self.send_until_final("rename", "PUT", f"/api/admin/events/{id}", body, timeout_seconds=45)

    async def _merge(self, loser: str, winner: str) -> None:
        body = {"kind": "performance", "from": loser, "into": winner}
        response = await self.send_until_final("merge", "POST", "/api/admin/merges", body, timeout_seconds=45)
        if response.status == 200:
            self.market.remove_performance(loser)
