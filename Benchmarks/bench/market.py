"""People and listings. They are made by commands, as the API makes them, without the API: so that there are thousands in
a second, and all laws hold."""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.resp import encode, pipe
from bench.system import System

#: Of a password that nobody signs in with.
PASSWORD_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$YmVuY2htYXJrYmVuY2htYXJr$pRnZpFyeKpHFkHPzKDgbVPRqpuzwDFhvTkQhRUTaKXs"
)
TOKEN_SECONDS = 6 * 3600


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def uuid7(at_ms: int | None = None) -> str:
    """RFC 9562, section 5.7."""
    at = at_ms if at_ms is not None else time.time_ns() // 1_000_000
    text = f"{at:012x}7{random.getrandbits(12):03x}{8 + random.getrandbits(2):x}{random.getrandbits(60):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def rfc3339(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}Z"


def command(service: str, id: str, type: str, actor: str, body: dict, at: str, prefix: str = "gittix") -> bytes:
    """An entry of a command stream, with the fields that the API writes; nobody waits for the reply."""
    return encode(
        "XADD", f"{prefix}:commands:{{{service}}}", "*", "id", id, "type", type, "v", 1, "at", at, "actor", actor,
        "reply", "", "trace", "", "body", json.dumps(body, separators=(",", ":")),
    )  # fmt: skip


class Tokens:
    """Signs access tokens as the API does."""

    def __init__(self, secret: str):
        self.secret = secret.encode()
        kid = base64url(hashlib.sha256(b"gittix kid " + self.secret).digest()[:6])
        self.header = base64url(json.dumps({"alg": "HS256", "kid": kid, "typ": "JWT"}, separators=(",", ":")).encode())

    def sign(self, user: str, session: str) -> str:
        now = int(time.time())
        claims = {
            "iss": "gittix", "aud": "gittix", "sub": user, "sid": session, "ver": 1, "role": "member", "iat": now,
            "exp": now + TOKEN_SECONDS,
        }  # fmt: skip
        signed = f"{self.header}.{base64url(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{signed}.{base64url(hmac.new(self.secret, signed.encode(), hashlib.sha256).digest())}"


@dataclass
class Market:
    """Who buys, and what there is to buy."""

    system: System
    buyers: list[str] = field(default_factory=list)
    seller: str = ""
    tokens: Path = Path()
    tickets: list[str] = field(default_factory=list)

    async def open(self, buyers: int = 2000, tickets: int = 1000, quantity: int = 1_000_000) -> None:
        people = [(uuid7(), uuid7()) for _ in range(buyers + 1)]
        await self._sign_up(people)
        signer = Tokens(self.system.signing_secret)
        self.seller = people[0][0]
        self.buyers = [user for user, _ in people[1:]]
        self.tokens = self.system.directory / "tokens"
        self.tokens.write_text("\n".join(signer.sign(*person) for person in people[1:]) + "\n")
        self.tickets = await self.list_tickets(tickets, quantity, "Spread")

    async def _sign_up(self, people: list[tuple[str, str]]) -> None:
        at = rfc3339(time.time())

        def commands() -> Iterator[bytes]:
            for number, (user, session) in enumerate(people):
                body = {
                    "email": f"bench-{number}-{user[-12:]}@example.com", "passwordHash": PASSWORD_HASH,
                    "session": {"id": session, "tokenHash": secrets.token_hex(32), "userAgent": "bench"},
                }  # fmt: skip
                yield command("users", user, "SignUp", "-", body, at)

        pipe(self.system.redis.port, commands())
        await self._until("SELECT count(*) FROM orders.users", len(people), more_in="tickets.users")

    async def _until(self, sql: str, more: int, more_in: str) -> None:
        deadline = time.monotonic() + 60
        wanted = f"SELECT (({sql}) >= {more}) AND ((SELECT count(*) FROM {more_in}) >= {more})"
        while not await self.system.value(wanted):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not there within a minute: {sql} >= {more}")
            await asyncio.sleep(0.1)

    async def list_tickets(self, count: int, quantity: int, title: str) -> list[str]:
        at = rfc3339(time.time())
        ids = [uuid7() for _ in range(count)]
        before = int(await self.system.value("SELECT count(*) FROM orders.tickets"))  # type: ignore[call-overload]

        def commands() -> Iterator[bytes]:
            for number, id in enumerate(ids):
                body = {
                    "title": f"{title} {number}", "price": 4500 + number % 1000, "currency": "USD",
                    "quantity": quantity,
                    "details": {
                        "venue": "Tempodrom", "city": "Berlin", "startsAt": "2031-06-01T18:00:00.000Z",
                        "timeZone": "Europe/Berlin", "section": "Block B", "row": "12",
                        "note": "Two seats beside one another, with a good view.\nHanded over at the door.",
                    },
                    "userVersion": 1,
                }  # fmt: skip
                yield command("tickets", id, "CreateTicket", self.seller, body, at)

        pipe(self.system.redis.port, commands())
        await self._until("SELECT count(*) FROM orders.tickets", before + count, more_in="tickets.tickets")
        return ids

    def orders(self, count: int) -> Iterator[bytes]:
        """Commands that order one unit each, of many tickets, by many buyers."""
        at = rfc3339(time.time())
        for number in range(count):
            body = {
                "ticketId": self.tickets[number % len(self.tickets)], "quantity": 1, "ticketVersion": 1,
                "userVersion": 1,
            }  # fmt: skip
            yield command(
                "orders", uuid7(), "CreateOrder", self.buyers[number % len(self.buyers)], body, at
            )

    def file(self, name: str, ids: list[str]) -> str:
        path = self.system.directory / name
        path.write_text("\n".join(ids) + "\n")
        return str(path)
