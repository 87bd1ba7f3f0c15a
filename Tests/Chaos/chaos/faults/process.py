"""Kills, suspends or stops processes."""

import asyncio
import signal

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from harness.process import Process
from harness.product import service, service_names


@fault("kill", "kill", 8)
async def kill_one(context: FaultContext) -> None:
    context.kill(context.running_process())


@fault("kill_several", "kill", 3)
async def kill_several(context: FaultContext) -> None:
    """Kills several processes at the same time: of any kind, or both processes of one kind."""
    up = [process for process in context.system.killable if process.is_up]
    if len(up) < 2:
        raise FaultMissed
    if context.rng.random() < 0.4:
        kind = context.rng.choice(["api", *service_names()])
        chosen = [process for process in up if process.kind == kind]
    else:
        chosen = context.rng.sample(up, min(len(up), context.rng.randrange(2, 6)))
    for process in chosen:
        context.kill(process, "several at once")
    context.injected["kill_several"] += 1


@fault("stop", "kill", 3)
async def stop(context: FaultContext) -> None:
    """Suspends a process; when it resumes, another process may have taken over its work."""
    process = context.running_process()
    uniform = context.rng.uniform
    await _suspend(context, [process], context.rng.choice([uniform(0.1, 1), uniform(1, 4), uniform(5.5, 8)]))


@fault("stop_holding", "kill", 2)
async def stop_holding(context: FaultContext) -> None:
    """Suspends a worker with a batch in flight until its lease has expired, so that two workers process the batch."""
    system = context.system
    name = context.rng.choice(service_names())
    for _ in range(80):
        for process in system.of_kind(name):
            if process.is_up and await pending_of(context, process):
                seconds = system.timing.claim_idle_ms / 1000 + context.rng.uniform(1.2, 3)
                process.send(signal.SIGSTOP)
                # The worker may have finished the batch before the signal.
                if await pending_of(context, process):
                    context.injected["stop_holding"] += 1
                    await _suspend(context, [process], seconds)
                    return
                process.send(signal.SIGCONT)
        await asyncio.sleep(0.02)
    raise FaultMissed


async def pending_of(context: FaultContext, process: Process) -> list[tuple[str, str]]:
    """Stream and id of the entries that are pending for the worker."""
    system = context.system
    consumer = system.consumers.get(process.name)
    if consumer is None:
        return []
    found = []
    for stream in service(process.kind).streams:
        try:
            entries = await system.redis.client.xpending_range(stream, process.kind, "-", "+", 500, consumer)
        except Exception:  # noqa: BLE001  # no such group yet, or Redis is down: no entry is known to be pending
            continue
        found += [(stream, entry["message_id"]) for entry in entries]
    return found


async def _suspend(context: FaultContext, processes: list[Process], seconds: float) -> None:
    names = ",".join(process.name for process in processes)
    async with context.recorded("stop", names, seconds=round(seconds, 3)):
        for process in processes:
            process.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            for process in processes:
                process.send(signal.SIGCONT)


@fault("stop_service", "kill", 1)
async def stop_service(context: FaultContext) -> None:
    """Suspends all workers of one service."""
    name = context.rng.choice(service_names())
    workers = [process for process in context.system.of_kind(name) if process.is_up]
    if not workers:
        raise FaultMissed
    await _suspend(context, workers, context.rng.uniform(1, 8))
    context.injected["stop_service"] += 1


@fault("term", "kill", 1)
async def term(context: FaultContext) -> None:
    process = context.running_process()
    context.terminate(process)
    await context.wait_for_exit(process, 20)
