"""The clock announces no order's end before its hold is over, nor for another moment than the order says, nor of an
order that never was.

Of each `OrderExpired` in the history of the expiration stream. By Redis's own clock, which the harness does not turn.
"""

import json
from datetime import datetime

from ..report import Finding
from ..world import World

NEEDS = ("run",)


def judge(world: World, finding: Finding) -> None:
    key = world.key("events", "expiration")
    due = {row["id"]: row["due"] for row in world.query(
        "SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due FROM orders.orders")}  # fmt: skip
    planted = world.run.planted
    for line in world.run.history:
        if line.get("stream") != key or "id" not in line:
            continue
        fields = line["fields"]
        if fields.get("id") in planted:
            continue
        finding.look("expiries announced", 1)
        body = json.loads(fields["body"])
        order, said = body["orderId"], _ms(body["expiresAt"])
        if order not in due:
            finding.violate([order, line["id"]], "an expiry of an order that never was", fields=fields)
        elif said != due[order]:
            finding.violate([order, line["id"]], "an expiry for another moment than the order's", due=due[order],
                            said=said)  # fmt: skip
        elif _ms(fields["at"]) < said:
            finding.violate([order, line["id"]], "an expiry was announced before its time", fields=fields)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
