"""One person's HTTP client: it writes down every request and every answer, and asks again as a good client does."""

import asyncio
import random
import uuid
from collections import Counter
from dataclasses import dataclass

import aiohttp

from chaos.journal import Journal, now_ms

# What a log must not keep.
SECRET_FIELDS = {"password", "accessToken", "refreshToken", "newPassword", "currentPassword"}

# How many seconds each `Prefer` asks the site to wait.
WAITS = {None: None, "respond-async": 0, "wait=1": 1}


def without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items() if key not in SECRET_FIELDS}
    return value


@dataclass
class Answer:
    status: int | None
    json: object
    location: str | None = None
    error: str | None = None
    id: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether asking again could change nothing."""
        return self.status is not None and self.status not in (202, 429) and self.status < 500

    def field(self, name: str) -> object:
        return self.json.get(name) if isinstance(self.json, dict) else None

    @property
    def title(self) -> str:
        return str(self.field("type") or self.field("title") or "")


class Site:
    """What all clients share: the site's processes, the log, the counts."""

    def __init__(self, origins: list[str], sandbox: str, log: Journal, timeout_seconds: float):
        self.origins = origins
        self.sandbox = sandbox
        self.log = log
        self.timeout_seconds = timeout_seconds
        self.counts: Counter[str] = Counter()
        self.slowest_ms = 0
        self.requests_in_flight = 0
        # Set when clients shall come to an end: none begins anything new, and none asks again for long.
        self.is_ending = False
        self.session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=20),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()
        self.log.close()


class Client:
    def __init__(self, site: Site, name: str, chance: random.Random):
        self.site = site
        self.name = name
        self.chance = chance
        self.user: str | None = None
        self.access_token: str | None = None
        self.next_origin = chance.randrange(len(site.origins))

    def new_key(self) -> str:
        # Of the machine's chance: the same seed on the same database is another request.
        return f"{self.name}-{uuid.uuid4()}"

    async def send(
        self,
        op: str,
        method: str,
        path: str,
        body: dict | None = None,
        *,
        key: str | None = None,
        prefer: str | None = None,
        origin: int | None = None,
        attempt: int = 1,
        thing: str | None = None,
    ) -> Answer:
        """One request, logged whatever becomes of it."""
        site = self.site
        assert site.session is not None
        if origin is None:
            self.next_origin = (self.next_origin + 1) % len(site.origins)
            origin = self.next_origin
        headers = {"Accept": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        if key:
            headers["Idempotency-Key"] = key
        if prefer:
            headers["Prefer"] = prefer
        t0 = now_ms()
        site.requests_in_flight += 1
        answer = Answer(None, None)
        abandoned: asyncio.CancelledError | None = None
        try:
            async with asyncio.timeout(site.timeout_seconds):
                async with site.session.request(
                    method, site.origins[origin] + path, json=body, headers=headers, allow_redirects=False
                ) as response:
                    answer.status = response.status
                    answer.location = response.headers.get("Location")
                    if response.content_type.endswith("json"):
                        answer.json = await response.json(content_type=None)
                    else:
                        await response.read()
        except TimeoutError:
            answer = Answer(None, None, error="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # An answer that was cut off in its middle is none.
            answer = Answer(None, None, error="reset" if not isinstance(error, ValueError) else "garbled")
        except asyncio.CancelledError as error:
            # The run is over: nobody waits for it any more.
            answer, abandoned = Answer(None, None, error="abandoned"), error
        finally:
            site.requests_in_flight -= 1
        t1 = now_ms()
        found = answer.field("id")
        if isinstance(found, str):
            answer.id = found
        elif answer.location:
            answer.id = answer.location.rsplit("/", 1)[-1]
        site.slowest_ms = max(site.slowest_ms, t1 - t0)
        site.counts[f"{op} {answer.status or answer.error}"] += 1
        site.log.write(
            {
                "t0": t0, "t1": t1, "client": self.name, "user": self.user, "op": op, "method": method, "path": path,
                "key": key, "body": without_secrets(body), "status": answer.status, "error": answer.error,
                "location": answer.location, "id": answer.id or thing, "answer": without_secrets(answer.json),
                "origin": site.origins[origin], "attempt": attempt, "wait": WAITS[prefer],
            }
        )  # fmt: skip
        if abandoned is not None:
            raise abandoned
        return answer

    async def persist(
        self, op: str, method: str, path: str, body: dict | None = None, *, key: str | None = None,
        prefer: str | None = None, patience_seconds: float = 60,
    ) -> Answer:  # fmt: skip
        """Asks again with the same key until the answer is final, or patience ends."""
        key = key or self.new_key()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_seconds
        pause = 0.1
        attempt = 1
        while True:
            # Whoever did not want to wait at first does so when asking again: else the answer is 202 for ever.
            answer = await self.send(
                op, method, path, body, key=key, prefer=prefer if attempt == 1 else None, attempt=attempt
            )
            if answer.status == 401 and self.user and attempt < 6:
                # The token is over, or a clock says so.
                if not await self.renew():
                    return answer
            elif answer.is_final:
                return answer
            if loop.time() > deadline or (self.site.is_ending and attempt >= 3):
                return answer
            await asyncio.sleep(pause * self.chance.uniform(0.7, 1.3))
            pause = min(pause * 1.7, 3.0)
            attempt += 1
            # Whoever was told "later" and is curious asks what became of it.
            if answer.status == 202 and answer.id and self.chance.random() < 0.4:
                await self.send("look", "GET", f"/api/commands/{answer.id}")

    async def renew(self) -> bool:
        """Gets another access token."""
        return False
