"""No authorisation is open for a dead order, and nothing at Stripe could still take money for one.

Once all is quiet: money is held only for an order that awaits payment or is confirmed; of any other, no PaymentIntent
could be paid any more and no page to pay at is open. Explained: a page whose creation was never seen to succeed, so that
nobody knows its address; it closes by itself.
"""

from ..report import Finding
from ..world import World

NEEDS = ("record",)

ENDED = {"canceled", "succeeded"}


def judge(world: World, finding: Finding) -> None:
    status = {row["id"]: row["status"] for row in world.query("SELECT id::text, status FROM orders.orders")}
    known = {row["session_id"] for row in world.query(
        "SELECT session_id FROM payments.attempts WHERE session_id IS NOT NULL")}  # fmt: skip
    sessions = world.record["sessions"]
    finding.look("sessions", len(sessions))
    for session in sessions:
        order = session.get("order_id") or ""
        if session["status"] != "open" or status.get(order) == "awaiting_payment":
            continue
        if order in status and session["id"] not in known:
            finding.explain("a page that nobody was told the address of")
        else:
            finding.violate([order or "-", session["id"]], f"a page to pay at is open for an order that is "
                            f"{status.get(order, 'not known')}", session=session)  # fmt: skip
    orphans = {session["id"] for session in sessions if session["id"] not in known and session["status"] == "open"}
    for intent in world.record["payment_intents"]:
        finding.look("payment intents", 1)
        order = intent.get("order_id") or ""
        if status.get(order) in ("awaiting_payment", "confirmed"):
            continue
        told = status.get(order, "not known")
        if intent["authorized"]:
            finding.violate([order or "-", intent["id"]], f"money is held for an order that is {told}", intent=intent)
        elif intent["status"] not in ENDED and intent.get("session") not in orphans:
            finding.violate([order or "-", intent["id"]], f"an order that is {told} could still be paid", intent=intent)
