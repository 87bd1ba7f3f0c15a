"""A deploy: processes are replaced one by one while messages of an older and of a newer version are under way."""

import asyncio
import json
import time
import uuid

from redis.asyncio import Redis

from chaos.faults.catalogue import fault
from chaos.faults.process import ended, terminate
from chaos.faults.stage import Stage
from chaos.journal import now_ms
from chaos.system import POOLS

COMMANDS = {"users": "BanUser", "tickets": "CreateTicket", "orders": "CreateOrder", "payments": "StartPayment"}


@fault("rolling", "kill", 0.4)
async def rolling(stage: Stage) -> None:
    system = stage.system
    kinds = ["api", *POOLS]
    stage.chance.shuffle(kinds)
    kinds = kinds[: stage.chance.randrange(2, 7)]
    async with stage.recorded("rolling", ",".join(kinds)) as detail:
        detail["newer"] = await send_newer(stage)
        detail["ids"] = [sent["id"] for sent in detail["newer"]]
        detail["older"] = await send_older(stage)
        detail["lateEndings"] = []
        for kind in kinds:
            for process in system.of_kind(kind):
                if not terminate(stage, process, "rolling restart"):
                    continue
                detail["older"] += await send_older(stage)
                if not await ended(stage, process, 20):
                    detail["lateEndings"].append(process.name)
                process.start_now()
                try:
                    await asyncio.wait_for(process.ready.wait(), 15)
                except asyncio.TimeoutError:
                    # Something else is broken as well, and a deploy goes on.
                    pass


async def send_newer(stage: Stage) -> list[dict]:
    """What an API process of the next release would send: this build cannot read it, and must not lose it."""
    sent = []
    for pool, kind in COMMANDS.items():
        command = {
            "id": str(uuid.uuid4()), "type": kind, "v": "2", "at": _now(), "actor": "operator", "reply": "",
            "trace": "", "body": json.dumps({"sinceVersion": 2}),
        }  # fmt: skip
        stream = f"gittix:commands:{{{pool}}}"
        try:
            await stage.system.redis.client.xadd(stream, command)
        except Exception:  # noqa: BLE001  # Redis may be away or full: then there is none of this kind
            continue
        sent.append({"id": command["id"], "stream": stream, "pool": pool})
    stage.newer += sent
    return sent


async def send_older(stage: Stage) -> list[str]:
    """What an API process of an earlier release sent, when a listing did not say yet what it is for. Someone was told
    202 for it, so it is written down as a request like any other: it must become a listing."""
    load = stage.load
    if not load.sellers:
        return []
    seller = stage.chance.choice(load.sellers)
    body = {
        "title": f"Old show {stage.chance.randrange(10_000)}",
        "price": 4500,
        "currency": "EUR",
        "quantity": stage.chance.randrange(1, 5),
    }
    t0, id = now_ms(), str(uuid.uuid4())
    command = {
        "id": id, "type": "CreateTicket", "v": "1", "at": _now(), "actor": seller.user, "reply": "", "trace": "",
        "body": json.dumps(body | {"userVersion": 1}),
    }  # fmt: skip
    try:
        await stage.system.redis.client.xadd("gittix:commands:{tickets}", command)
    except Exception:  # noqa: BLE001  # as below: nobody was told anything
        return []
    load.site.log.write(
        {
            "t0": t0, "t1": now_ms(), "client": seller.name, "user": seller.user, "op": "list", "method": "POST",
            "path": "/api/tickets", "key": None, "body": body, "status": 202, "error": None,
            "location": f"/api/commands/{id}", "id": id, "answer": None, "origin": load.site.origins[0], "attempt": 1,
            "wait": 0,
        }
    )  # fmt: skip
    return [id]


def _now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


async def take_back(stage: Stage) -> tuple[int, list[str]]:
    """The next release was called off: its commands are taken away. Answers how many were found put off, and the ids
    of those that are elsewhere than where they should wait."""
    client = stage.system.redis.client
    found = 0
    astray: list[str] = []
    for sent in stage.newer:
        # It moves between the two: where it was not is looked at again.
        for _ in range(3):
            if taken := await _take(client, sent):
                found += taken
                break
        for entry, fields in await client.xrange(f"gittix:dead:{{{sent['pool']}}}"):
            if fields.get("id") == sent["id"]:
                astray.append(sent["id"])
    return found, astray


async def _take(client: Redis, sent: dict) -> int:
    later, taken = f"gittix:later:{{{sent['pool']}}}", 0
    for member in await client.zrange(later, 0, -1):
        if sent["id"] in member:
            taken += await client.zrem(later, member)
    for entry, fields in await client.xrange(sent["stream"]):
        if fields.get("id") == sent["id"]:
            await client.xack(sent["stream"], sent["pool"], entry)
            taken += await client.xdel(sent["stream"], entry)
    return taken
