"""An HTTP client that logs every request with its response, and repeats requests like a correct client."""

import asyncio
import random
import uuid
from collections import Counter
from dataclasses import dataclass

import aiohttp

from harness.journal import Journal, now_ms

# Members that are not logged.
SECRET_MEMBERS = {"password", "accessToken", "refreshToken", "newPassword", "currentPassword"}

# Seconds that the API waits for a command, for each `Prefer` of a request. None stands for the API's setting.
WAIT_SECONDS = {None: None, "respond-async": 0, "wait=1": 1}


def without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items() if key not in SECRET_MEMBERS}
    return value


@dataclass
class Response:
    # None if the request failed.
    status: int | None
    json: object
    location: str | None = None
    error: str | None = None
    id: str | None = None

    @property
    def is_final(self) -> bool:
        """True if repeating the request cannot change the response."""
        return self.status is not None and self.status not in (202, 429) and self.status < 500

    def member(self, name: str) -> object:
        return self.json.get(name) if isinstance(self.json, dict) else None


class SharedState:
    """State that all clients share: the API's origins, the log, the counts, the connections."""

    def __init__(self, origins: list[str], sandbox: str, log: Journal, timeout_seconds: float):
        self.origins = origins
        self.sandbox = sandbox
        self.log = log
        self.timeout_seconds = timeout_seconds
        self.counts: Counter[str] = Counter()
        self.slowest_ms = 0
        # If true, clients start nothing new, and soon stop repeating requests.
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
    def __init__(self, shared: SharedState, name: str, rng: random.Random):
        self.shared = shared
        self.name = name
        self.rng = rng
        self.user_id: str | None = None
        self.access_token: str | None = None
        self._next_origin = rng.randrange(len(shared.origins))

    def new_key(self) -> str:
        # The key does not depend on the seed: another run with this seed on the same database must send new requests.
        return f"{self.name}-{uuid.uuid4()}"

    async def send(
        self, operation: str, method: str, path: str, body: dict | None = None, *, key: str | None = None,
        prefer: str | None = None, origin: int | None = None, attempt: int = 1,
    ) -> Response:  # fmt: skip
        """Sends one request, and logs it with its response or failure."""
        shared = self.shared
        assert shared.session is not None
        if origin is None:
            self._next_origin = (self._next_origin + 1) % len(shared.origins)
            origin = self._next_origin
        headers = {"Accept": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        if key:
            headers["Idempotency-Key"] = key
        if prefer:
            headers["Prefer"] = prefer
        t0 = now_ms()
        response = Response(None, None)
        cancelled: asyncio.CancelledError | None = None
        try:
            async with asyncio.timeout(shared.timeout_seconds):
                async with shared.session.request(
                    method, shared.origins[origin] + path, json=body, headers=headers, allow_redirects=False
                ) as answer:
                    response.status = answer.status
                    response.location = answer.headers.get("Location")
                    if answer.content_type.endswith("json"):
                        response.json = await answer.json(content_type=None)
                    else:
                        await answer.read()
        except TimeoutError:
            response = Response(None, None, error="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # An incomplete response counts as no response.
            response = Response(None, None, error="reset" if not isinstance(error, ValueError) else "garbled")
        except asyncio.CancelledError as error:
            # The run ends.
            response, cancelled = Response(None, None, error="abandoned"), error
        t1 = now_ms()
        id = response.member("id")
        if isinstance(id, str):
            response.id = id
        elif response.location:
            response.id = response.location.rsplit("/", 1)[-1]
        shared.slowest_ms = max(shared.slowest_ms, t1 - t0)
        shared.counts[f"{operation} {response.status or response.error}"] += 1
        shared.log.write(
            {
                "t0": t0, "t1": t1, "client": self.name, "user": self.user_id, "op": operation, "method": method,
                "path": path, "key": key, "body": without_secrets(body), "status": response.status,
                "error": response.error, "location": response.location, "id": response.id,
                "answer": without_secrets(response.json), "origin": shared.origins[origin], "attempt": attempt,
                "wait": WAIT_SECONDS[prefer],
            }
        )  # fmt: skip
        if cancelled is not None:
            raise cancelled
        return response

    async def send_until_final(
        self, operation: str, method: str, path: str, body: dict | None = None, *, key: str | None = None,
        prefer: str | None = None, timeout_seconds: float = 60,
    ) -> Response:  # fmt: skip
        """Repeats a request with the same key until its response is final or the timeout has passed."""
        key = key or self.new_key()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        delay = 0.1
        attempt = 1
        while True:
            # A repeated request waits for its command: otherwise every response would be 202.
            response = await self.send(
                operation, method, path, body, key=key, prefer=prefer if attempt == 1 else None, attempt=attempt
            )
            if response.status == 401 and self.user_id and attempt < 6:
                # The token has expired, or seems expired because a clock has jumped.
                if not await self.renew_token():
                    return response
            elif response.is_final:
                return response
            if loop.time() > deadline or (self.shared.is_ending and attempt >= 3):
                return response
            await asyncio.sleep(delay * self.rng.uniform(0.7, 1.3))
            delay = min(delay * 1.7, 3.0)
            attempt += 1
            # Some clients that were answered 202 ask for the command's state.
            if response.status == 202 and response.id and self.rng.random() < 0.4:
                await self.send("look", "GET", f"/api/commands/{response.id}")

    async def renew_token(self) -> bool:
        """Gets a new access token."""
        return False
