"""Pauses a service that follows orders until it is off the event stream of orders, and for some time after that."""

import asyncio
import time

from redis.exceptions import RedisError

from chaos.faults import stripe
from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from harness.product import event_stream, services

OWNER = "orders"
# The length of the pause: a share of the run, within these bounds.
SHARE = 0.12
MIN_SECONDS = 15.0
MAX_SECONDS = 180.0
# Maximum time until the follower is off the stream, and maximum time to catch up after the pause.
OFF_SECONDS = 240.0
CATCH_UP_SECONDS = 90.0


def followers() -> list[str]:
    """The services that read the events of orders."""
    return [service.name for service in services() if OWNER in service.follows]


@fault("pause_follower", "pause", alone_from_minutes=1)
async def pause_follower(context: FaultContext) -> None:
    name = context.rng.choice(followers())
    seconds = min(max(context.minutes * 60 * SHARE, MIN_SECONDS), MAX_SECONDS)
    # Otherwise failing calls and lost webhooks would count as effects of the pause.
    await stripe.heal(context)
    try:
        await context.system.gittix("pause", name)
    except RuntimeError:
        raise FaultMissed from None
    try:
        async with context.recorded("pause_follower", name) as detail:
            began = time.monotonic()
            while time.monotonic() - began < seconds or "offAfterSeconds" not in detail:
                elapsed = time.monotonic() - began
                if "offAfterSeconds" not in detail and await position_off_stream(context, name) is not None:
                    detail["offAfterSeconds"] = round(elapsed, 1)
                if elapsed > OFF_SECONDS:
                    context.errors.append(f"{name} is still on the stream of {OWNER} after {elapsed:.0f} s of a pause")
                    break
                await asyncio.sleep(0.5)
            detail["seconds"] = round(time.monotonic() - began, 1)
            detail["position"] = await position_off_stream(context, name)
    finally:
        await resume(context)
    await wait_until_caught_up(context, name)


async def wait_until_caught_up(context: FaultContext, name: str) -> None:
    began = time.monotonic()
    while time.monotonic() - began < CATCH_UP_SECONDS:
        if await position_off_stream(context, name) is None:
            context.catch_ups.append(time.monotonic() - began)
            return
        await asyncio.sleep(0.25)
    context.violations.append(
        ("a follower catches up by itself", f"{name} was still off the stream {CATCH_UP_SECONDS:g} s after its pause")
    )


async def position_off_stream(context: FaultContext, name: str) -> str | None:
    """The follower's position in the outbox, if it is off the stream of orders."""
    try:
        return await context.system.redis.client.hget(f"{event_stream(OWNER)}:gaps", name)
    except RedisError:
        return None


async def resume(context: FaultContext) -> None:
    """Ends all pauses."""
    for attempt in range(5):
        try:
            await context.system.gittix("resume", "all")
            return
        except RuntimeError:
            if attempt == 4:
                raise
            await asyncio.sleep(1)
