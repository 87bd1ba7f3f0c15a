"""A rolling restart, while the streams contain commands of an older and of a newer version. In a mixed run each process
restarts with the other build."""

import asyncio
import json
import time
import uuid

from redis.asyncio import Redis

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext
from harness.commands import signed
from harness.journal import now_ms
from harness.product import command_stream, service_names

COMMANDS = {"users": "BanUser", "tickets": "CreateTicket", "orders": "CreateOrder", "payments": "StartPayment"}


@fault("rolling", "kill", 0.4)
async def rolling(context: FaultContext) -> None:
    system = context.system
    kinds = ["api", *service_names()]
    context.rng.shuffle(kinds)
    kinds = kinds[: context.rng.randrange(2, 7)]
    async with context.recorded("rolling", ",".join(kinds)) as detail:
        detail["newer"] = await send_newer(context)
        detail["ids"] = [sent["id"] for sent in detail["newer"]]
        detail["older"] = await send_older(context)
        detail["lateEndings"] = []
        for kind in kinds:
            for process in system.of_kind(kind):
                if not context.terminate(process, "rolling restart"):
                    continue
                if system.builds:
                    system.builds.switch(process)
                    detail["otherBuild"] = [each.name for each in system.killable if system.builds.is_other(each)]
                detail["older"] += await send_older(context)
                if not await context.wait_for_exit(process, 20):
                    detail["lateEndings"].append(process.name)
                process.restart_now()
                try:
                    await asyncio.wait_for(process.ready.wait(), 15)
                except TimeoutError:
                    # Another fault delays the start. The rolling restart continues, as a deploy would.
                    pass


async def send_newer(context: FaultContext) -> list[dict]:
    """Sends commands of the next release. This build cannot read them, and must not lose them."""
    sent = []
    for service, kind in COMMANDS.items():
        command = {
            "id": str(uuid.uuid4()), "type": kind, "v": "99", "at": rfc3339_now(), "actor": "operator", "reply": "",
            "trace": "", "body": json.dumps({"sinceVersion": 99}),
        }  # fmt: skip
        try:
            await context.system.redis.client.xadd(
                command_stream(service), signed(context.system.settings["SIGNING_SECRET"], service, command)
            )
        except Exception:  # noqa: BLE001  # Redis may be down or full: then this command is left out
            continue
        sent.append({"id": command["id"], "stream": command_stream(service), "service": service})
    context.newer_commands += sent
    return sent


async def send_older(context: FaultContext) -> list[str]:
    """Sends a command of an earlier release, whose listings had no details. It is logged like a request that was
    answered 202, so the checker expects its listing."""
    load = context.load
    if not load.sellers:
        return []
    seller = context.rng.choice(load.sellers)
    body = {
        "title": f"Old show {context.rng.randrange(10_000)}",
        "price": 4500,
        "currency": "EUR",
        "quantity": context.rng.randrange(1, 5),
    }
    t0, id = now_ms(), str(uuid.uuid4())
    command = {
        "id": id, "type": "CreateTicket", "v": "1", "at": rfc3339_now(), "actor": seller.user_id, "reply": "",
        "trace": "", "body": json.dumps(body | {"userVersion": 1}),
    }  # fmt: skip
    try:
        await context.system.redis.client.xadd(
            command_stream("tickets"), signed(context.system.settings["SIGNING_SECRET"], "tickets", command)
        )
    except Exception:  # noqa: BLE001  # as above
        return []
    load.shared.log.write(
        {
            "t0": t0, "t1": now_ms(), "client": seller.name, "user": seller.user_id, "op": "list", "method": "POST",
            "path": "/api/tickets", "key": None, "body": body, "status": 202, "error": None,
            "location": f"/api/commands/{id}", "id": id, "answer": None, "origin": load.shared.origins[0],
            "attempt": 1, "wait": 0,
        }
    )  # fmt: skip
    return [id]


def rfc3339_now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


async def remove_newer(context: FaultContext) -> list[str]:
    """Removes the commands of the next release. Returns the ids of those that became dead letters."""
    client = context.system.redis.client
    dead: list[str] = []
    for sent in context.newer_commands:
        # The command moves between the stream and the deferred messages, so one search may miss it in both.
        for _ in range(3):
            if await _remove(client, sent):
                break
        for _, fields in await client.xrange(f"gittix:dead:{{{sent['service']}}}"):
            if fields.get("id") == sent["id"]:
                dead.append(sent["id"])
    return dead


async def _remove(client: Redis, sent: dict) -> int:
    deferred, removed = f"gittix:later:{{{sent['service']}}}", 0
    for member in await client.zrange(deferred, 0, -1):
        if sent["id"] in member:
            removed += await client.zrem(deferred, member)
    for entry, fields in await client.xrange(sent["stream"]):
        if fields.get("id") == sent["id"]:
            await client.xack(sent["stream"], sent["service"], entry)
            removed += await client.xdel(sent["stream"], entry)
    return removed
