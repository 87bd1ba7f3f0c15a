"""Kills processes at chosen points, which are recognised by the bytes that pass through their proxies."""

import asyncio
from collections.abc import Callable

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from chaos.proxy import Failpoint, Link, contains, is_commit
from harness.process import Process

TIMEOUT_SECONDS = 6.0

# A service that occurs twice is chosen twice as often.
BUSY_SERVICES = ("orders", "orders", "payments", "tickets", "users")


def busy_worker(context: FaultContext) -> Process:
    return context.running_process(context.rng.choice(BUSY_SERVICES))


async def kill_at(
    context: FaultContext, kind: str, process: Process, server: str, matches: Callable[[Link, bytes], bool],
    passes: bool,
) -> None:  # fmt: skip
    """Kills the process when it sends matching bytes. The server gets them only if `passes`."""

    def kill(_: Link) -> bool:
        # Synchronous, so that no other code of the harness runs before the kill.
        return context.kill(process, kind)

    await _wait_at(context, process, server, matches, kill, passes)
    context.injected[kind] += 1


async def _wait_at(
    context: FaultContext, process: Process, server: str, matches: Callable[[Link, bytes], bool],
    act: Callable[[Link], bool], passes: bool,
) -> None:  # fmt: skip
    """Sets a failpoint between a process and a server, and waits until `act` has returned true."""
    proxy = context.system.proxies[process.name, server]
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def act_and_finish(link: Link) -> None:
        if act(link) and not done.done():
            done.set_result(None)

    failpoint = Failpoint(matches, act_and_finish, passes)
    proxy.failpoints.append(failpoint)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await done
    except TimeoutError:
        raise FaultMissed from None
    finally:
        if failpoint in proxy.failpoints:
            proxy.failpoints.remove(failpoint)


@fault("kill_before_commit", "kill", 2)
async def before_commit(context: FaultContext) -> None:
    """The writes are sent, but not committed."""
    await kill_at(context, "kill_before_commit", busy_worker(context), "postgres", is_commit, passes=False)


@fault("kill_after_commit", "kill", 2)
async def after_commit(context: FaultContext) -> None:
    """PostgreSQL commits, but the worker gets no answer."""
    await kill_at(context, "kill_after_commit", busy_worker(context), "postgres", is_commit, passes=True)


@fault("kill_before_ack", "kill", 2)
async def before_ack(context: FaultContext) -> None:
    """The batch is committed, but neither answered nor acknowledged."""
    await kill_at(context, "kill_before_ack", busy_worker(context), "redis", contains(b"XACK"), passes=False)


@fault("kill_after_ack", "kill", 1)
async def after_ack(context: FaultContext) -> None:
    await kill_at(context, "kill_after_ack", busy_worker(context), "redis", contains(b"XACK"), passes=True)


@fault("kill_before_call", "kill", 1)
async def before_call(context: FaultContext) -> None:
    """The call is committed, but Stripe does not get it."""
    process = context.running_process("payments")
    await kill_at(context, "kill_before_call", process, "stripe", contains(b"POST /v1/"), passes=False)


@fault("kill_after_call", "kill", 1)
async def after_call(context: FaultContext) -> None:
    """Stripe executes the call, but the worker gets no answer."""
    process = context.running_process("payments")
    await kill_at(context, "kill_after_call", process, "stripe", contains(b"POST /v1/"), passes=True)


@fault("commit_answer_lost", "net", 1.5)
async def commit_answer_lost(context: FaultContext) -> None:
    """The process survives, but cannot know whether its COMMIT took effect."""
    process = busy_worker(context)
    passes = context.rng.random() < 0.6

    def cut(link: Link) -> bool:
        # The server must have read the COMMIT before the connection ends.
        asyncio.get_running_loop().call_later(0.05, link.close)
        return True

    await _wait_at(context, process, "postgres", is_commit, cut, passes)
    context.record("commit_answer_lost", f"proxy:{process.name}:postgres", passes=passes)
