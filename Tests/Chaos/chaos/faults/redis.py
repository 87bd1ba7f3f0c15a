"""Redis is killed, loses data, is full, and drops its clients."""

import asyncio
import contextlib

from redis.exceptions import RedisError

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from harness.product import names_with_schema


@fault("redis_kill", "redis", 1.5)
async def redis_kill(context: FaultContext) -> None:
    redis = context.system.redis
    async with context.redis_lock, context.recorded("redis_kill", "redis"):
        await redis.kill()
        await context.pause(0, 3)
        await redis.start()


@fault("redis_cut", "redis", 1.5)
async def redis_cut(context: FaultContext) -> None:
    """Redis loses the writes of the last second, as if they had never reached the disk."""
    redis = context.system.redis
    async with context.redis_lock, context.recorded("redis_cut", "redis") as detail:
        await redis.kill()
        detail["bytes"] = await redis.cut_last_second()
        await context.pause(0, 2)
        await redis.start()


@fault("redis_flush", "redis", 1.2)
async def redis_flush(context: FaultContext) -> None:
    await flush(context, "at random")


async def flush(context: FaultContext, why: str) -> None:
    async with context.redis_lock:
        try:
            await context.system.redis.client.flushall()
        except RedisError:
            raise FaultMissed from None
        context.record("redis_flush", "redis", why=why)


@fault("redis_oom", "redis", 1.5)
async def redis_oom(context: FaultContext) -> None:
    async with context.redis_lock, context.recorded("redis_oom", "redis"):
        try:
            await context.system.redis.client.config_set("maxmemory", "900kb")
            await context.pause(1, 5)
        finally:
            await heal(context)


async def heal(context: FaultContext) -> None:
    """Removes the memory limit."""
    for _ in range(50):
        with contextlib.suppress(RedisError, OSError):
            await context.system.redis.client.config_set("maxmemory", "0")
            return
        await asyncio.sleep(0.2)


@fault("redis_client_kill", "redis", 2)
async def redis_client_kill(context: FaultContext) -> None:
    """Closes all connections, or some."""
    client = context.system.redis.client
    try:
        if context.rng.random() < 0.5:
            killed = await client.client_kill_filter(_type="normal", skipme=True)
        else:
            clients = [entry for entry in await client.client_list() if entry.get("name", "").startswith("gittix")]
            chosen = context.rng.sample(clients, min(len(clients), context.rng.randrange(1, 8)))
            killed = 0
            for entry in chosen:
                killed += await client.client_kill_filter(_id=entry["id"])
    except RedisError:
        raise FaultMissed from None
    context.record("redis_client_kill", "redis", count=killed)


@fault("redis_pause", "redis", 1)
async def redis_pause(context: FaultContext) -> None:
    """Redis answers reads but no writes, so that committed batches cannot be acknowledged."""
    client = context.system.redis.client
    seconds = context.rng.uniform(0.5, 3)
    async with context.redis_lock, context.recorded("redis_pause", "redis", seconds=round(seconds, 3)):
        try:
            await client.execute_command("CLIENT", "PAUSE", int(seconds * 1000), "WRITE")
        except RedisError:
            raise FaultMissed from None
        await asyncio.sleep(seconds * 0.5)
        if context.rng.random() < 0.6:
            with contextlib.suppress(FaultMissed):
                context.kill(context.running_process(*names_with_schema()), "while Redis takes no writes")
        await asyncio.sleep(seconds * 0.5)
