"""What a fault works on, and where it writes down what it did."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaos.journal import now_ms
from chaos.load.load import Load
from chaos.process import Process
from chaos.system import System


class Missed(Exception):
    """The instant that a fault waited for did not come: nothing was broken."""


class Stage:
    def __init__(self, system: System, load: Load, chance: random.Random):
        self.system = system
        self.load = load
        self.chance = chance
        # By kind: how often something was really broken.
        self.hits: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.process_kills = 0
        self.terminations = 0
        # How often a process had not ended long after SIGTERM, and was killed.
        self.late_endings = 0
        # How often the harness itself stood still for more than half a second.
        self.stalls = 0
        # What broke the harness itself.
        self.troubles: list[str] = []
        # Commands of a version that only a newer build knows, which the harness sent.
        self.newer: list[dict] = []
        # Held by whoever stops, kills or starts the server.
        self.redis_lock = asyncio.Lock()
        self.postgres_lock = asyncio.Lock()
        self.sessions: set = set()

    @asynccontextmanager
    async def recorded(self, kind: str, target: str, **detail: object) -> AsyncIterator[dict]:
        """A fault that lasts: it is written down when it is over. What the body adds to the detail is kept."""
        t0 = now_ms()
        told = dict(detail)
        try:
            yield told
        except Missed:
            raise
        except BaseException:
            # It was begun, so it counts as having hit.
            self._write(kind, target, t0, now_ms(), told)
            raise
        else:
            self._write(kind, target, t0, now_ms(), told)

    def record(self, kind: str, target: str, **detail: object) -> None:
        """A fault of an instant."""
        self._write(kind, target, now_ms(), None, detail)

    def _write(self, kind: str, target: str, t0: int, t1: int | None, detail: dict) -> None:
        self.hits[kind] += 1
        self.system.faults.write({"t0": t0, "t1": t1, "kind": kind, "target": target, "detail": detail})

    # What many faults do

    def some(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)

    async def pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self.some(low, high))

    def victim(self, *kinds: str) -> Process:
        """One that runs."""
        found = self.system.of_kind(*kinds) if kinds else self.system.victims
        up = [process for process in found if process.is_up]
        if not up:
            raise Missed
        return self.chance.choice(up)

    def kill(self, process: Process, why: str = "") -> bool:
        if not process.send(signal.SIGKILL):
            return False
        self.process_kills += 1
        self.record("kill", process.name, why=why) if why else self.record("kill", process.name)
        return True
