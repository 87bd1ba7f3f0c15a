"""Every `201`, `200` and `204` is in the database, with the content that was answered.

An order, a listing, an account that a `201` names is there, made by whom and of what was said. The version of a listing
that a `200` shows was told by an event with the same content. A `204` to a withdrawal or a cancellation, and a ban, have
happened. A page to pay at is one that payments knows for that order. No exception, whatever was broken.
"""

from collections.abc import Callable

from ..report import Finding
from ..requests import Request, requests
from ..world import World

NEEDS = ("run",)


class Facts:
    def __init__(self, world: World) -> None:
        def by_id(sql: str) -> dict[str, dict]:
            return {row["id"]: row for row in world.query(sql)}

        self.orders = by_id("""
            SELECT id::text, user_id::text, ticket_id::text, quantity, price, total, currency, status, version,
                (extract(epoch FROM created_at) * 1000)::bigint AS created FROM orders.orders""")
        self.tickets = by_id("SELECT id::text, seller_id::text, version FROM tickets.tickets")
        self.users = by_id("SELECT id::text, email, version FROM users.users")
        self.listed = {
            (row["subject"], row["version"]): row["body"]
            for row in world.query("SELECT subject, version, body::json AS body FROM tickets.outbox")
        }
        self.withdrawn = {subject for (subject, _), body in self.listed.items() if body["withdrawn"]}
        self.banned = {row["subject"] for row in world.query(
            "SELECT DISTINCT subject FROM users.outbox WHERE body::json ->> 'status' = 'banned'")}
        self.pages = {(row["order_id"], row["session_id"]) for row in world.query(
            "SELECT order_id::text, session_id FROM payments.attempts WHERE session_id IS NOT NULL")}
        self.replies = {row["id"]: row["reply"] for row in world.query(
            "SELECT id::text, reply::text FROM payments.inbox WHERE type = 'StartPayment' AND outcome = 'done'")}


def judge(world: World, finding: Finding) -> None:
    facts = Facts(world)
    for request in requests(world.run.clients):
        check = CHECKS.get((request.route, request.status or 0))
        if not check:
            continue
        finding.look(f"{request.status} to {request.route}", 1)
        wrong = check(facts, request)
        if wrong:
            ids = [id for id in (request.subject, request.answer.get("id"), request.line.get("id")) if id]
            finding.violate(list(dict.fromkeys(ids)), wrong, request=request.told(), answer=request.answer)


def _order(facts: Facts, request: Request) -> str | None:
    answer, row = request.answer, facts.orders.get(request.answer.get("id", ""))
    if row is None:
        return "an order was promised by a 201, and is not in the database"
    same = (
        row["user_id"] == answer.get("userId") == (request.user or answer.get("userId"))
        and row["ticket_id"] == (answer.get("ticket") or {}).get("id") == request.body.get("ticketId")
        and row["quantity"] == answer.get("quantity") == request.body.get("quantity", 1)
        and all(row[name] == answer.get(name) for name in ("price", "total", "currency"))
        and row["version"] >= answer.get("version", 0)
        and answer.get("price") == request.body.get("price", answer.get("price"))
    )
    return None if same else "an order is not what was asked and answered"


def _listing(facts: Facts, request: Request) -> str | None:
    answer = request.answer
    row = facts.tickets.get(answer.get("id", ""))
    if row is None:
        return "a listing was promised, and is not in the database"
    told = facts.listed.get((row["id"], answer.get("version")))
    if told is None:
        return "the version of a listing that was answered was never told"
    same = (
        row["seller_id"] == answer.get("userId") == (request.user or answer.get("userId"))
        and all(told[name] == answer.get(name) for name in ("title", "price", "currency", "quantity", "withdrawn"))
        and all(
            answer.get(name) == value
            for name, value in request.body.items()
            if name in ("title", "price", "currency", "quantity", "withdrawn") and value is not None
        )
    )
    return None if same else "a listing is not what was asked and answered"


def _account(facts: Facts, request: Request) -> str | None:
    answer = request.answer.get("user") or request.answer
    row = facts.users.get(answer.get("id", ""))
    if row is None:
        return "an account was promised by a 201, and is not in the database"
    changed = row["version"] != answer.get("version", row["version"])
    return None if changed or row["email"] == answer.get("email") else "an account has another address"


def _cancelled(facts: Facts, request: Request) -> str | None:
    row = facts.orders.get(request.subject or "")
    if row is None:
        return "an order that was cancelled is not in the database"
    return None if row["status"] == "cancelled" else "an order was told to be cancelled, and is not"


def _withdrawn(facts: Facts, request: Request) -> str | None:
    return None if request.subject in facts.withdrawn else "a listing was told to be withdrawn, and never was"


def _page(facts: Facts, request: Request) -> str | None:
    order = str(request.body.get("orderId"))
    if (order, request.answer.get("id")) in facts.pages:
        return None
    return "a page to pay at is none that payments knows for that order"


def _banned(facts: Facts, request: Request) -> str | None:
    return None if request.subject in facts.banned else "a ban was told, and never happened"


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
