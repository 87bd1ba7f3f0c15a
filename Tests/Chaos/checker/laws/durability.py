"""Every write that was answered `201`, `200` or `204` is in the database, with the content of the response.

If a `201` reports an order, a listing or an account, it exists with its creator and content. If a `200` has a version
of a listing, an event has the same version and content. A withdrawal or cancellation that was answered `204`, and a
ban, took effect. A payment page belongs to the same order in payments. There is one exception: writes that a failover
to an asynchronous standby has lost, if they were answered before it.
"""

from collections.abc import Callable

from ..report import LawResult
from ..requests import Request, api_requests
from ..system import System

REQUIRES = ("run",)


class Facts:
    def __init__(self, system: System) -> None:
        def by_id(sql: str) -> dict[str, dict]:
            return {row["id"]: row for row in system.query(sql)}

        self.orders = by_id("""
            SELECT id::text, user_id::text, ticket_id::text, quantity, price, total, currency, status, version
            FROM orders.orders""")
        self.listings = by_id("SELECT id::text, seller_id::text, version FROM tickets.tickets")
        self.users = by_id("SELECT id::text, email, version FROM users.users")
        self.listing_events = {
            (row["subject"], row["version"]): row["body"]
            for row in system.query("SELECT subject, version, body::json AS body FROM tickets.outbox")
        }
        self.withdrawn = {subject for (subject, _), body in self.listing_events.items() if body["withdrawn"]}
        self.banned = {row["subject"] for row in system.query(
            "SELECT DISTINCT subject FROM users.outbox WHERE body::json ->> 'status' = 'banned'")}
        self.pages = {(row["order_id"], row["session_id"]) for row in system.query(
            "SELECT order_id::text, session_id FROM payments.attempts WHERE session_id IS NOT NULL")}


def check(system: System, result: LawResult) -> None:
    facts = Facts(system)
    for request in api_requests(system.run.clients):
        find_fault = CHECKS.get((request.route, request.status or 0))
        if not find_fault:
            continue
        result.count(f"{request.status} to {request.route}", 1)
        fault = find_fault(facts, request)
        if fault:
            ids = [id for id in (request.subject, request.response.get("id"), request.line.get("id")) if id]
            if system.lost.explains([*ids, request.body.get("orderId")], request.end):
                result.explain(f"a failover lost the commit: {fault}")
                continue
            result.add_violation(list(dict.fromkeys(ids)), fault, request=request.evidence(), response=request.response)


def _order(facts: Facts, request: Request) -> str | None:
    response, row = request.response, facts.orders.get(request.response.get("id", ""))
    if row is None:
        return "an order was answered 201 but is not in the database"
    is_same = (
        row["user_id"] == response.get("userId") == (request.user or response.get("userId"))
        and row["ticket_id"] == (response.get("ticket") or {}).get("id") == request.body.get("ticketId")
        and row["quantity"] == response.get("quantity") == request.body.get("quantity", 1)
        and all(row[name] == response.get(name) for name in ("price", "total", "currency"))
        and row["version"] >= response.get("version", 0)
        and _whole_price(response) == request.body.get("price", _whole_price(response))
    )
    return None if is_same else "an order differs from its request or response"


def _listing(facts: Facts, request: Request) -> str | None:
    response = request.response
    row = facts.listings.get(response.get("id", ""))
    if row is None:
        return "a listing was answered but is not in the database"
    event = facts.listing_events.get((row["id"], response.get("version")))
    if event is None:
        return "a version of a listing was answered but never published"
    is_same = (
        row["seller_id"] == response.get("userId") == (request.user or response.get("userId"))
        and all(event[name] == response.get(name) for name in ("title", "price", "currency", "quantity", "withdrawn"))
        and all(
            response.get(name) == value
            for name, value in request.body.items()
            if name in ("title", "price", "currency", "quantity", "withdrawn") and value is not None
        )
    )
    return None if is_same else "a listing differs from its request or response"


def _account(facts: Facts, request: Request) -> str | None:
    response = request.response.get("user") or request.response
    row = facts.users.get(response.get("id", ""))
    if row is None:
        return "an account was answered 201 but is not in the database"
    has_changed = row["version"] != response.get("version", row["version"])
    return None if has_changed or row["email"] == response.get("email") else "an account has another e-mail address"


def _cancelled(facts: Facts, request: Request) -> str | None:
    row = facts.orders.get(request.subject or "")
    if row is None:
        return "a cancelled order is not in the database"
    return None if row["status"] == "cancelled" else "a cancellation was answered but did not take effect"


def _withdrawn(facts: Facts, request: Request) -> str | None:
    return None if request.subject in facts.withdrawn else "a withdrawal was answered but did not take effect"


def _page(facts: Facts, request: Request) -> str | None:
    order = str(request.body.get("orderId"))
    if (order, request.response.get("id")) in facts.pages:
        return None
    return "a payment page does not belong to its order"


def _banned(facts: Facts, request: Request) -> str | None:
    return None if request.subject in facts.banned else "a ban was answered but did not take effect"


CHECKS: dict[tuple[str, int], Callable[[Facts, Request], str | None]] = {
    ("POST /api/orders", 201): _order,
    ("DELETE /api/orders/:id", 204): _cancelled,
    ("POST /api/tickets", 201): _listing,
    ("PUT /api/tickets/:id", 200): _listing,
    ("DELETE /api/tickets/:id", 204): _withdrawn,
    ("POST /api/users/signup", 201): _account,
    ("POST /api/payments", 201): _page,
    ("PUT /api/admin/users/:id/ban", 200): _banned,
    ("PUT /api/admin/users/:id/ban", 204): _banned,
    ("POST /api/admin/users/:id/ban", 200): _banned,
    ("POST /api/admin/users/:id/ban", 204): _banned,
}


def _whole_price(order: dict) -> int | None:
    """The price of one unit with its fees, which the buyer has sent."""
    return order.get("allIn", order.get("price"))
