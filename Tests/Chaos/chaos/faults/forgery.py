"""Commands of someone who can write to Redis and does not have the signing secret."""

import json
import uuid

import psycopg

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from chaos.faults.rolling import rfc3339_now
from harness.commands import signed
from harness.product import command_stream, names_with_schema

UNPAID = """
    SELECT id, user_id FROM orders.orders WHERE status = 'awaiting_payment' AND expires_at > now() + interval '5 s'
    ORDER BY created_at DESC LIMIT 1
"""


@fault("forged_command", "redis", 0.5)
async def forged_command(context: FaultContext) -> None:
    """Sends commands that cancel the newest order in its buyer's name and ban the buyer as the operator: each command
    once without a code, and once with a code of a different secret. None of them may take effect: the laws
    `requested_once` and `bans` would find no request for the effect."""
    # The other build of a mixed run sends commands without a code, so they are accepted.
    if context.system.builds:
        raise FaultMissed
    try:
        rows = await context.system.postgres.rows(UNPAID)
    except (psycopg.Error, OSError):
        raise FaultMissed from None
    if not rows:
        raise FaultMissed
    order, buyer = map(str, rows[0])
    commands = [
        ("orders", {"type": "CancelOrder", "actor": buyer, "body": json.dumps({"orderId": order})}),
        ("users", {"type": "BanUser", "actor": "operator", "body": json.dumps({"userId": buyer, "reason": "forged"})}),
    ]
    ids = []
    async with context.recorded("forged_command", order) as detail:
        for service, members in commands:
            for has_code in (False, True):
                fields = {
                    "id": str(uuid.uuid4()), "v": "1", "at": rfc3339_now(), "reply": "", "trace": "", **members,
                }  # fmt: skip
                if has_code:
                    fields = signed("a secret that no process has", service, fields)
                try:
                    await context.system.redis.client.xadd(command_stream(service), fields)
                except Exception:  # noqa: BLE001  # Redis may be down or full: then it is left out
                    continue
                ids.append(fields["id"])
        detail["ids"] = ids
        context.forged_commands |= set(ids)


async def remove_forged(context: FaultContext) -> None:
    """Removes the dead letters of forged commands, like an operator who has examined them."""
    client = context.system.redis.client
    for service in names_with_schema():
        for entry, fields in await client.xrange(f"gittix:dead:{{{service}}}"):
            if fields.get("id") in context.forged_commands:
                await client.xdel(f"gittix:dead:{{{service}}}", entry)
