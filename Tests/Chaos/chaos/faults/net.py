"""The network between one process and what it needs, or between all processes and one server."""

import asyncio

from chaos.faults.catalogue import fault
from chaos.faults.stage import Stage
from chaos.proxy import Proxy


def chosen(stage: Stage) -> tuple[str, list[Proxy]]:
    """One process's way to a server, or everybody's."""
    server = stage.chance.choice(["redis", "redis", "postgres", "postgres", "stripe"])
    found = {name: proxy for (name, which), proxy in stage.system.proxies.items() if which == server}
    if stage.chance.random() < 0.6:
        name = stage.chance.choice(sorted(found))
        return f"proxy:{name}:{server}", [found[name]]
    return f"proxy:*:{server}", list(found.values())


@fault("proxy_delay", "net", 2)
async def proxy_delay(stage: Stage) -> None:
    target, proxies = chosen(stage)
    seconds = stage.chance.choice([stage.some(0.01, 0.1), stage.some(0.1, 0.6), stage.some(0.6, 2)])
    async with stage.recorded("proxy_delay", target, delaySeconds=round(seconds, 3)):
        for proxy in proxies:
            proxy.delay_seconds = seconds
        try:
            await stage.pause(1, 6)
        finally:
            for proxy in proxies:
                proxy.delay_seconds = 0.0


@fault("proxy_cut", "net", 2.5)
async def proxy_cut(stage: Stage) -> None:
    """Connections are reset; for a while none may be made, perhaps."""
    target, proxies = chosen(stage)
    seconds = stage.chance.choice([0.0, 0.0, stage.some(0.2, 4)])
    async with stage.recorded("proxy_cut", target) as detail:
        for proxy in proxies:
            proxy.refuses = seconds > 0
        try:
            detail["connections"] = sum(proxy.cut() for proxy in proxies)
            await asyncio.sleep(seconds)
        finally:
            for proxy in proxies:
                proxy.refuses = False


@fault("proxy_half_open", "net", 2)
async def proxy_half_open(stage: Stage) -> None:
    """Bytes go one way or none, and nobody is told."""
    target, proxies = chosen(stage)
    way = stage.chance.choice(["to_server", "to_client", "both"])
    seconds = stage.chance.choice([stage.some(1, 4), stage.some(4, 9)])
    async with stage.recorded("proxy_half_open", target, way=way, seconds=round(seconds, 3)):
        for proxy in proxies:
            proxy.half_open(way)
        try:
            await asyncio.sleep(seconds)
        finally:
            for proxy in proxies:
                proxy.heal()
