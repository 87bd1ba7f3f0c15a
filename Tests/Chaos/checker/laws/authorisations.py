"""No authorisation is open for a closed order, and no PaymentIntent or page can still take money for such an order.

At rest, money is reserved, and a PaymentIntent can be paid, only for an order that awaits payment or is confirmed. A
page is open only for an order that awaits payment. Explained: a page whose creation was never confirmed, so that its
URL was never published; the page expires.
"""

from ..report import LawResult
from ..system import System

REQUIRES = ("record",)

ENDED = {"canceled", "succeeded"}


def check(system: System, result: LawResult) -> None:
    status = {row["id"]: row["status"] for row in system.query("SELECT id::text, status FROM orders.orders")}
    known = {row["session_id"] for row in system.query(
        "SELECT session_id FROM payments.attempts WHERE session_id IS NOT NULL")}  # fmt: skip
    sessions = system.record["sessions"]
    result.count("sessions", len(sessions))
    for session in sessions:
        order = session.get("order_id") or ""
        if session["status"] != "open" or status.get(order) == "awaiting_payment":
            continue
        if order in status and session["id"] not in known:
            result.explain("a page whose URL was never published")
        else:
            result.add_violation(
                [order or "-", session["id"]], f"a page is open for an order that is {status.get(order, 'unknown')}",
                session=session,
            )  # fmt: skip
    orphans = {session["id"] for session in sessions if session["id"] not in known and session["status"] == "open"}
    for intent in system.record["payment_intents"]:
        result.count("payment intents", 1)
        order = intent.get("order_id") or ""
        if status.get(order) in ("awaiting_payment", "confirmed"):
            continue
        state, ids = status.get(order, "unknown"), [order or "-", intent["id"]]
        if intent["authorized"]:
            result.add_violation(ids, f"money is reserved for an order that is {state}", intent=intent)
        elif intent["status"] not in ENDED and intent.get("session") not in orphans:
            result.add_violation(ids, f"an order that is {state} can still be paid", intent=intent)
