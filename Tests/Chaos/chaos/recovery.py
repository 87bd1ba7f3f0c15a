"""Measures how long it takes until all committed data is complete again after Redis has lost everything."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import psycopg
from redis.exceptions import RedisError

from chaos.faults.context import FaultContext
from chaos.faults.redis import flush
from harness.product import command_stream, event_stream, names_with_schema, services

# Each copy that a service keeps of another service's rows: the table, its id column, and the source.
COPIES = [
    ("tickets.users", "id", "users.users"),
    ("orders.users", "id", "users.users"),
    ("orders.tickets", "id", "tickets.tickets"),
    ("tickets.orders", "order_id", "orders.orders"),
    ("payments.orders", "id", "orders.orders"),
    ("catalogue.users", "id", "users.users"),
    ("tickets.performances", "id", "catalogue.performances"),
]
LIMIT_SECONDS = 60


@dataclass
class Recoveries:
    seconds: list[float] = field(default_factory=list)
    # The missing data of each recovery that took too long.
    incomplete: list[str] = field(default_factory=list)


async def measure(context: FaultContext, recoveries: Recoveries) -> None:
    """Flushes Redis under load, without any other fault and without a restart."""
    postgres = context.system.postgres
    async with await postgres.connect() as session:
        await flush(context, "recovery")
        began = time.monotonic()
        for source in sorted({source for _, _, source in COPIES}):
            await session.execute(f"CREATE TEMP TABLE {source.replace('.', '_')} AS SELECT id, version FROM {source}")
        last_ids = {}
        for name in names_with_schema():
            [last] = await (await session.execute(f"SELECT coalesce(max(id), 0) FROM {name}.outbox")).fetchone()
            last_ids[name] = last
        while True:
            missing = await _missing(context, session, last_ids)
            waited = time.monotonic() - began
            if not missing:
                recoveries.seconds.append(waited)
                return
            if waited > LIMIT_SECONDS:
                recoveries.incomplete.append("; ".join(missing))
                return
            await asyncio.sleep(0.25)


async def _missing(context: FaultContext, session: psycopg.AsyncConnection, last_ids: dict[str, int]) -> list[str]:
    client = context.system.redis.client
    missing = []
    # Events below the low-water mark are not published again, so a stream may stay empty.
    low_water = {}
    for name in last_ids:
        row = await (await session.execute(f"SELECT value FROM {name}.marks WHERE name = 'low_water'")).fetchone()
        low_water[name] = row[0] if row else 0
    try:
        for service in services():
            for source in service.follows:
                stream = event_stream(source)
                groups = {group["name"]: group for group in await client.xinfo_groups(stream)}
                group = groups.get(service.name)
                if group is None:
                    missing.append(f"{service.name} has no group in {stream}")
                elif source in last_ids and last_ids[source] > max(
                    int(group["last-delivered-id"].split("-")[0]), low_water[source]
                ):
                    missing.append(f"{service.name} has not read {stream} up to {last_ids[source]}")
            if service.has_schema:
                stream = command_stream(service.name)
                if not any(group["name"] == service.name for group in await client.xinfo_groups(stream)):
                    missing.append(f"{stream} has no group")
    except RedisError as error:
        return [str(error)]
    if missing:
        return missing
    with contextlib.suppress(asyncio.CancelledError):
        for copy, key, source in COPIES:
            snapshot = source.replace(".", "_")
            row = await (
                await session.execute(
                    f"SELECT count(*), min(s.id::text) FROM {snapshot} s LEFT JOIN {copy} c ON c.{key} = s.id "
                    "WHERE c.version IS NULL OR c.version < s.version"
                )
            ).fetchone()
            if row and row[0]:
                missing.append(f"{row[0]} rows of {copy} are behind {source}, such as {row[1]}")
    return missing
