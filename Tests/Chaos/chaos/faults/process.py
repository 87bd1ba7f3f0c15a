"""Processes that are killed, stopped for a while, or asked to end."""

import asyncio
import signal

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage
from chaos.process import Process
from chaos.system import POOLS


@fault("kill", "kill", 8)
async def kill_one(stage: Stage) -> None:
    stage.kill(stage.victim())


@fault("kill_several", "kill", 3)
async def kill_several(stage: Stage) -> None:
    """In one instant: of any kind, or both of one."""
    up = [process for process in stage.system.victims if process.is_up]
    if len(up) < 2:
        raise Missed
    if stage.chance.random() < 0.4:
        kind = stage.chance.choice(["api", *POOLS])
        chosen = [process for process in up if process.kind == kind]
    else:
        chosen = stage.chance.sample(up, min(len(up), stage.chance.randrange(2, 6)))
    for process in chosen:
        stage.kill(process, "several at once")
    stage.hits["kill_several"] += 1


@fault("stop", "kill", 3)
async def stop(stage: Stage) -> None:
    """Stopped, and goes on as if nothing had been: perhaps when another has taken what it holds."""
    process = stage.victim()
    seconds = stage.chance.choice([stage.some(0.1, 1), stage.some(1, 4), stage.some(5.5, 8)])
    await _stop(stage, [process], seconds)


@fault("stop_holding", "kill", 2)
async def stop_holding(stage: Stage) -> None:
    """Stopped with a batch in hand, for longer than its heartbeat may fail: two believe that it is theirs."""
    system = stage.system
    pool = stage.chance.choice([pool for pool in POOLS])
    for _ in range(80):
        for process in system.of_kind(pool):
            if process.is_up and await holds_something(stage, process):
                seconds = system.settings.claim_idle_ms / 1000 + stage.some(1.2, 3)
                process.send(signal.SIGSTOP)
                # Only now is it sure: what it held before, it may have settled meanwhile.
                if await holds_something(stage, process):
                    stage.hits["stop_holding"] += 1
                    await _stop(stage, [process], seconds)
                    return
                process.send(signal.SIGCONT)
        await asyncio.sleep(0.02)
    raise Missed


async def holds_something(stage: Stage, process: Process) -> bool:
    """Whether entries are pending under the worker's name."""
    return bool(await pending_of(stage, process))


async def pending_of(stage: Stage, process: Process) -> list[tuple[str, str]]:
    """Stream and id of what is pending under the worker's name."""
    system = stage.system
    consumer = system.consumers.get(process.name)
    if consumer is None:
        return []
    found = []
    for stream in streams_of(process.kind):
        try:
            entries = await system.redis.client.xpending_range(stream, process.kind, "-", "+", 500, consumer)
        except Exception:  # noqa: BLE001  # no such group yet, or Redis is away: nothing is known to be pending
            continue
        found += [(stream, entry["message_id"]) for entry in entries]
    return found


FOLLOWS = {
    "users": [],
    "tickets": ["users", "orders"],
    "orders": ["users", "tickets", "payments", "expiration"],
    "payments": ["orders"],
    "expiration": ["orders"],
}


def streams_of(pool: str) -> list[str]:
    """What a pool reads."""
    events = [f"gittix:events:{{{service}}}" for service in FOLLOWS[pool]]
    return [f"gittix:commands:{{{pool}}}", *events]


async def _stop(stage: Stage, processes: list[Process], seconds: float) -> None:
    names = ",".join(process.name for process in processes)
    async with stage.recorded("stop", names, seconds=round(seconds, 3)):
        for process in processes:
            process.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            for process in processes:
                process.send(signal.SIGCONT)


@fault("stop_service", "kill", 1)
async def stop_service(stage: Stage) -> None:
    """All of one pool: its service stands still, and the others do not."""
    pool = stage.chance.choice(POOLS)
    both = [process for process in stage.system.of_kind(pool) if process.is_up]
    if not both:
        raise Missed
    await _stop(stage, both, stage.some(1, 8))
    stage.hits["stop_service"] += 1


def terminate(stage: Stage, process: Process, why: str = "") -> bool:
    if not process.send(signal.SIGTERM):
        return False
    stage.terminations += 1
    stage.record("term", process.name, why=why)
    return True


@fault("term", "kill", 1)
async def term(stage: Stage) -> None:
    process = stage.victim()
    terminate(stage, process)
    await ended(stage, process, 20)


async def ended(stage: Stage, process: Process, within_seconds: float) -> bool:
    """Whether it ended by itself in time; else it is killed, as a host does that has asked politely."""
    running = process.process
    assert running is not None
    try:
        await asyncio.wait_for(running.wait(), within_seconds)
        return True
    except asyncio.TimeoutError:
        stage.late_endings += 1
        process.send(signal.SIGKILL)
        return False
