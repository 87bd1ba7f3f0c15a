"""Every order's payment matches its status: captured once if complete, captured and refunded in full if refunded, and
otherwise never captured; in the order's amount and currency.

The law compares orders with the sandbox's record, which is Stripe's side. A complete order has exactly one captured
PaymentIntent, of the attempt that the order claimed, and no refund. A refunded order also has exactly one, which is
refunded in full. Any other order has no capture. A capture for an unknown order is a violation. For an order that a
failover has lost, and for a cancelled order whose payment was lost, a capture is a violation unless all of it is
refunded.
"""

from collections import defaultdict

from ..report import LawResult
from ..system import System

REQUIRES = ("record",)


def check(system: System, result: LawResult) -> None:
    orders = {row["id"]: row for row in system.query(
        "SELECT id::text, status, reason, attempt, total, currency FROM orders.orders")}  # fmt: skip
    intents: dict[str, list[dict]] = defaultdict(list)
    for intent in system.record["payment_intents"]:
        intents[intent.get("order_id") or ""].append(intent)
    result.count("orders", len(orders))
    result.count("payment intents", sum(len(of_order) for of_order in intents.values()))
    for id, order in orders.items():
        _check(system, result, id, order, intents.pop(id, []))
    for id, unknown in intents.items():
        for intent in unknown:
            if id in system.lost.rows and not intent["authorized"] and intent["captured"] == intent["refunded"]:
                result.explain("a failover lost the order, and nothing of its payment is kept")
            elif intent["captured"] or intent["authorized"]:
                result.add_violation(
                    [id or "-", intent["id"]], "money was reserved or captured for an unknown order", intent=intent
                )  # fmt: skip


def _check(system: System, result: LawResult, id: str, order: dict, intents: list[dict]) -> None:
    captured = [intent for intent in intents if intent["captured"]]
    result.count("captures", len(captured))
    evidence = {"order": order, "intents": intents}
    for intent in intents:
        if intent["amount"] != order["total"] or intent["currency"].upper() != order["currency"]:
            result.add_violation([id, intent["id"]], "the amount or currency is not the order's", **evidence)
    if order["status"] not in ("complete", "refunded"):
        if captured:
            is_refunded = all(intent["refunded"] == intent["captured"] for intent in captured)
            if is_refunded and id in system.lost.subjects:
                result.explain("a failover lost the payment of an order, and all of it was refunded")
                return
            refund = "and refunded" if is_refunded else "and not refunded"
            result.add_violation(id, f"a {order['status']} order was captured {refund}", **evidence)
        return
    if len(captured) != 1:
        result.add_violation(id, f"a {order['status']} order was captured {len(captured)} times", **evidence)
        return
    intent = captured[0]
    if str(intent.get("attempt")) != str(order["attempt"]):
        result.add_violation([id, intent["id"]], "the captured attempt did not claim the order", **evidence)
    if intent["captured"] != order["total"]:
        result.add_violation([id, intent["id"]], "the captured amount is not the order's total", **evidence)
    expected_refund = intent["captured"] if order["status"] == "refunded" else 0
    if intent["refunded"] != expected_refund:
        result.add_violation([id, intent["id"]], "the refunded amount does not match the order's status", **evidence)
