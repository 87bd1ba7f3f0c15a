"""Users and listings. They are created by the same commands that the API sends, so all laws hold. The commands are
added directly to the streams, thousands a second."""

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

from bench.resp import encode, send_all
from bench.system import BenchmarkSystem
from harness.commands import signed

#: This password is never used to sign in.
PASSWORD_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$YmVuY2htYXJrYmVuY2htYXJr$pRnZpFyeKpHFkHPzKDgbVPRqpuzwDFhvTkQhRUTaKXs"
)
TOKEN_SECONDS = 6 * 3600
#: Unpaid orders of one buyer in a measurement: fewer than OPEN_HOLDS_PER_BUYER allows by default.
ORDERS_PER_BUYER = 4


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def uuid7(at_ms: int | None = None) -> str:
    """RFC 9562, section 5.7."""
    at = at_ms if at_ms is not None else time.time_ns() // 1_000_000
    text = f"{at:012x}7{random.getrandbits(12):03x}{8 + random.getrandbits(2):x}{random.getrandbits(60):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def rfc3339(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}Z"


def command(
    secret: str, service: str, id: str, type: str, actor: str, body: dict, at: str, prefix: str = "gittix"
) -> bytes:  # fmt: skip
    """An entry of a command stream, with the fields that the API writes. It requests no reply."""
    fields = signed(secret, service, {
        "id": id, "type": type, "v": "1", "at": at, "actor": actor, "reply": "", "trace": "",
        "body": json.dumps(body, separators=(",", ":")),
    })  # fmt: skip
    words = [word for field in fields.items() for word in field]
    return encode("XADD", f"{prefix}:commands:{{{service}}}", "*", *words)


class TokenSigner:
    """Signs access tokens as the API does."""

    def __init__(self, secret: str):
        self.secret = secret.encode()
        kid = base64url(hashlib.sha256(b"gittix kid " + self.secret).digest()[:6])
        self.header = base64url(json.dumps({"alg": "HS256", "kid": kid, "typ": "JWT"}, separators=(",", ":")).encode())

    def sign(self, user: str, session: str, role: str = "member") -> str:
        now = int(time.time())
        claims = {
            "iss": "gittix", "aud": "gittix", "sub": user, "sid": session, "ver": 1, "role": role, "iat": now,
            "exp": now + TOKEN_SECONDS,
        }  # fmt: skip
        signed = f"{self.header}.{base64url(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{signed}.{base64url(hmac.new(self.secret, signed.encode(), hashlib.sha256).digest())}"


