"""The context of a fault: the system, and the record of the faults."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaos.load.load import Load
from chaos.system import ChaosSystem
from harness.journal import now_ms
from harness.process import Process


class FaultMissed(Exception):
    """The condition that the fault waits for did not occur, so nothing was broken."""


class FaultContext:
    def __init__(self, system: ChaosSystem, load: Load, minutes: float, rng: random.Random):
        self.system = system
        self.load = load
        # The duration of the run.
        self.minutes = minutes
        self.rng = rng
        # By kind.
        self.injected: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.process_kills = 0
        self.terminations = 0
        # Number of processes that were killed because they did not exit after SIGTERM.
        self.slow_exits = 0
        # Number of times that the harness itself was blocked for more than half a second.
        self.stalls = 0
        # Errors of the harness.
        self.errors: list[str] = []
        # Broken promises that the harness has observed: the promise, and the observation.
        self.violations: list[tuple[str, str]] = []
        # Seconds from the end of a follower's pause until it had joined the event stream again.
        self.catch_ups: list[float] = []
        # Listings whose counters are damaged.
        self.poisoned: set[str] = set()
        self.failovers = 0
        # Commands of a newer version that the harness sent.
        self.newer_commands: list[dict] = []
        # Ids of commands that nobody was allowed to send.
        self.forged_commands: set[str] = set()
        # Held while the server is stopped, killed or started.
        self.redis_lock = asyncio.Lock()
        self.postgres_lock = asyncio.Lock()

    # The record

    @asynccontextmanager
    async def recorded(self, kind: str, target: str, **detail: object) -> AsyncIterator[dict]:
        """Records a fault with its duration when the body ends. The body may add to the detail."""
        t0 = now_ms()
        recorded = dict(detail)
        try:
            yield recorded
        except FaultMissed:
            raise
        except BaseException:
            # The fault has begun, so it counts as injected.
            self._write(kind, target, t0, now_ms(), recorded)
            raise
        else:
            self._write(kind, target, t0, now_ms(), recorded)

    def record(self, kind: str, target: str, **detail: object) -> None:
        """Records an instantaneous fault."""
        self._write(kind, target, now_ms(), None, detail)

    def _write(self, kind: str, target: str, t0: int, t1: int | None, detail: dict) -> None:
        self.injected[kind] += 1
        self.system.faults.write({"t0": t0, "t1": t1, "kind": kind, "target": target, "detail": detail})

    # Steps of several faults

    async def pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self.rng.uniform(low, high))

    def running_process(self, *kinds: str) -> Process:
        """A random process of these kinds, by default of any that may be killed."""
        found = self.system.of_kind(*kinds) if kinds else self.system.killable
        up = [process for process in found if process.is_up]
        if not up:
            raise FaultMissed
        return self.rng.choice(up)

    def kill(self, process: Process, why: str = "") -> bool:
        if not process.send(signal.SIGKILL):
            return False
        self.process_kills += 1
        self.record("kill", process.name, why=why) if why else self.record("kill", process.name)
        return True

    def terminate(self, process: Process, why: str = "") -> bool:
        if not process.send(signal.SIGTERM):
            return False
        self.terminations += 1
        self.record("term", process.name, why=why)
        return True

    async def wait_for_exit(self, process: Process, within_seconds: float) -> bool:
        """Returns true if the process exits in time. Otherwise kills it, as a host does when SIGTERM was not enough."""
        running = process.process
        assert running is not None
        try:
            await asyncio.wait_for(running.wait(), within_seconds)
            return True
        except TimeoutError:
            self.slow_exits += 1
            process.send(signal.SIGKILL)
            return False
