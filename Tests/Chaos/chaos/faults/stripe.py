"""Stripe answers late, with errors or not at all, and loses webhooks."""

import aiohttp

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed

CALLS = ["*", "*", "checkout.sessions.create", "checkout.sessions.expire", "payment_intents.capture",
         "payment_intents.cancel", "payment_intents.retrieve", "checkout.sessions.retrieve"]  # fmt: skip
EVENTS = ["*", "*", "payment_intent.amount_capturable_updated", "checkout.session.completed", "charge.captured",
          "payment_intent.succeeded", "payment_intent.canceled"]  # fmt: skip


async def add_rule(context: FaultContext, **rule: object) -> None:
    """Adds a fault rule to the sandbox."""
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.post(f"{context.system.sandbox_origin}/_sandbox/faults", json=rule) as response:
                if response.status != 201:
                    raise RuntimeError(f"the sandbox refuses the rule {rule}: {await response.text()}")
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise FaultMissed from None


async def heal(context: FaultContext) -> None:
    """Removes all fault rules."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        async with session.delete(f"{context.system.sandbox_origin}/_sandbox/faults") as response:
            await response.read()


async def fail_calls(context: FaultContext, kind: str, **more: object) -> None:
    operation = context.rng.choice(CALLS)
    times = context.rng.randrange(1, 8)
    await add_rule(context, operation=operation, kind=kind, times=times, **more)
    context.record(f"stripe_{kind}", "stripe", operation=operation, times=times, **more)


async def disturb_webhooks(context: FaultContext, kind: str, **more: object) -> None:
    event = context.rng.choice(EVENTS)
    times = context.rng.randrange(2, 12)
    await add_rule(context, event=event, kind=kind, times=times, **more)
    context.record(f"webhook_{kind}", "stripe", event=event, times=times, **more)


@fault("stripe_lose_answer", "stripe", 2)
async def lose_answer(context: FaultContext) -> None:
    await fail_calls(context, "lose_answer")


@fault("stripe_status", "stripe", 2)
async def status(context: FaultContext) -> None:
    """Answers 429, 500, or 500 although the call took effect."""
    code = context.rng.choice([429, 500, 500])
    await fail_calls(context, "status", status=code, after=code == 500 and context.rng.random() < 0.5)


@fault("stripe_delay", "stripe", 1)
async def delay(context: FaultContext) -> None:
    """Answers late, or later than every timeout."""
    delay_ms = context.rng.choice([500, 3_000, 30_000])
    await fail_calls(context, "delay", delayMs=delay_ms, after=context.rng.random() < 0.5)


@fault("webhook_drop", "stripe", 2.5)
async def drop(context: FaultContext) -> None:
    await disturb_webhooks(context, "drop")


@fault("webhook_repeat", "stripe", 1.5)
async def repeat(context: FaultContext) -> None:
    await disturb_webhooks(context, "repeat")


@fault("webhook_reorder", "stripe", 1.5)
async def reorder(context: FaultContext) -> None:
    await disturb_webhooks(context, "reorder")


@fault("webhook_delay", "stripe", 1.5)
async def late(context: FaultContext) -> None:
    """Delays webhooks by seconds or minutes."""
    await disturb_webhooks(context, "delay", delayMs=context.rng.choice([2_000, 10_000, 60_000, 120_000]))
