"""Everything that the laws examine: one snapshot of PostgreSQL, Redis, Stripe's record, and the files of a run."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.rows import dict_row

from . import lost
from .lost import Lost
from .rundir import RunDirectory

SERVICES = ("users", "tickets", "orders", "payments", "catalogue")
STREAMS = (*SERVICES, "expiration")
#: The services whose events each service reads: the consumer groups of their streams.
FOLLOWS = {
    "users": (),
    "tickets": ("users", "orders", "catalogue"),
    "orders": ("users", "tickets", "payments", "expiration"),
    "payments": ("orders",),
    "expiration": ("tickets", "orders"),
    "catalogue": ("users",),
}


@dataclass(frozen=True)
class Services:
    """The services that the laws examine: those above, and further ones that the run's record names.

    The checker does not rely on the list of the code under test: the services declared above are always examined, and
    the record can only add to them.
    """

    #: The services with a database schema.
    with_schema: tuple[str, ...]
    #: All services, each with an event stream and a command stream.
    all: tuple[str, ...]
    follows: dict[str, tuple[str, ...]]

    @staticmethod
    def of(record: Iterable[dict[str, Any]]) -> Services:
        record = list(record)
        new = [each for each in record if each["name"] not in FOLLOWS]
        follows = dict(FOLLOWS) | {each["name"]: tuple(each["follows"]) for each in new}
        for each in record:
            known = follows[each["name"]]
            follows[each["name"]] = known + tuple(source for source in each["follows"] if source not in known)
        return Services(
            with_schema=SERVICES + tuple(each["name"] for each in new if each["schema"]),
            all=STREAMS + tuple(each["name"] for each in new),
            follows=follows,
        )

#: Maximum number of violations of one kind that are read: further ones have the same cause.
MAX_ROWS = 500


class System:
    def __init__(
        self,
        database: str | psycopg.Connection,
        redis_url: str | None = None,
        *,
        prefix: str = "gittix",
        sandbox: str | None = None,
        record: Path | dict[str, Any] | None = None,
        run: RunDirectory | None = None,
    ) -> None:
        self.prefix = prefix
        self.run = run
        self.services = Services.of((run.info.get("services") if run else None) or ())
        self._sandbox = sandbox.rstrip("/") if sandbox else None
        self._record = record
        if isinstance(database, str):
            self._database = psycopg.connect(database, application_name="checker")
            self._database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._database.read_only = True
        else:
            self._database = database
        self.redis = redis.Redis.from_url(redis_url, decode_responses=True) if redis_url else None

    def close(self) -> None:
        self._database.close()
        if self.redis:
            self.redis.close()

    # PostgreSQL

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Returns the rows; all queries read one snapshot."""
        with self._database.cursor(row_factory=dict_row) as cursor:
            # Without parameters, a % is an ordinary character.
            cursor.execute(sql.encode(), parameters)
            return cursor.fetchall()

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        row = self.query(sql)[0]
        return next(iter(row.values()))

    @cached_property
    def now(self) -> float:
        """PostgreSQL's clock, epoch ms."""
        return float(self.value("SELECT extract(epoch FROM clock_timestamp()) * 1000"))

    @cached_property
    def has_ledger(self) -> bool:
        return bool(self.value("SELECT to_regclass('checker.units') IS NOT NULL"))

    @cached_property
    def lost(self) -> Lost:
        """The changes that failovers of the run have lost."""
        return lost.read(self.run.faults if self.run else ())

    # Redis

    def key(self, kind: str, service: str) -> str:
        return f"{self.prefix}:{kind}:{{{service}}}"

    # Stripe

    @property
    def has_record(self) -> bool:
        return bool(self._sandbox) or self._record is not None

    @cached_property
    def record(self) -> dict[str, Any]:
        """The sandbox's record: its checkout sessions, its PaymentIntents with the amounts authorised, captured and
        refunded, and the requests under each idempotency key."""
        if isinstance(self._record, dict):
            return self._record
        if self._record:
            return json.loads(self._record.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{self._sandbox}/_sandbox/record", timeout=30) as response:
            return json.load(response)
