"""Each idempotency key that Stripe was sent names one call that payments had committed to, and each effect at Stripe has
its key.

A key is `order:attempt:operation:try`, its row is in `payments.calls`, and its operation is the one that was called; a
call that was withdrawn before it was made was never made. No attempt has more pages than it has keys to make one; what
was captured or given back was so under a key.
"""

from collections import Counter

from ..report import Finding
from ..world import World

NEEDS = ("record",)

OPERATIONS = {
    "create_session": "checkout.sessions.create",
    "expire_session": "checkout.sessions.expire",
    "capture": "payment_intents.capture",
    "cancel_intent": "payment_intents.cancel",
    "refund": "refunds.create",
}


def judge(world: World, finding: Finding) -> None:
    calls = {
        f"{row['order_id']}:{row['attempt']}:{row['operation']}:{row['try']}": row
        for row in world.query("SELECT order_id::text, attempt, operation, try, state, runs FROM payments.calls")
    }
    requests = world.record["requests"]
    finding.look("keys", len(requests))
    finding.look("calls", len(calls))
    used: Counter[tuple[str, str, str]] = Counter()
    for key, request in requests.items():
        order, *rest = key.split(":")
        call = calls.get(key)
        if call is None:
            finding.violate([order, key], "Stripe was sent a key that payments never committed to", request=request)
            continue
        used[(order, rest[0], rest[1])] += 1
        if OPERATIONS[call["operation"]] != request["operation"]:
            finding.violate([order, key], "a key was used for another operation", request=request)
        if call["state"] == "withdrawn" or call["runs"] == 0:
            finding.violate([order, key], "a call was made that was withdrawn, or never leased", request=request, **call)
        finding.look("requests sent again under their key", int(request["count"] > 1))
    for key, call in calls.items():
        if call["state"] in ("done", "refused") and key not in requests:
            finding.violate([call["order_id"], key], "a call has an outcome, and was never made under its key", **call)
    _effects(world, finding, used)


def _effects(world: World, finding: Finding, used: Counter[tuple[str, str, str]]) -> None:
    pages: Counter[tuple[str, str]] = Counter(
        (session.get("order_id") or "", str(session.get("attempt"))) for session in world.record["sessions"]
    )
    for (order, attempt), count in pages.items():
        keys = used[(order, attempt, "create_session")]
        if count > keys:
            finding.violate(order or "-", "more pages were made than keys were used", attempt=attempt, pages=count,
                            keys=keys)  # fmt: skip
    for intent in world.record["payment_intents"]:
        order, attempt = intent.get("order_id") or "", str(intent.get("attempt"))
        for effect, operation in (("captured", "capture"), ("refunded", "refund")):
            if intent[effect] and not used[(order, attempt, operation)]:
                finding.violate([order or "-", intent["id"]], f"money was {effect} without a key", intent=intent)
