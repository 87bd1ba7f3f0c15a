"""Settings and helpers that the scenarios share."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass

from bench.baselines import Baselines
from bench.generator import LoadReport, generate, order_plan
from bench.market import Market
from bench.system import BenchmarkSystem
from harness.product import ROOT, command_stream, event_stream, service_names, services

#: An event counts as late if a copy applies it more than this many seconds after the end of the load.
COPY_SECONDS = 5.0


@dataclass
class ScenarioContext:
    system: BenchmarkSystem
    market: Market
    baselines: Baselines
    #: Length of each measured time.
    seconds: float
    is_quick: bool

    # Load

    async def buyers_at(self, rate: float, seconds: float) -> str:
        """The path of a file with access tokens of new buyers, for `order_at`."""
        _, tokens = await self.market.buyers_for(round(1.5 * rate * (2 + seconds)))
        return tokens

    async def order_at(
        self, rate: float, name: str, ids: str, seconds: float, tokens: str | None = None
    ) -> LoadReport:
        """Sends orders of one unit each at this rate, for the listings in the file `ids`, with the tokens of these
        buyers (by default, of new buyers). Raises if a response is not `201`."""
        tokens = tokens or await self.buyers_at(rate, seconds)
        plan = order_plan(self.system, tokens, ids, rate=rate, warmUpSeconds=2, seconds=seconds)
        return (await generate(self.system, name, plan)).require(201)

    # At rest

    async def settled_orders(self, followers: list[str] | None = None) -> tuple[int, int]:
        """Returns the last event of orders that all of these followers (by default, every follower) have settled, and
        the last event that orders has committed."""
        system = self.system
        last = await system.postgres.value("SELECT coalesce(max(id), 0) FROM orders.outbox")
        key = event_stream("orders")
        groups = {group["name"]: group for group in await system.redis.client.xinfo_groups(key)}
        settled = last
        for name in followers or [service.name for service in services() if "orders" in service.follows]:
            group = groups.get(name)
            delivered = int(group["last-delivered-id"].split("-")[0]) if group else 0
            if group and group["pending"]:
                oldest = (await system.redis.client.xpending(key, name))["min"]
                delivered = int(oldest.split("-")[0]) - 1 if oldest else delivered
            settled = min(settled, delivered)
        return settled, last

    async def catch_up(self, since: float, within_seconds: float = 90) -> tuple[float, int]:
        """Waits until all copies of orders are up to date. Returns the seconds since `since`, and the number of events
        that were missing after `COPY_SECONDS`."""
        late: int | None = None
        while True:
            settled, last = await self.settled_orders()
            waiting = await self.system.redis.client.xlen(command_stream("orders"))
            seconds = time.monotonic() - since
            if late is None and (seconds >= COPY_SECONDS or settled >= last):
                late = last - settled
            if settled >= last and waiting == 0:
                return seconds, late or 0
            if seconds > within_seconds:
                raise RuntimeError(f"the copies are {last - settled} events behind after {within_seconds} s")
            await asyncio.sleep(0.05)

    async def wait_until_at_rest(self, within_seconds: float = 60) -> None:
        """Waits until no command is waiting and all copies of orders are up to date."""
        await self.catch_up(time.monotonic(), within_seconds)
        deadline = time.monotonic() + within_seconds
        client = self.system.redis.client
        while time.monotonic() < deadline:
            if not any([await client.xlen(command_stream(name)) for name in service_names()]):
                return
            await asyncio.sleep(0.1)
        raise RuntimeError("commands are still waiting after a minute")

    async def wait_for_no_holds(self, within_seconds: float = 1200) -> None:
        """Waits until every hold has ended, and the copies are up to date."""
        deadline = time.monotonic() + within_seconds
        while await self.system.postgres.value("SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment'"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"there are still holds after {within_seconds} s")
            await asyncio.sleep(2)
        await self.wait_until_at_rest()

    async def check(self, name: str, with_sandbox: bool = True) -> str:
        """Runs the checker. Returns `kept`, or a message if a law is broken or was not checked."""
        self.system.check_no_exits()
        began = time.monotonic()
        arguments = ["--database", self.system.postgres.url, "--redis", self.system.redis.url, "--wait", "45"]
        if with_sandbox:
            arguments += ["--sandbox", self.system.sandbox_origin]
        log = self.system.directory / f"check-{name}.txt"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "checker", *arguments, "--json", str(log.with_suffix(".json")),
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT / "Tests" / "Chaos")}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 900)
        except TimeoutError:
            process.kill()
            return "not checked within 900 s"
        log.write_bytes(output)
        print(f"    laws checked in {time.monotonic() - began:.1f} s", flush=True)
        return "kept" if process.returncode == 0 else f"BROKEN: see {log}"
