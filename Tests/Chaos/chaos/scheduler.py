"""Decides when each fault is injected. Faults overlap. In the pauses between them, the scheduler measures the times
that the guarantees state, and injects the faults that must be alone."""

import asyncio
import random
import time

from chaos import recovery, takeover
from chaos.faults.catalogue import CATALOGUE, Fault
from chaos.faults.context import FaultContext, FaultMissed

MAX_CONCURRENT_FAULTS = 3
# Share of the group `kill` among the faults that are chosen by weight.
KILL_SHARE = 0.6


class Scheduler:
    def __init__(self, context: FaultContext, groups: list[str], minutes: float, rng: random.Random):
        self.context = context
        self.rng = rng
        self.groups = groups
        chosen = [fault for fault in CATALOGUE.values() if fault.group in groups]
        self.faults = [fault for fault in chosen if not fault.alone_from_minutes]
        # Faults still to be injected alone; the next one is last.
        self.alone = [fault for fault in chosen if 0 < fault.alone_from_minutes <= minutes]
        rng.shuffle(self.alone)
        self.running: set[asyncio.Task] = set()
        self.takeovers = takeover.Takeovers()
        self.recoveries = recovery.Recoveries()
        # Selects the next measurement.
        self.round = rng.randrange(3)
        # Faults still to be injected in this cycle, whatever their weights. Dropped webhooks come first, so that the
        # shortest run has some.
        self.remaining: list[Fault] = [fault for fault in self.faults if fault.name == "webhook_drop"]

    async def run(self, seconds: float) -> None:
        began = time.monotonic()
        end = began + seconds
        # At the end of each of these parts, the next fault that is injected alone is due.
        part = seconds / (len(self.alone) + 1)
        due = began + part
        while (left := end - time.monotonic()) > 0:
            self.round += 1
            await self.inject_faults(min(left, self.rng.uniform(22, 34)))
            await self.wait_for_faults(40)
            if self.alone and time.monotonic() >= due:
                due += part
                await self.inject_alone(self.alone.pop())
            if (left := end - time.monotonic()) <= 0:
                break
            await asyncio.sleep(min(left, self.rng.uniform(3, 6)))
            if end - time.monotonic() > 8:
                await self.measure()
        await self.wait_for_faults(40)

    async def inject_faults(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.faults and len(self.running) < MAX_CONCURRENT_FAULTS:
                self.inject(self.next_fault())
            await asyncio.sleep(self.rng.expovariate(1 / 1.6) + 0.3)

    async def inject_alone(self, fault: Fault) -> None:
        """Injects a fault when the system is up, and waits until it is over."""
        if await self._is_up():
            await self._run(fault)
        else:
            self.context.missed[fault.name] += 1

    def next_fault(self) -> Fault:
        kills = [fault for fault in self.faults if fault.group == "kill"]
        others = [fault for fault in self.faults if fault.group != "kill"]
        candidates = kills if kills and (not others or self.rng.random() < KILL_SHARE) else others
        if not self.remaining and self.faults:
            self.remaining = list(self.faults)
            self.rng.shuffle(self.remaining)
        if self.rng.random() < 0.35 or self.remaining[-1].name == "webhook_drop":
            return self.remaining.pop()
        return self.rng.choices(candidates, [fault.weight for fault in candidates])[0]

    def inject(self, fault: Fault) -> None:
        task = asyncio.get_running_loop().create_task(self._run(fault), name=fault.name)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _run(self, fault: Fault) -> None:
        try:
            await fault.run(self.context)
        except FaultMissed:
            self.context.missed[fault.name] += 1
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # an error of the harness: the report shows it
            self.context.errors.append(f"{fault.name}: {type(error).__name__}: {error}")

    async def wait_for_faults(self, within_seconds: float) -> None:
        """Waits until no fault is active. Cancels the faults that take longer, which also ends their effects."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=within_seconds)
        for task in late:
            # A rolling restart may take minutes under other faults.
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=30)

    async def measure(self) -> None:
        """Measures a takeover or a recovery while no fault is active."""
        if not await self._is_up():
            return
        kinds = []
        if "kill" in self.groups:
            kinds += ["kill", "term"]
        if "redis" in self.groups:
            kinds.append("flush")
        if not kinds:
            return
        kind = kinds[self.round % len(kinds)]
        try:
            if kind == "flush":
                await recovery.measure(self.context, self.recoveries)
            else:
                await takeover.measure(self.context, self.takeovers, kind)
        except FaultMissed:
            self.context.missed[f"measuring {kind}"] += 1
        except Exception as error:  # noqa: BLE001  # as above
            self.context.errors.append(f"measuring {kind}: {type(error).__name__}: {error}")

    async def _is_up(self) -> bool:
        try:
            await asyncio.wait_for(self.context.system.wait_until_ready(), 20)
        except TimeoutError:
            return False
        # A worker that has just started is still busy with its backlog.
        await asyncio.sleep(1)
        return True
