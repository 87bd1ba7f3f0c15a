"""Stripe answers late, wrongly or not at all, and its webhooks get lost."""

import asyncio

import aiohttp

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage

CALLS = ["*", "*", "checkout.sessions.create", "checkout.sessions.expire", "payment_intents.capture",
         "payment_intents.cancel", "payment_intents.retrieve", "checkout.sessions.retrieve"]  # fmt: skip
EVENTS = ["*", "*", "payment_intent.amount_capturable_updated", "checkout.session.completed", "charge.captured",
          "payment_intent.succeeded", "payment_intent.canceled"]  # fmt: skip


async def rule(stage: Stage, **rule: object) -> None:
    """Tells the sandbox what shall go wrong."""
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.post(f"{stage.system.sandbox_origin}/_sandbox/faults", json=rule) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"the sandbox refuses the rule {rule}: {await answer.text()}")
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
        raise Missed from None


async def left(stage: Stage) -> list[dict]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        async with session.get(f"{stage.system.sandbox_origin}/_sandbox/faults") as answer:
            found = await answer.json()
    return found if isinstance(found, list) else found.get("faults") or found.get("data") or []


async def no_rules(stage: Stage) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        async with session.delete(f"{stage.system.sandbox_origin}/_sandbox/faults") as answer:
            await answer.read()


async def of_calls(stage: Stage, kind: str, **more: object) -> None:
    operation = stage.chance.choice(CALLS)
    times = stage.chance.randrange(1, 8)
    await rule(stage, operation=operation, kind=kind, times=times, **more)
    stage.record(f"stripe_{kind}", "stripe", operation=operation, times=times, **more)


async def of_webhooks(stage: Stage, kind: str, **more: object) -> None:
    event = stage.chance.choice(EVENTS)
    times = stage.chance.randrange(2, 12)
    await rule(stage, event=event, kind=kind, times=times, **more)
    stage.record(f"webhook_{kind}", "stripe", event=event, times=times, **more)


@fault("stripe_lose_answer", "stripe", 2)
async def lose_answer(stage: Stage) -> None:
    await of_calls(stage, "lose_answer")


@fault("stripe_status", "stripe", 2)
async def status(stage: Stage) -> None:
    """429 and 500, and the 500 after which it has happened all the same."""
    code = stage.chance.choice([429, 500, 500])
    await of_calls(stage, "status", status=code, after=code == 500 and stage.chance.random() < 0.5)


@fault("stripe_delay", "stripe", 1)
async def delay(stage: Stage) -> None:
    """Late, or later than anyone waits."""
    await of_calls(stage, "delay", delayMs=stage.chance.choice([500, 3_000, 30_000]), after=stage.chance.random() < 0.5)


@fault("webhook_drop", "stripe", 2.5)
async def drop(stage: Stage) -> None:
    await of_webhooks(stage, "drop")


@fault("webhook_repeat", "stripe", 1.5)
async def repeat(stage: Stage) -> None:
    await of_webhooks(stage, "repeat")


@fault("webhook_reorder", "stripe", 1.5)
async def reorder(stage: Stage) -> None:
    await of_webhooks(stage, "reorder")


@fault("webhook_delay", "stripe", 1.5)
async def late(stage: Stage) -> None:
    """By seconds, or by minutes."""
    await of_webhooks(stage, "delay", delayMs=stage.chance.choice([2_000, 10_000, 60_000, 120_000]))
