"""After Redis has lost everything: how long until all that was committed before is whole again."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import psycopg
from redis.exceptions import RedisError

from chaos.faults.process import FOLLOWS
from chaos.faults.redis import flush
from chaos.faults.stage import Stage

# Every copy that a service keeps of another's: its table and id, and the source.
COPIES = [
    ("tickets.users", "id", "users.users"),
    ("orders.users", "id", "users.users"),
    ("orders.tickets", "id", "tickets.tickets"),
    ("tickets.orders", "order_id", "orders.orders"),
    ("payments.orders", "id", "orders.orders"),
]
OUTBOXES = ("users", "tickets", "orders", "payments")
BOUND_SECONDS = 60


@dataclass
class Wholeness:
    seconds: list[float] = field(default_factory=list)
    # What was not whole after the bound.
    never: list[str] = field(default_factory=list)


async def measure(stage: Stage, wholeness: Wholeness) -> None:
    """Flushes Redis under load, with nothing else broken and nothing started again."""
    postgres = stage.system.postgres
    async with await postgres.connect() as session:
        await flush(stage, "wholeness")
        begun = time.monotonic()
        for source in ("users.users", "tickets.tickets", "orders.orders"):
            await session.execute(f"CREATE TEMP TABLE {source.replace('.', '_')} AS SELECT id, version FROM {source}")
        tops = {}
        for service in OUTBOXES:
            [top] = await (await session.execute(f"SELECT coalesce(max(id), 0) FROM {service}.outbox")).fetchone()
            tops[service] = top
        while True:
            missing = await _missing(stage, session, tops)
            waited = time.monotonic() - begun
            if not missing:
                wholeness.seconds.append(waited)
                return
            if waited > BOUND_SECONDS:
                wholeness.never.append("; ".join(missing))
                return
            await asyncio.sleep(0.25)


async def _missing(stage: Stage, session: psycopg.AsyncConnection, tops: dict[str, int]) -> list[str]:
    """What is not whole yet."""
    client = stage.system.redis.client
    missing = []
    # What all had settled before is not published again: a stream of which that is all stays empty.
    settled = {}
    for service in OUTBOXES:
        row = await (await session.execute(f"SELECT value FROM {service}.marks WHERE name = 'low_water'")).fetchone()
        settled[service] = row[0] if row else 0
    try:
        for follower, sources in FOLLOWS.items():
            for source in sources:
                stream = f"gittix:events:{{{source}}}"
                groups = {group["name"]: group for group in await client.xinfo_groups(stream)}
                group = groups.get(follower)
                if group is None:
                    missing.append(f"{follower} has no group in {stream}")
                elif source in tops and tops[source] > max(
                    int(group["last-delivered-id"].split("-")[0]), settled[source]
                ):
                    missing.append(f"{follower} has not read {stream} up to {tops[source]}")
            if follower != "expiration":
                stream = f"gittix:commands:{{{follower}}}"
                if not any(group["name"] == follower for group in await client.xinfo_groups(stream)):
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
                missing.append(f"{row[0]} rows of {copy} are behind {source}, {row[1]} for one")
    return missing
