"""Network faults between one process and a server, or between all processes and a server."""

import asyncio

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext
from chaos.proxy import Proxy


def choose_proxies(context: FaultContext) -> tuple[str, list[Proxy]]:
    """Chooses the proxies of one process, or of all processes, to a random server. Returns their name for the record,
    and the proxies."""
    server = context.rng.choice(["redis", "redis", "postgres", "postgres", "stripe"])
    found = {name: proxy for (name, which), proxy in context.system.proxies.items() if which == server}
    if context.rng.random() < 0.6:
        name = context.rng.choice(sorted(found))
        return f"proxy:{name}:{server}", [found[name]]
    return f"proxy:*:{server}", list(found.values())


@fault("proxy_delay", "net", 2)
async def proxy_delay(context: FaultContext) -> None:
    target, proxies = choose_proxies(context)
    uniform = context.rng.uniform
    seconds = context.rng.choice([uniform(0.01, 0.1), uniform(0.1, 0.6), uniform(0.6, 2)])
    async with context.recorded("proxy_delay", target, delaySeconds=round(seconds, 3)):
        for proxy in proxies:
            proxy.delay_seconds = seconds
        try:
            await context.pause(1, 6)
        finally:
            for proxy in proxies:
                proxy.delay_seconds = 0.0


@fault("proxy_cut", "net", 2.5)
async def proxy_cut(context: FaultContext) -> None:
    """Resets connections, and sometimes refuses new ones for a while."""
    target, proxies = choose_proxies(context)
    seconds = context.rng.choice([0.0, 0.0, context.rng.uniform(0.2, 4)])
    async with context.recorded("proxy_cut", target) as detail:
        for proxy in proxies:
            proxy.refuses = seconds > 0
        try:
            detail["connections"] = sum(proxy.reset_all() for proxy in proxies)
            await asyncio.sleep(seconds)
        finally:
            for proxy in proxies:
                proxy.refuses = False


@fault("proxy_half_open", "net", 2)
async def proxy_half_open(context: FaultContext) -> None:
    """Drops bytes in one direction or both, without a sign to either side."""
    target, proxies = choose_proxies(context)
    way = context.rng.choice(["to_server", "to_client", "both"])
    seconds = context.rng.choice([context.rng.uniform(1, 4), context.rng.uniform(4, 9)])
    async with context.recorded("proxy_half_open", target, way=way, seconds=round(seconds, 3)):
        for proxy in proxies:
            proxy.half_open(way)
        try:
            await asyncio.sleep(seconds)
        finally:
            for proxy in proxies:
                proxy.heal()
