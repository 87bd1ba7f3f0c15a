"""Processes killed at chosen instants: what passes through their proxies tells when."""

import asyncio
from collections.abc import Callable

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage
from chaos.process import Process
from chaos.proxy import Link, Trap, commits, has

# How long to wait for the instant.
PATIENCE_SECONDS = 6.0


async def spring(
    stage: Stage, kind: str, process: Process, server: str, matches: Callable[[Link, bytes], bool], passes: bool
) -> None:
    """Kills the process when the pattern is on its way; the server gets it, or does not."""

    def kill(_: Link) -> bool:
        # In this very instant: nothing else of the harness runs before it.
        return stage.kill(process, kind)

    await _catch(stage, process, server, matches, kill, passes)
    stage.hits[kind] += 1


async def _catch(
    stage: Stage, process: Process, server: str, matches: Callable[[Link, bytes], bool],
    act: Callable[[Link], bool], passes: bool,
) -> None:  # fmt: skip
    """Lays a trap between a process and a server, and returns once `act` says that it has done its work."""
    proxy = stage.system.proxies[process.name, server]
    sprung: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def spring_it(link: Link) -> None:
        if act(link) and not sprung.done():
            sprung.set_result(None)

    trap = Trap(matches, spring_it, passes)
    proxy.traps.append(trap)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await sprung
    except TimeoutError:
        raise Missed from None
    finally:
        if trap in proxy.traps:
            proxy.traps.remove(trap)


WITH_SCHEMA = ("users", "tickets", "orders", "payments")
BUSY = ("orders", "orders", "payments", "tickets", "users")


def busy(stage: Stage) -> Process:
    return stage.victim(stage.chance.choice(BUSY))


@fault("kill_before_commit", "kill", 2)
async def before_commit(stage: Stage) -> None:
    """All is written, nothing is committed."""
    await spring(stage, "kill_before_commit", busy(stage), "postgres", commits, passes=False)


@fault("kill_after_commit", "kill", 2)
async def after_commit(stage: Stage) -> None:
    """PostgreSQL commits, and nobody hears of it."""
    await spring(stage, "kill_after_commit", busy(stage), "postgres", commits, passes=True)


@fault("kill_before_ack", "kill", 2)
async def before_ack(stage: Stage) -> None:
    """Committed, and neither answered nor acked."""
    await spring(stage, "kill_before_ack", busy(stage), "redis", has(b"XACK"), passes=False)


@fault("kill_after_ack", "kill", 1)
async def after_ack(stage: Stage) -> None:
    await spring(stage, "kill_after_ack", busy(stage), "redis", has(b"XACK"), passes=True)


@fault("kill_before_call", "kill", 1)
async def before_call(stage: Stage) -> None:
    """The intent is committed, and Stripe was not asked."""
    await spring(stage, "kill_before_call", stage.victim("payments"), "stripe", has(b"POST /v1/"), passes=False)


@fault("kill_after_call", "kill", 1)
async def after_call(stage: Stage) -> None:
    """Stripe has done it, and nobody knows."""
    await spring(stage, "kill_after_call", stage.victim("payments"), "stripe", has(b"POST /v1/"), passes=True)


@fault("commit_answer_lost", "net", 1.5)
async def commit_answer_lost(stage: Stage) -> None:
    """The process lives on, and cannot know whether its COMMIT took effect."""
    process = busy(stage)
    passes = stage.chance.random() < 0.6

    def cut(link: Link) -> bool:
        # The server must have read it before the connection ends.
        asyncio.get_running_loop().call_later(0.05, link.close)
        return True

    await _catch(stage, process, "postgres", commits, cut, passes)
    stage.record("commit_answer_lost", f"proxy:{process.name}:postgres", passes=passes)
