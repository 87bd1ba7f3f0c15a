"""When what breaks: overlapping trouble, with gaps of calm in which the system can get on and is measured."""

import asyncio
import random
import time

from chaos import takeover, wholeness
from chaos.faults.catalogue import CATALOGUE, Fault
from chaos.faults.stage import Missed, Stage

# At most so much is broken at once.
OVERLAP = 3
KILLS_ARE = 0.6


class Scheduler:
    def __init__(self, stage: Stage, groups: list[str], chance: random.Random):
        self.stage = stage
        self.chance = chance
        self.groups = groups
        self.faults = [fault for fault in CATALOGUE.values() if fault.group in groups]
        self.running: set[asyncio.Task] = set()
        self.takeovers = takeover.Takeovers()
        self.wholeness = wholeness.Wholeness()
        # Which of the measurements comes first.
        self.round = chance.randrange(3)
        # Each kind in turn, whatever its weight. Lost webhooks come first: the shortest run has some.
        self.fresh: list[Fault] = [fault for fault in self.faults if fault.name == "webhook_drop"]

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.round += 1
            await self.storm(min(left, self.chance.uniform(22, 34)))
            await self.over(40)
            if (left := end - time.monotonic()) <= 0:
                break
            await self.calm(min(left, self.chance.uniform(3, 6)))
            if end - time.monotonic() > 8:
                await self.measure()
        await self.over(40)

    async def storm(self, seconds: float) -> None:
        """Fault after fault, some while others last."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(self.running) < OVERLAP:
                self.begin(self.next_fault())
            await asyncio.sleep(self.chance.expovariate(1 / 1.6) + 0.3)

    def next_fault(self) -> Fault:
        kills = [fault for fault in self.faults if fault.group == "kill"]
        others = [fault for fault in self.faults if fault.group != "kill"]
        chosen = kills if kills and (not others or self.chance.random() < KILLS_ARE) else others
        if not self.fresh:
            self.fresh = list(self.faults)
            self.chance.shuffle(self.fresh)
        if self.chance.random() < 0.35 or self.fresh[-1].name == "webhook_drop":
            return self.fresh.pop()
        return self.chance.choices(chosen, [fault.weight for fault in chosen])[0]

    def begin(self, fault: Fault) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(fault), name=fault.name)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _guarded(self, fault: Fault) -> None:
        try:
            await fault.run(self.stage)
        except Missed:
            self.stage.missed[fault.name] += 1
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # the run goes on; that the harness has failed is told
            self.stage.troubles.append(f"{fault.name}: {type(error).__name__}: {error}")

    async def over(self, within_seconds: float) -> None:
        """Waits until nothing is broken any more."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=within_seconds)
        for task in late:
            # A deploy may take minutes where everything else is broken. What was broken is mended all the same.
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=30)

    async def calm(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def measure(self) -> None:
        """What is promised with a number is measured while nothing else goes wrong."""
        try:
            await asyncio.wait_for(self.stage.system.all_ready(), 20)
        except asyncio.TimeoutError:
            return
        # A worker that has just begun is still busy with what it found.
        await asyncio.sleep(1)
        turns = []
        if "kill" in self.groups:
            turns += ["kill", "term"]
        if "redis" in self.groups:
            turns.append("flush")
        if not turns:
            return
        turn = turns[self.round % len(turns)]
        try:
            if turn == "flush":
                await wholeness.measure(self.stage, self.wholeness)
            else:
                await takeover.measure(self.stage, self.takeovers, turn)
        except Missed:
            self.stage.missed[f"measuring {turn}"] += 1
        except Exception as error:  # noqa: BLE001  # as above
            self.stage.troubles.append(f"measuring {turn}: {type(error).__name__}: {error}")