@dataclass
class Market:
    system: BenchmarkSystem
    buyers: list[str] = field(default_factory=list)
    seller: str = ""
    #: A file with one buyer's access token per line.
    tokens: Path = Path()
    groups: int = 0
    #: Ids.
    listings: list[str] = field(default_factory=list)

    async def create(self, buyers: int = 2000, listings: int = 1000, quantity: int = 1_000_000) -> None:
        [self.seller], _ = await self.sign_up(1)
        self.buyers, self.tokens = await self.sign_up(buyers)
        self.listings = await self.create_listings(listings, quantity, "Spread")

    @property
    def _secret(self) -> str:
        return self.system.settings["SIGNING_SECRET"]

    async def buyers_for(self, orders: int) -> tuple[list[str], str]:
        """Creates enough buyers to make this number of unpaid orders within the limits on holds. Returns their ids, and
        the path of a file with their access tokens."""
        ids, tokens = await self.sign_up(-(-orders // ORDERS_PER_BUYER))
        return ids, str(tokens)

    async def sign_up(self, count: int, role: str = "member") -> tuple[list[str], Path]:
        """Creates users. Returns their ids, and a file with one user's access token per line."""
        users = [(uuid7(), uuid7()) for _ in range(count)]
        await self._send_sign_ups(users)
        signer = TokenSigner(self._secret)
        self.groups += 1
        tokens = self.system.directory / f"tokens-{self.groups}"
        tokens.write_text("\n".join(signer.sign(*user, role) for user in users) + "\n")
        return [user for user, _ in users], tokens

    async def _send_sign_ups(self, users: list[tuple[str, str]]) -> None:
        """Each user is a pair: the user's id, and the id of a session."""
        at = rfc3339(time.time())
        before = await self.system.postgres.value("SELECT count(*) FROM users.users")

        def commands() -> Iterator[bytes]:
            for number, (user, session) in enumerate(users):
                body = {
                    "email": f"bench-{number}-{user[-12:]}@example.com", "passwordHash": PASSWORD_HASH,
                    "session": {"id": session, "tokenHash": secrets.token_hex(32), "userAgent": "bench"},
                }  # fmt: skip
                yield command(self._secret, "users", user, "SignUp", "-", body, at)

        send_all(self.system.redis.port, commands())
        await self.wait_for_rows(before + len(users), "orders.users", "tickets.users", "catalogue.users")

    async def wait_for_rows(self, count: int, *tables: str) -> None:
        deadline = time.monotonic() + 60 + count / 300
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        while await self.system.postgres.value(f"SELECT least({counts})") < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{' or '.join(tables)} still has fewer than {count} rows")
            await asyncio.sleep(0.1)

    async def create_listings(self, count: int, quantity: int, title: str, seller: str | None = None) -> list[str]:
        """Creates listings for the market's seller, unless a different seller is given. Returns their ids."""
        return await self._create_listings(
            [
                {
                    "title": f"{title} {number}", "price": 4500, "currency": "USD", "quantity": quantity,
                    "details": {
                        "venue": "Tempodrom", "city": "Berlin", "startsAt": "2031-06-01T18:00:00.000Z",
                        "timeZone": "Europe/Berlin", "section": "Block B", "row": "12",
                        "note": "Two seats next to each other, with a good view.\nHanded over at the door.",
                    },
                    "userVersion": 1,
                }
                for number in range(count)
            ],
            seller,
        )  # fmt: skip

    async def create_offers(self, performances: list[str], count: int) -> list[str]:
        """Creates listings of one to six tickets, for each performance in turn. Returns their ids."""
        return await self._create_listings(
            [
                {
                    # The performance's title replaces it.
                    "title": "-", "price": 2000 + number * 37 % 18_000, "currency": ("EUR", "USD")[number % 7 == 0],
                    "quantity": 1 + number // len(performances) % 6,
                    "performanceId": performances[number % len(performances)], "performanceVersion": 1,
                    "details": {"section": f"Block {number % 9}"}, "userVersion": 1,
                }
                for number in range(count)
            ]
        )  # fmt: skip

    async def _create_listings(self, bodies: list[dict], seller: str | None = None) -> list[str]:
        at = rfc3339(time.time())
        ids = [uuid7() for _ in bodies]
        before = await self.system.postgres.value("SELECT count(*) FROM orders.tickets")
        send_all(
            self.system.redis.port,
            (
                command(self._secret, "tickets", id, "CreateTicket", seller or self.seller, body, at)
                for id, body in zip(ids, bodies, strict=True)
            ),
        )
        await self.wait_for_rows(before + len(bodies), "orders.tickets", "tickets.tickets")
        return ids

    def order_commands(self, count: int, buyers: list[str], quantity: int = 1) -> Iterator[bytes]:
        """Returns commands that each order this many units of a listing. Listings and buyers take turns."""
        at = rfc3339(time.time())
        for number in range(count):
            body = {
                "ticketId": self.listings[number % len(self.listings)], "quantity": quantity, "ticketVersion": 1,
                "userVersion": 1,
            }  # fmt: skip
            yield command(self._secret, "orders", uuid7(), "CreateOrder", buyers[number % len(buyers)], body, at)

    def file(self, name: str, ids: list[str]) -> str:
        """Writes ids to a file, for the load generator, and returns its path."""
        path = self.system.directory / name
        path.write_text("\n".join(ids) + "\n")
        return str(path)
