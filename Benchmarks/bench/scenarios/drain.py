"""A backlog that one worker process finds when it starts."""

import asyncio
import time
import uuid

import psycopg

from bench.market import command, rfc3339, uuid7
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.resp import pipe
from bench.stage import Stage, per_order
from bench.system import POOLS, System, tools

#: Of commands that do next to nothing, in a database and under keys of their own.
OWN_PREFIX = "drain"


async def run(stage: Stage) -> Outcome:
    backlog = 60_000 if stage.is_quick else 200_000
    outcome = Outcome()
    xadd = await stage.baselines.get("xadd_rate")
    for kind, least, aim in (("nothing", 100_000, 200_000), ("insert", 30_000, 60_000)):
        rate, details = await _little(stage, kind, backlog)
        what = {"nothing": "commands that do nothing", "insert": "commands that insert a row"}[kind]
        outcome.figures.append(Figure("drain", f"{what}, one process", rate, "/s", at_least=least, aim=aim))
        if kind == "nothing":
            # What Redis takes in, it gives out, acknowledges and deletes.
            outcome.figures.append(Figure("drain", "the same, ÷ XADD", rate, "/s", "XADD pipelined", rate / xadd))
        outcome.details[kind] = details
    rate, details = await _orders(stage, backlog)
    batch = await stage.baselines.get("batch_rows")
    outcome.figures.append(
        Figure("drain", "orders, one process", rate, "/s", "pgbench batch of the same rows", rate / batch, 0.5, 0.8)
    )
    outcome.figures.append(
        Figure("drain", "memory of the orders worker", details["cost"]["peakMegabytes"]["orders"], "MB", at_least=80,
               aim=50, is_limit=True)
    )  # fmt: skip
    outcome.details["orders"] = details
    return outcome


async def emptied(system: System, key: str, backlog: int) -> float:
    """How long a backlog takes from the moment that the first of it is gone."""
    client = system.redis.client
    deadline = time.monotonic() + 120
    while await client.xlen(key) == backlog:
        if time.monotonic() > deadline:
            raise RuntimeError("the worker has not begun")
        await asyncio.sleep(0.002)
    began, at_first = time.monotonic(), await client.xlen(key)
    while left := await client.xlen(key):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left} of {backlog} are left after two minutes")
        await asyncio.sleep(0.01)
    return (time.monotonic() - began) * backlog / max(at_first, 1)


async def _little(stage: Stage, kind: str, backlog: int) -> tuple[float, dict]:
    system = stage.system
    url = system.database("drain")
    async with await psycopg.AsyncConnection.connect(system.database("postgres"), autocommit=True) as connection:
        await connection.execute("DROP DATABASE IF EXISTS drain")
        await connection.execute("CREATE DATABASE drain")
    own = {"DATABASE_URL": url, "REDIS_KEY_PREFIX": OWN_PREFIX}
    await system.gittix("migrate", own=own)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("CREATE SCHEMA drain")
        await connection.execute("CREATE TABLE drain.rows (id uuid PRIMARY KEY, text text NOT NULL)")
    at = rfc3339(time.time())
    actor = str(uuid.uuid4())
    pipe(system.redis.port, (
        command("users", uuid7(), "InsertRow", actor, {"text": "a row of a few words"}, at, OWN_PREFIX)
        for _ in range(backlog)
    ))  # fmt: skip
    process = await system.spawn("drain", "drain", [str(tools() / "DrainWorker"), kind], own)
    async with Meter(system) as cost:
        await system.up(process)
        took = await emptied(system, f"{OWN_PREFIX}:commands:{{users}}", backlog)
    await system.stop_processes("drain")
    if kind == "insert":
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            rows = await (await connection.execute("SELECT count(*) FROM drain.rows")).fetchone()
            if rows != (backlog,):
                raise RuntimeError(f"{backlog} rows were to be inserted, and there are {rows}")
    keys = await system.redis.client.keys(f"{OWN_PREFIX}:*")
    if keys:
        await system.redis.client.delete(*keys)
    return backlog / took, {"seconds": round(took, 2), "cost": cost.json(), "each": per_order(cost, backlog)}


async def _orders(stage: Stage, backlog: int) -> tuple[float, dict]:
    """The whole of the work of an order but for HTTP: the other processes stand still, so that one worker is measured,
    and do their part afterwards."""
    system = stage.system
    await stage.at_rest()
    await system.stop_processes("api", *POOLS)
    pipe(system.redis.port, stage.market.orders(backlog))
    async with Meter(system) as cost:
        await system.start_pool("orders")
        took = await emptied(system, "gittix:commands:{orders}", backlog)
    began = time.monotonic()
    for pool in POOLS:
        if pool != "orders":
            await system.start_pool(pool)
    await system.start_api()
    copies, _ = await stage.catch_up(began, within=180)
    return backlog / took, {
        "seconds": round(took, 2), "cost": cost.json(), "each": per_order(cost, backlog),
        "copiesCaughtUpSeconds": round(copies, 2),
    }  # fmt: skip
