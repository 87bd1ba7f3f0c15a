"""For every order the money is where it belongs: captured once and complete, or not captured, or given back in full and
refunded; in the amount and the currency that the order says.

By the sandbox's record, which is Stripe's side: of a complete order exactly one PaymentIntent was captured, of the
attempt that claimed it, and nothing given back; of a refunded one the same, and all of it was given back; of any other
nothing was ever taken. What was taken for no order that is known is a violation. No exception.
"""

from collections import defaultdict

from ..report import Finding
from ..world import World

NEEDS = ("record",)


def judge(world: World, finding: Finding) -> None:
    orders = {row["id"]: row for row in world.query(
        "SELECT id::text, status, reason, attempt, total, currency FROM orders.orders")}  # fmt: skip
    intents: dict[str, list[dict]] = defaultdict(list)
    for intent in world.record["payment_intents"]:
        intents[intent.get("order_id") or ""].append(intent)
    finding.look("orders", len(orders))
    finding.look("payment intents", sum(len(of_one) for of_one in intents.values()))
    for id, order in orders.items():
        _judge(finding, id, order, intents.pop(id, []))
    for id, unknown in intents.items():
        for intent in unknown:
            if intent["captured"] or intent["authorized"]:
                finding.violate([id or "-", intent["id"]], "money of an order that is not known", intent=intent)


def _judge(finding: Finding, id: str, order: dict, intents: list[dict]) -> None:
    taken = [intent for intent in intents if intent["captured"]]
    finding.look("captures", len(taken))
    evidence = {"order": order, "intents": intents}
    for intent in intents:
        if intent["amount"] != order["total"] or intent["currency"].upper() != order["currency"]:
            finding.violate([id, intent["id"]], "another amount or currency was asked for than the order's", **evidence)
    if order["status"] not in ("complete", "refunded"):
        if taken:
            returned = all(intent["refunded"] == intent["captured"] for intent in taken)
            what = "and given back" if returned else "and kept"
            finding.violate(id, f"money was taken for an order that is {order['status']}, {what}", **evidence)
        return
    if len(taken) != 1:
        finding.violate(id, f"a {order['status']} order was captured {len(taken)} times", **evidence)
        return
    intent = taken[0]
    if str(intent.get("attempt")) != str(order["attempt"]):
        finding.violate([id, intent["id"]], "another attempt was captured than the one that claimed it", **evidence)
    if intent["captured"] != order["total"]:
        finding.violate([id, intent["id"]], "another amount was captured than the order's", **evidence)
    given_back = intent["captured"] if order["status"] == "refunded" else 0
    if intent["refunded"] != given_back:
        finding.violate([id, intent["id"]], "what was given back is not what the order's state says", **evidence)
