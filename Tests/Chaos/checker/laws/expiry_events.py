"""No `OrderExpired` event comes before the end of the hold, has a different time from the order, or is for an unknown
order.

Explained: an order that a failover has lost.

The law checks each `OrderExpired` in the history of the expiration stream, by Redis's clock, which no fault changes.
Only the previous build publishes these events, so only mixed runs have any.
"""

import json
from datetime import datetime

from ..report import LawResult
from ..system import System

REQUIRES = ("run",)


def check(system: System, result: LawResult) -> None:
    key = system.key("events", "expiration")
    due = {row["id"]: row["due"] for row in system.query(
        "SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due FROM orders.orders")}  # fmt: skip
    injected = system.run.injected_ids
    for line in system.run.history:
        if line.get("stream") != key or "id" not in line:
            continue
        fields = line["fields"]
        if fields.get("id") in injected:
            continue
        result.count("expiry events", 1)
        body = json.loads(fields["body"])
        order, expires_at = body["orderId"], _milliseconds(body["expiresAt"])
        ids = [order, line["id"]]
        if order not in due and order in system.lost.rows:
            result.explain("a failover lost the order")
        elif order not in due:
            result.add_violation(ids, "an expiry event is for an unknown order", fields=fields)
        elif expires_at != due[order]:
            result.add_violation(
                ids, "an expiry event has another time than its order", due=due[order], event=expires_at
            )  # fmt: skip
        elif _milliseconds(fields["at"]) < expires_at:
            result.add_violation(ids, "an expiry event came before the end of the hold", fields=fields)


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
