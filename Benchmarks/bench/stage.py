"""What the scenarios share."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.baselines import Baselines
from bench.market import Market
from bench.meters import Cost
from bench.system import POOLS, System

CHAOS = Path(__file__).resolve().parents[2] / "Tests" / "Chaos"
#: Who follows the orders' events.
FOLLOWERS = ("tickets", "payments", "expiration")
#: Copies that are later than this do not count.
COPIES_SECONDS = 5.0


@dataclass
class Stage:
    system: System
    market: Market
    baselines: Baselines
    #: Of each measured time.
    seconds: float
    is_quick: bool

    # Coming to rest

    async def settled_orders(self) -> tuple[int, int]:
        """Up to which event every follower has settled the orders' events, and the last there is."""
        system = self.system
        last = int(await system.value("SELECT coalesce(max(id), 0) FROM orders.outbox"))  # type: ignore[call-overload]
        key = "gittix:events:{orders}"
        groups = {group["name"]: group for group in await system.redis.client.xinfo_groups(key)}
        settled = last
        for name in FOLLOWERS:
            group = groups.get(name)
            delivered = int(group["last-delivered-id"].split("-")[0]) if group else 0
            if group and group["pending"]:
                oldest = (await system.redis.client.xpending(key, name))["min"]
                delivered = int(oldest.split("-")[0]) - 1 if oldest else delivered
            settled = min(settled, delivered)
        return settled, last

    async def catch_up(self, since: float, within: float = 90) -> tuple[float, int]:
        """How many seconds after a moment the copies were as the orders are, and how many events were missing after
        five."""
        late: int | None = None
        while True:
            settled, last = await self.settled_orders()
            waiting = await self.system.redis.client.xlen("gittix:commands:{orders}")
            took = time.monotonic() - since
            if late is None and (took >= COPIES_SECONDS or settled >= last):
                late = last - settled
            if settled >= last and waiting == 0:
                return took, late or 0
            if took > within:
                raise RuntimeError(f"the copies are {last - settled} events behind after {within} s")
            await asyncio.sleep(0.05)

    async def at_rest(self, within: float = 60) -> None:
        """Nothing is waiting in any stream."""
        await self.catch_up(time.monotonic(), within)
        deadline = time.monotonic() + within
        client = self.system.redis.client
        while time.monotonic() < deadline:
            if not any([await client.xlen(f"gittix:commands:{{{pool}}}") for pool in POOLS[:-1]]):
                return
            await asyncio.sleep(0.1)
        raise RuntimeError("commands are still waiting after a minute")

    async def check(self, name: str, with_sandbox: bool = True) -> str:
        """Has the laws of bin/check judge what is there; `kept`, or what is broken."""
        self.system.must_live()
        began = time.monotonic()
        words = ["--database", self.system.postgres.url, "--redis", self.system.redis.url, "--wait", "45"]
        if with_sandbox:
            words += ["--sandbox", f"http://{self.system.sandbox}", "--stripe-key", self.system.stripe_secret]
        log = self.system.directory / f"check-{name}.txt"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "checker", *words, "--json", str(log.with_suffix(".json")),
            env=dict(os.environ) | {"PYTHONPATH": str(CHAOS)}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 900)
        except asyncio.TimeoutError:
            process.kill()
            return "not judged within 900 s"
        log.write_bytes(output)
        print(f"    laws looked at in {time.monotonic() - began:.1f} s", flush=True)
        return "kept" if process.returncode == 0 else f"BROKEN: see {log}"


def per_order(cost: Cost, orders: int) -> dict:
    """What one order costs: µs of processor time by process, bytes."""
    if orders == 0:
        return {}
    micro = {name: round(value / orders * 1e6, 1) for name, value in cost.cpu_seconds.items()}
    return {
        "cpuMicroseconds": micro | {"all": round(sum(micro.values()), 1)},
        "walBytes": round(cost.wal_bytes / orders), "redisBytes": round(cost.redis_bytes / orders),
        "redisDiskBytes": round(cost.redis_disk_bytes / orders),
        "redisCommands": round(cost.redis_commands / orders, 2),
    }  # fmt: skip
