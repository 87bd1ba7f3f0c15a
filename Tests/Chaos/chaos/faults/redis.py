"""Redis dies, forgets, is full, and drops its clients."""

import asyncio
import contextlib

from redis.exceptions import RedisError

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage


@fault("redis_kill", "redis", 1.5)
async def redis_kill(stage: Stage) -> None:
    redis = stage.system.redis
    async with stage.redis_lock, stage.recorded("redis_kill", "redis"):
        await redis.kill()
        await stage.pause(0, 3)
        await redis.start()


@fault("redis_cut", "redis", 1.5)
async def redis_cut(stage: Stage) -> None:
    """The last second never reached the disk."""
    redis = stage.system.redis
    async with stage.redis_lock, stage.recorded("redis_cut", "redis") as detail:
        await redis.kill()
        detail["bytes"] = await redis.cut_last_second()
        await stage.pause(0, 2)
        await redis.start()


@fault("redis_flush", "redis", 1.2)
async def redis_flush(stage: Stage) -> None:
    await flush(stage, "at random")


async def flush(stage: Stage, why: str) -> None:
    async with stage.redis_lock:
        try:
            await stage.system.redis.client.flushall()
        except RedisError:
            raise Missed from None
        stage.record("redis_flush", "redis", why=why)


@fault("redis_oom", "redis", 1.5)
async def redis_oom(stage: Stage) -> None:
    client = stage.system.redis.client
    async with stage.redis_lock, stage.recorded("redis_oom", "redis"):
        try:
            await client.config_set("maxmemory", "900kb")
            await stage.pause(1, 5)
        finally:
            await no_limit(stage)


async def no_limit(stage: Stage) -> None:
    for _ in range(50):
        with contextlib.suppress(RedisError, OSError):
            await stage.system.redis.client.config_set("maxmemory", "0")
            return
        await asyncio.sleep(0.2)


@fault("redis_client_kill", "redis", 2)
async def redis_client_kill(stage: Stage) -> None:
    """Every connection of a kind, or some of them."""
    client = stage.system.redis.client
    try:
        if stage.chance.random() < 0.5:
            killed = await client.client_kill_filter(_type="normal", skipme=True)
        else:
            clients = [entry for entry in await client.client_list() if entry.get("name", "").startswith("gittix")]
            chosen = stage.chance.sample(clients, min(len(clients), stage.chance.randrange(1, 8)))
            killed = 0
            for entry in chosen:
                killed += await client.client_kill_filter(_id=entry["id"])
    except RedisError:
        raise Missed from None
    stage.record("redis_client_kill", "redis", count=killed)


@fault("redis_pause", "redis", 1)
async def redis_pause(stage: Stage) -> None:
    """Reads are answered, and writes are not: what is committed cannot be acked."""
    client = stage.system.redis.client
    seconds = stage.some(0.5, 3)
    async with stage.redis_lock, stage.recorded("redis_pause", "redis", seconds=round(seconds, 3)):
        try:
            await client.execute_command("CLIENT", "PAUSE", int(seconds * 1000), "WRITE")
        except RedisError:
            raise Missed from None
        await asyncio.sleep(seconds * 0.5)
        if stage.chance.random() < 0.6:
            with contextlib.suppress(Missed):
                stage.kill(stage.victim("users", "tickets", "orders", "payments"), "while Redis takes no writes")
        await asyncio.sleep(seconds * 0.5)
