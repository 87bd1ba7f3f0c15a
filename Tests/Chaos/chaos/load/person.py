"""Someone with an account."""

import asyncio
import random

from chaos.journal import now_ms
from chaos.load.client import Answer, Client, Site

PASSWORD = "a good long secret"


class Person(Client):
    def __init__(self, site: Site, name: str, chance: random.Random, run: str):
        super().__init__(site, name, chance)
        self.email = f"{name}-{run}@example.com"
        self.refresh_token: str | None = None

    async def join(self) -> bool:
        """Signs up and in, for as long as it takes."""
        body = {"email": self.email, "password": PASSWORD}
        answer = await self.persist("sign_up", "POST", "/api/users/signup", body, patience_seconds=120)
        if answer.status not in (201, 409):
            return False
        # 409: an attempt whose answer was lost, or was told 202, has made the account under another key.
        if answer.status == 201:
            self.user = answer.id
        return await self.sign_in()

    async def sign_in(self) -> bool:
        self.access_token = None
        for attempt in range(1, 30):
            body = {"email": self.email, "password": PASSWORD}
            answer = await self.send("sign_in", "POST", "/api/users/token", body, attempt=attempt)
            if answer.status == 200:
                self._keep(answer)
                return True
            if answer.is_final or self.site.is_ending:
                return False
            await asyncio.sleep(min(0.3 * attempt, 3))
        return False

    def _keep(self, answer: Answer) -> None:
        access, refresh = answer.field("accessToken"), answer.field("refreshToken")
        self.access_token = str(access)
        if refresh:
            self.refresh_token = str(refresh)

    async def renew(self) -> bool:
        if self.refresh_token:
            token, self.refresh_token = self.refresh_token, None
            self.access_token = None
            answer = await self.send("refresh", "POST", "/api/users/refresh", {"refreshToken": token})
            if answer.status == 200:
                self._keep(answer)
                return True
        return await self.sign_in()

    async def look(self, path: str) -> Answer:
        return await self.send("look", "GET", path)

    # Stripe's page

    async def pays(self, order: str, url: str, card: str, confirms: bool = True) -> str:
        """What a browser does on Stripe's page; what came of it: paid, declined, closed, or lost."""
        assert self.site.session is not None
        session = url.rstrip("/").rsplit("/", 1)[-1]
        form = {"number": card, "expiry": "12/39", "cvc": "737", "name": "Bo Buyer"}
        t0 = now_ms()
        outcome = "lost"
        status: int | None = None
        try:
            async with asyncio.timeout(self.site.timeout_seconds):
                status, location = await self._post(url, form)
                if status == 303 and location and location.endswith("/authenticate"):
                    action = {"action": "complete" if confirms else "fail"}
                    status, location = await self._post(f"{url}/authenticate", action)
                outcome = {303: "paid", 402: "declined"}.get(status, "closed")
        except (TimeoutError, OSError, Exception) as error:  # noqa: BLE001  # whatever a browser may meet
            if isinstance(error, asyncio.CancelledError):
                raise
        self.site.counts[f"pay {outcome}"] += 1
        self.site.log.write(
            {
                "t0": t0, "t1": now_ms(), "client": self.name, "user": self.user, "op": "pay", "method": "POST",
                "path": url, "key": None, "body": None, "status": status,
                "error": None if status else "reset", "location": None, "id": order, "answer": None,
                "card": card, "session": session, "outcome": outcome, "origin": self.site.sandbox, "attempt": 1,
                "wait": None,
            }
        )  # fmt: skip
        return outcome

    async def _post(self, url: str, form: dict[str, str]) -> tuple[int, str | None]:
        assert self.site.session is not None
        async with self.site.session.post(url, data=form, allow_redirects=False) as response:
            await response.read()
            return response.status, response.headers.get("Location")
