"""A backlog that one worker process finds when it starts."""

import asyncio
import time
import uuid

import psycopg

from bench.context import ScenarioContext
from bench.market import command, rfc3339, uuid7
from bench.meters import Meter
from bench.outcome import Figure, Outcome
from bench.resp import send_all
from bench.system import BenchmarkSystem, tools
from harness.product import command_stream

#: Key prefix and database of the DrainWorker.
NAME = "drain"


async def run(context: ScenarioContext) -> Outcome:
    backlog = 60_000 if context.is_quick else 200_000
    outcome = Outcome()
    xadd = await context.baselines.get("xadd_rate")
    for kind, what, required, target in (
        ("nothing", "commands that do nothing", 100_000, 200_000),
        ("insert", "commands that insert a row", 30_000, 60_000),
    ):
        rate, details = await _drain_simple(context, kind, backlog)
        outcome.figures.append(
            Figure("drain", f"{what}, one process", rate, "/s", required=required, target=target)
        )
        if kind == "nothing":
            # The worker must read, acknowledge and delete each entry. The baseline is the rate at which Redis accepts
            # entries.
            outcome.figures.append(Figure("drain", "the same, ÷ XADD", rate, "/s", "XADD pipelined", rate / xadd))
        outcome.details[kind] = details
    rate, details = await _drain_orders(context, backlog)
    batch = await context.baselines.get("batch_rows")
    outcome.figures += [
        Figure("drain", "orders, one process", rate, "/s", "pgbench batch of the same rows", rate / batch,
               required=0.5, target=0.8),
        Figure("drain", "memory of the orders worker", details["cost"]["peakMegabytes"]["orders"], "MB", required=80,
               target=50, is_limit=True),
    ]  # fmt: skip
    outcome.details["orders"] = details
    return outcome


async def seconds_until_empty(system: BenchmarkSystem, key: str, backlog: int) -> float:
    """The seconds for the whole backlog, extrapolated from the time that the rest takes once the first entries are
    gone."""
    client = system.redis.client
    deadline = time.monotonic() + 120
    while await client.xlen(key) == backlog:
        if time.monotonic() > deadline:
            raise RuntimeError("the worker did not begin within two minutes")
        await asyncio.sleep(0.002)
    began, at_first = time.monotonic(), await client.xlen(key)
    while left := await client.xlen(key):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left} of {backlog} commands are left after two minutes")
        await asyncio.sleep(0.01)
    return (time.monotonic() - began) * backlog / max(at_first, 1)


async def _drain_simple(context: ScenarioContext, kind: str, backlog: int) -> tuple[float, dict]:
    """Commands of the DrainWorker: `nothing` or `insert`."""
    system = context.system
    url = system.postgres.url_of(NAME)
    await system.postgres.execute(f"DROP DATABASE IF EXISTS {NAME}")
    await system.postgres.create_database(NAME)
    settings = {"DATABASE_URL": url, "REDIS_KEY_PREFIX": NAME}
    await system.gittix("migrate", settings=settings)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("CREATE SCHEMA drain")
        await connection.execute("CREATE TABLE drain.rows (id uuid PRIMARY KEY, text text NOT NULL)")
    at = rfc3339(time.time())
    actor = str(uuid.uuid4())
    send_all(system.redis.port, (
        command(
            system.settings["SIGNING_SECRET"], "users", uuid7(), "InsertRow", actor, {"text": "a row of a few words"},
            at, NAME,
        )
        for _ in range(backlog)
    ))  # fmt: skip
    process = system.add_process(
        NAME, NAME, [str(tools() / "DrainWorker"), kind], system.environment(system.urls | settings)
    )
    async with Meter(system) as cost:
        await system.start_processes(process)
        seconds = await seconds_until_empty(system, f"{NAME}:commands:{{users}}", backlog)
    await system.stop_kinds(NAME)
    if kind == "insert":
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            rows = await (await connection.execute("SELECT count(*) FROM drain.rows")).fetchone()
            if rows != (backlog,):
                raise RuntimeError(f"expected {backlog} inserted rows, but found {rows}")
    keys = await system.redis.client.keys(f"{NAME}:*")
    if keys:
        await system.redis.client.delete(*keys)
    return backlog / seconds, {
        "seconds": round(seconds, 2), "cost": cost.json(), "each": cost.per_order(backlog),
    }  # fmt: skip


async def _drain_orders(context: ScenarioContext, backlog: int) -> tuple[float, dict]:
    """All the work of an order except HTTP. The other processes are stopped, so that only one worker is measured; they
    apply its events afterwards."""
    system = context.system
    buyers, _ = await context.market.buyers_for(backlog)
    await context.wait_until_at_rest()
    await system.stop_kinds("api", *system.worker_kinds)
    send_all(system.redis.port, context.market.order_commands(backlog, buyers))
    async with Meter(system) as cost:
        await system.start_kind("orders")
        seconds = await seconds_until_empty(system, command_stream("orders"), backlog)
    began = time.monotonic()
    for kind in system.worker_kinds:
        if kind != "orders":
            await system.start_kind(kind)
    await system.start_kind("api")
    copies, _ = await context.catch_up(began, within_seconds=180)
    return backlog / seconds, {
        "seconds": round(seconds, 2), "cost": cost.json(), "each": cost.per_order(backlog),
        "copiesCaughtUpSeconds": round(copies, 2),
    }  # fmt: skip
