"""Ends every fault."""

import asyncio
import signal

from chaos.faults import clock, pause, poison, postgres, redis, stripe
from chaos.faults.context import FaultContext
from chaos.faults.rolling import remove_newer


async def heal(context: FaultContext) -> list[str]:
    """Restores servers, proxies and clocks, and waits until every process is up.

    Returns violations: commands of a newer version that became dead letters."""
    system = context.system
    async with context.redis_lock:
        await system.redis.start()
    async with context.postgres_lock:
        await system.postgres.start()
    await system.pooler.start()
    await redis.heal(context)
    await postgres.heal(context)
    await poison.heal(context)
    await pause.resume(context)
    await stripe.heal(context)
    clock.heal(context)
    for proxy in system.proxies.values():
        proxy.heal()
    for process in system.processes.values():
        process.send(signal.SIGCONT)
        process.restart_now()
    try:
        await asyncio.wait_for(system.wait_until_ready(), 60)
    except TimeoutError:
        raise RuntimeError(f"not up a minute after all faults ended: {system.not_up()}; see {system.logs}") from None
    return [f"the command {id} of a newer version became a dead letter" for id in await remove_newer(context)]
