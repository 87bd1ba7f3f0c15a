"""All that the laws look at: one snapshot of PostgreSQL, Redis, Stripe's record, and what a run has left behind."""

from __future__ import annotations

import json
import urllib.request
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.rows import dict_row

from .rundir import RunDirectory

SERVICES = ("users", "tickets", "orders", "payments")
STREAMS = (*SERVICES, "expiration")
#: Which services' events each service reads: the groups of their streams.
FOLLOWS = {
    "users": (),
    "tickets": ("users", "orders"),
    "orders": ("users", "tickets", "payments", "expiration"),
    "payments": ("orders",),
    "expiration": ("orders",),
}
#: More violations of one kind than this are not read: they all have one cause.
MOST = 500


class World:
    def __init__(
        self,
        database: str | psycopg.Connection,
        redis_url: str | None = None,
        *,
        prefix: str = "gittix",
        sandbox: str | None = None,
        stripe_key: str | None = None,
        record: Path | dict[str, Any] | None = None,
        run: RunDirectory | None = None,
    ) -> None:
        self.prefix = prefix
        self.run = run
        self._sandbox = sandbox.rstrip("/") if sandbox else None
        self._stripe_key = stripe_key
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
        """The rows, all of one snapshot."""
        with self._database.cursor(row_factory=dict_row) as cursor:
            # Without parameters a % stands for itself.
            cursor.execute(sql.encode(), parameters)
            return cursor.fetchall()

    def value(self, sql: str) -> Any:
        row = self.query(sql)[0]
        return next(iter(row.values()))

    @cached_property
    def now(self) -> float:
        """PostgreSQL's clock, epoch ms."""
        return float(self.value("SELECT extract(epoch FROM clock_timestamp()) * 1000"))

    @cached_property
    def has_ledger(self) -> bool:
        return bool(self.value("SELECT to_regclass('checker.units') IS NOT NULL"))

    # Redis

    def key(self, kind: str, service: str) -> str:
        return f"{self.prefix}:{kind}:{{{service}}}"

    # Stripe

    @property
    def has_record(self) -> bool:
        return bool(self._sandbox) or self._record is not None

    @cached_property
    def record(self) -> dict[str, Any]:
        """The sandbox's ledger: what is held, taken and given back for each order."""
        if isinstance(self._record, dict):
            return self._record
        if self._record:
            return json.loads(self._record.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{self._sandbox}/_sandbox/record", timeout=30) as answer:
            return json.load(answer)

    @property
    def has_stripe(self) -> bool:
        return bool(self._sandbox and self._stripe_key)

    def stripe_list(self, path: str) -> list[dict[str, Any]]:
        """All objects of a list of Stripe's API."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            url = f"{self._sandbox}{path}?limit=100{after}"
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._stripe_key}"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                page = json.load(answer)
            found += page["data"]
            if not page.get("has_more") or not page["data"]:
                return found
            after = f"&starting_after={page['data'][-1]['id']}"
