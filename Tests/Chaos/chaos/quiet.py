"""When all that was asked for has been done, and nothing moves any more."""

import asyncio
import time

import psycopg
from redis.exceptions import RedisError

from chaos.faults.process import FOLLOWS
from chaos.system import System
from chaos.wholeness import COPIES, OUTBOXES

SERVICES = ("users", "tickets", "orders", "payments", "expiration")


async def wait(system: System, within_seconds: float) -> tuple[float | None, list[str]]:
    """How long it took; nil and what still moves when it took longer."""
    begun = time.monotonic()
    calm_since: float | None = None
    moving: list[str] = []
    while True:
        try:
            moving = await what_moves(system)
        except (psycopg.Error, RedisError, OSError) as error:
            moving = [str(error)]
        now = time.monotonic()
        if moving:
            calm_since = None
        elif calm_since is None:
            calm_since = now
        elif now - calm_since >= 2:
            return calm_since - begun, []
        if now - begun > within_seconds:
            return None, moving
        await asyncio.sleep(0.5)


async def what_moves(system: System) -> list[str]:
    client = system.redis.client
    moving = []
    for service in SERVICES:
        for what, count in [
            ("backlog", await client.xlen(f"gittix:commands:{{{service}}}")),
            ("later", await client.zcard(f"gittix:later:{{{service}}}")),
        ]:
            if count:
                moving.append(f"{service} has {what} {count}")
        for source in FOLLOWS[service]:
            stream = f"gittix:events:{{{source}}}"
            try:
                groups = {group["name"]: group for group in await client.xinfo_groups(stream)}
            except RedisError:
                # No such stream: only expiration's may never have had an event.
                groups = {}
            if service not in groups:
                if source in OUTBOXES:
                    moving.append(f"{service} has no group in {stream}")
                continue
            if pending := groups[service]["pending"]:
                moving.append(f"{service} has {pending} pending of {source}")
            if source in OUTBOXES:
                [[top]] = await system.postgres.rows(f"SELECT coalesce(max(id), 0) FROM {source}.outbox")
                if int(groups[service]["last-delivered-id"].split("-")[0]) < top:
                    moving.append(f"{service} has not read {source} up to {top}")
    counts = [
        ("orders past their hold", "SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment'"
         " AND expires_at < now()"),
        ("orders still held", "SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment'"
         " AND expires_at < now() + interval '100 seconds' AND expires_at >= now()"),
        ("orders confirmed and not paid", "SELECT count(*) FROM orders.orders WHERE status = 'confirmed'"),
        ("calls to Stripe", "SELECT count(*) FROM payments.calls WHERE state = 'pending'"),
        ("attempts of dead orders", "SELECT count(*) FROM payments.attempts a JOIN payments.orders o ON o.id ="
         " a.order_id WHERE o.status = 'cancelled' AND a.state NOT IN ('dead', 'refunded')"),
        ("attempts under way", "SELECT count(*) FROM payments.attempts WHERE state IN ('opening', 'authorized',"
         " 'capturing', 'refunding', 'closing')"),
    ]  # fmt: skip
    for copy, key, source in COPIES:
        counts.append(
            (
                f"rows of {copy} behind {source}",
                f"SELECT count(*) FROM {source} s LEFT JOIN {copy} c ON c.{key} = s.id"
                " WHERE c.version IS DISTINCT FROM s.version",
            )
        )
    for what, sql in counts:
        [[count]] = await system.postgres.rows(sql)
        if count:
            moving.append(f"{count} {what}")
    return moving
