"""Each idempotency key that Stripe received belongs to a call that payments had committed, and each effect at Stripe
has a key.

A key is `order:attempt:operation:try`. Its row is in `payments.calls`, and the request has the operation of the row. A
withdrawn call was never made. No attempt has more pages than keys to create a page; every capture and every refund was
made under a key. Explained: a failover to an asynchronous standby has lost the call, or its lease.
"""

from collections import Counter

from ..report import LawResult
from ..system import System

REQUIRES = ("record",)

OPERATIONS = {
    "create_session": "checkout.sessions.create",
    "expire_session": "checkout.sessions.expire",
    "capture": "payment_intents.capture",
    "cancel_intent": "payment_intents.cancel",
    "refund": "refunds.create",
}


def check(system: System, result: LawResult) -> None:
    calls = {
        f"{row['order_id']}:{row['attempt']}:{row['operation']}:{row['try']}": row
        for row in system.query("SELECT order_id::text, attempt, operation, try, state, runs FROM payments.calls")
    }
    requests = system.record["requests"]
    result.count("keys", len(requests))
    result.count("calls", len(calls))
    used: Counter[tuple[str, str, str]] = Counter()
    for key, request in requests.items():
        order, *rest = key.split(":")
        call = calls.get(key)
        if key in system.lost.calls and (call is None or call["state"] == "withdrawn" or call["runs"] == 0):
            result.explain("a failover lost the commit of a call that was made")
            used[(order, rest[0], rest[1])] += 1
            continue
        if call is None:
            result.add_violation([order, key], "Stripe received a key that payments never committed", request=request)
            continue
        used[(order, rest[0], rest[1])] += 1
        if OPERATIONS[call["operation"]] != request["operation"]:
            result.add_violation([order, key], "a key was used for another operation", request=request)
        if call["state"] == "withdrawn" or call["runs"] == 0:
            result.add_violation(
                [order, key], "a call was made though it was withdrawn or never leased", request=request, **call
            )  # fmt: skip
        result.count("repeated requests", int(request["count"] > 1))
    for key, call in calls.items():
        if call["state"] in ("done", "refused") and key not in requests:
            result.add_violation([call["order_id"], key], "a call has an outcome but was never made", **call)
    _effects(system, result, used)


def _effects(system: System, result: LawResult, used: Counter[tuple[str, str, str]]) -> None:
    pages: Counter[tuple[str, str]] = Counter(
        (session.get("order_id") or "", str(session.get("attempt"))) for session in system.record["sessions"]
    )
    for (order, attempt), count in pages.items():
        keys = used[(order, attempt, "create_session")]
        if count > keys:
            result.add_violation(order or "-", "an attempt has more pages than keys to create one", attempt=attempt,
                                 pages=count, keys=keys)  # fmt: skip
    for intent in system.record["payment_intents"]:
        order, attempt = intent.get("order_id") or "", str(intent.get("attempt"))
        for effect, operation in (("captured", "capture"), ("refunded", "refund")):
            if intent[effect] and not used[(order, attempt, operation)]:
                result.add_violation([order or "-", intent["id"]], f"money was {effect} without a key", intent=intent)
