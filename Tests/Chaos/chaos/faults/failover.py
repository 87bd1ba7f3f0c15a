"""The primary is lost and a standby takes its place: an asynchronous standby that lacks the last commits, or a
synchronous one that every commit has waited for."""

import asyncio
import contextlib
import json

import psycopg
from redis.exceptions import RedisError

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from chaos.faults.lost import lost_commits
from chaos.proxy import Proxy
from harness.journal import now_ms
from harness.ports import free_port
from harness.product import event_stream, names_with_schema
from harness.servers import PostgresServer
from harness.standby import NAME, Standby, standby_of, wait_until_following

MIN_MINUTES = 3
# Time for which the standby receives nothing before the primary is killed. For a synchronous standby, this is longer
# than any timeout of GitTix: commits that wait for the standby must not count as done.
CUT_SECONDS = {"failover_asynchronous": (2, 5), "failover_synchronous": (18, 21)}
REPAIR_SECONDS = 90


@fault("failover_asynchronous", "failover", alone_from_minutes=MIN_MINUTES)
async def asynchronous(context: FaultContext) -> None:
    """Loses commits, and then runs the doctor as an operator would. The doctor repairs the copies of lost facts."""
    await _fail_over(context, "failover_asynchronous")


@fault("failover_synchronous", "failover", alone_from_minutes=MIN_MINUTES)
async def synchronous(context: FaultContext) -> None:
    """Loses no commit that was answered, because `synchronous_standby_names` names the standby."""
    await _fail_over(context, "failover_synchronous")


async def _fail_over(context: FaultContext, kind: str) -> None:
    is_synchronous = kind == "failover_synchronous"
    system = context.system
    primary = system.postgres
    context.failovers += 1
    # The standby gets everything through this proxy, until the proxy is cut.
    link = Proxy(free_port(), primary.port)
    standby = standby_of(primary, context.failovers, free_port())
    async with context.postgres_lock:
        await link.start()
        try:
            await _follow(primary, standby, link, is_synchronous)
            async with context.recorded(kind, "postgres") as detail:
                link.refuses = True
                link.reset_all()
                await context.pause(*CUT_SECONDS[kind])
                await primary.kill()
                detail["killedAt"] = now_ms()
                await _take_over(context, standby, detail)
                await asyncio.wait_for(system.wait_until_ready(), 60)
                if not is_synchronous:
                    detail["repaired"] = await _repair(context)
        finally:
            await link.stop()
            await standby.stop()
            if not primary.is_running:
                await primary.start()


async def _follow(primary: PostgresServer, standby: Standby, link: Proxy, is_synchronous: bool) -> None:
    try:
        await standby.copy(link.port)
        await standby.start()
        await wait_until_following(primary, is_synchronous=False)
        if is_synchronous:
            await primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            await primary.execute("SELECT pg_reload_conf()")
            await wait_until_following(primary, is_synchronous=True)
    except (psycopg.Error, TimeoutError):
        with contextlib.suppress(psycopg.Error):
            await primary.execute("ALTER SYSTEM RESET synchronous_standby_names")
            await primary.execute("SELECT pg_reload_conf()")
        raise FaultMissed from None


async def _take_over(context: FaultContext, standby: Standby, detail: dict) -> None:
    """Gives the promoted standby the primary's port, and compares the old primary's data with the standby's data."""
    primary = context.system.postgres
    await standby.promote()
    old = PostgresServer(free_port(), primary.data, primary.log, primary.settings)
    await old.start()
    try:
        # The comparison runs before clients reach the new primary.
        detail["lost"] = await lost_commits(old, standby, await _stream_ends(context))
        context.system.lost_rows.update(detail["lost"]["rows"])
        detail["count"] = {name: len(lost) for name, lost in detail["lost"]["events"].items()}
    finally:
        await old.stop()
    await standby.shut_down()
    primary.data = standby.data
    await primary.start()


async def _stream_ends(context: FaultContext) -> dict[str, int]:
    """The last number in the event stream of each service. No relay can reach a database now, so no relay appends."""
    ends = {}
    for service in names_with_schema():
        with contextlib.suppress(RedisError):
            stream = await context.system.redis.client.xinfo_stream(event_stream(service))
            ends[service] = int(stream["last-generated-id"].split("-")[0])
    return ends


async def _repair(context: FaultContext) -> list[str]:
    """Runs the doctor until it finds nothing, as docs/OPERATIONS.md says. Returns the ids of the changed subjects."""
    repaired: set[str] = set()
    deadline = asyncio.get_running_loop().time() + REPAIR_SECONDS
    while True:
        code, output = await context.system.doctor("--fix", "--json", "--confirm-after", "2")
        findings = json.loads(output) if code in (0, 1) else []
        mended = {one["subject"].split(" ")[-1] for one in findings if one["outcome"] == "mended"}
        repaired |= mended
        if code == 0 and not mended:
            return sorted(repaired)
        if asyncio.get_running_loop().time() > deadline:
            # The doctor at the end of the run reports what is left.
            return sorted(repaired)
        await asyncio.sleep(1)
