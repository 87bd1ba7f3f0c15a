"""A client with an account."""

import asyncio
import random

from chaos.load.client import Client, Response, SharedState
from harness.journal import now_ms

PASSWORD = "a good long secret"


class User(Client):
    def __init__(self, shared: SharedState, name: str, rng: random.Random, run: str):
        super().__init__(shared, name, rng)
        self.email = f"{name}-{run}@example.com"
        self.refresh_token: str | None = None

    async def join(self) -> bool:
        """Signs up and in. Returns false if that fails."""
        body = {"email": self.email, "password": PASSWORD}
        response = await self.send_until_final("sign_up", "POST", "/api/users/signup", body, timeout_seconds=120)
        if response.status not in (201, 409):
            return False
        # 409: an earlier attempt, whose response was lost or was 202, has created the account under another key.
        if response.status == 201:
            self.user_id = response.id
        return await self.sign_in()

    async def sign_in(self) -> bool:
        self.access_token = None
        for attempt in range(1, 30):
            body = {"email": self.email, "password": PASSWORD}
            response = await self.send("sign_in", "POST", "/api/users/token", body, attempt=attempt)
            if response.status == 200:
                self._store_tokens(response)
                return True
            if response.is_final or self.shared.is_ending:
                return False
            await asyncio.sleep(min(0.3 * attempt, 3))
        return False

    def _store_tokens(self, response: Response) -> None:
        access, refresh = response.member("accessToken"), response.member("refreshToken")
        self.access_token = str(access)
        if refresh:
            self.refresh_token = str(refresh)

    async def renew_token(self) -> bool:
        if self.refresh_token:
            token, self.refresh_token = self.refresh_token, None
            self.access_token = None
            response = await self.send("refresh", "POST", "/api/users/refresh", {"refreshToken": token})
            if response.status == 200:
                self._store_tokens(response)
                return True
        return await self.sign_in()

    async def get(self, path: str) -> Response:
        return await self.send("look", "GET", path)

    async def pay_on_page(self, order: str, url: str, card: str, authenticates: bool = True) -> str:
        """Submits Stripe's page like a browser. Returns `paid`, `declined`, `closed` or `lost`."""
        session = url.rstrip("/").rsplit("/", 1)[-1]
        form = {"number": card, "expiry": "12/39", "cvc": "737", "name": "Bo Buyer"}
        t0 = now_ms()
        outcome = "lost"
        status: int | None = None
        try:
            async with asyncio.timeout(self.shared.timeout_seconds):
                status, location = await self._post(url, form)
                if status == 303 and location and location.endswith("/authenticate"):
                    action = {"action": "complete" if authenticates else "fail"}
                    status, location = await self._post(f"{url}/authenticate", action)
                outcome = {303: "paid", 402: "declined"}.get(status, "closed")
        except Exception:  # noqa: BLE001  # any failure of the connection leaves it `lost`
            pass
        self.shared.counts[f"pay {outcome}"] += 1
        self.shared.log.write(
            {
                "t0": t0, "t1": now_ms(), "client": self.name, "user": self.user_id, "op": "pay", "method": "POST",
                "path": url, "key": None, "body": None, "status": status,
                "error": None if status else "reset", "location": None, "id": order, "answer": None,
                "card": card, "session": session, "outcome": outcome, "origin": self.shared.sandbox, "attempt": 1,
                "wait": None,
            }
        )  # fmt: skip
        return outcome

    async def _post(self, url: str, form: dict[str, str]) -> tuple[int, str | None]:
        assert self.shared.session is not None
        async with self.shared.session.post(url, data=form, allow_redirects=False) as response:
            await response.read()
            return response.status, response.headers.get("Location")
