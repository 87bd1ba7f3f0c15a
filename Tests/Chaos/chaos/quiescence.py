"""Waits until all requested work is done and nothing changes any more."""

import asyncio
import time

import psycopg
from redis.exceptions import RedisError

from chaos.recovery import COPIES
from chaos.system import ChaosSystem
from harness.product import command_stream, event_stream, names_with_schema, services

# The queries count rows that will still change.
ACTIVITY = {
    "orders whose hold has expired":
        "SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment' AND expires_at < now()",
    "orders with a hold":
        "SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment'"
        " AND expires_at < now() + interval '100 seconds' AND expires_at >= now()",
    "confirmed orders without a captured payment":
        "SELECT count(*) FROM orders.orders WHERE status = 'confirmed'",
    "work that is not complete":
        "SELECT (SELECT count(*) FROM orders.work) + (SELECT count(*) FROM tickets.work)"
        " + (SELECT count(*) FROM catalogue.work)",
    "pending calls to Stripe":
        "SELECT count(*) FROM payments.calls WHERE state = 'pending'",
    "open attempts of cancelled orders":
        "SELECT count(*) FROM payments.attempts a JOIN payments.orders o ON o.id = a.order_id"
        " WHERE o.status = 'cancelled' AND a.state NOT IN ('dead', 'refunded')",
    "attempts in progress":
        "SELECT count(*) FROM payments.attempts WHERE state IN"
        " ('opening', 'authorized', 'capturing', 'refunding', 'closing')",
} | {
    f"rows of {copy} behind {source}":
        f"SELECT count(*) FROM {source} s LEFT JOIN {copy} c ON c.{key} = s.id"
        " WHERE c.version IS DISTINCT FROM s.version"
    for copy, key, source in COPIES
}  # fmt: skip


async def wait_until_quiescent(system: ChaosSystem, within_seconds: float) -> tuple[float | None, list[str]]:
    """Returns the seconds until nothing changed any more; if that takes too long, None and the remaining activity."""
    began = time.monotonic()
    quiet_since: float | None = None
    found: list[str] = []
    while True:
        try:
            found = await activity(system)
        except (psycopg.Error, RedisError, OSError) as error:
            found = [str(error)]
        now = time.monotonic()
        if found:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = now
        elif now - quiet_since >= 2:
            return quiet_since - began, []
        if now - began > within_seconds:
            return None, found
        await asyncio.sleep(0.5)


async def activity(system: ChaosSystem) -> list[str]:
    client = system.redis.client
    with_outbox = names_with_schema()
    found = []
    for service in services():
        for what, count in [
            ("commands", await client.xlen(command_stream(service.name))),
            ("deferred messages", await _deferred(system, service.name)),
        ]:
            if count:
                found.append(f"{service.name} has {count} {what}")
        for source in service.follows:
            stream = event_stream(source)
            try:
                groups = {group["name"]: group for group in await client.xinfo_groups(stream)}
            except RedisError:
                # No such stream: a service without an outbox may never have had an event.
                groups = {}
            if service.name not in groups:
                if source in with_outbox:
                    found.append(f"{service.name} has no group in {stream}")
                continue
            if pending := groups[service.name]["pending"]:
                found.append(f"{service.name} has {pending} pending events of {source}")
            if source in with_outbox:
                last = await system.postgres.value(f"SELECT coalesce(max(id), 0) FROM {source}.outbox")
                if int(groups[service.name]["last-delivered-id"].split("-")[0]) < last:
                    found.append(f"{service.name} has not read {stream} up to {last}")
    for what, sql in ACTIVITY.items():
        if count := await system.postgres.value(sql):
            found.append(f"{count} {what}")
    return found


async def _deferred(system: ChaosSystem, service: str) -> int:
    """The number of deferred messages, except those that wait for a fact that a failover has lost."""
    members = await system.redis.client.zrange(f"gittix:later:{{{service}}}", 0, -1)
    return sum(
        not (" is behind" in member and any(id in member for id in system.lost_rows)) for member in members
    )
