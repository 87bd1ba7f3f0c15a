"""Mends whatever is broken still."""

import asyncio
import signal

from chaos.faults import clock, postgres, redis, stripe
from chaos.faults.payload import take_back
from chaos.faults.stage import Stage


async def heal(stage: Stage) -> list[str]:
    """All is as it should be when this returns: servers, proxies, clocks, and every process runs.

    Returns what is wrong already: newer commands that were not kept."""
    system = stage.system
    async with stage.redis_lock:
        await system.redis.start()
    async with stage.postgres_lock:
        await system.postgres.start()
    await redis.no_limit(stage)
    await postgres.no_trouble(stage)
    await stripe.no_rules(stage)
    clock.all_right(stage)
    for proxy in system.proxies.values():
        proxy.heal()
    for process in system.processes.values():
        process.send(signal.SIGCONT)
        process.start_now()
    try:
        await asyncio.wait_for(system.all_ready(), 60)
    except asyncio.TimeoutError:
        late = [name for name, process in system.processes.items() if not process.is_up]
        raise RuntimeError(f"not up a minute after all was healed: {', '.join(late)}; see {system.logs}") from None
    _, astray = await take_back(stage)
    return [f"the command {id} of a newer version was given up on" for id in astray]
