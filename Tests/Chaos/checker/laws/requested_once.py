"""Every order, listing and account in the database was requested exactly once, and every order that was cancelled by
its buyer has a request to cancel it.

Requests with the same user, key and path are one operation. An operation whose response named an id (`201`, `202`, or a
`503` that names a command) created that row and no other. An operation that was never answered may also have created a
row: for each buyer, ticket and quantity, there are no more such rows than unanswered operations. The law knows only the
requests of the run's own clients.
"""

from collections import Counter, defaultdict

from ..report import LawResult
from ..requests import Request, api_requests
from ..system import System

REQUIRES = ("run",)


def check(system: System, result: LawResult) -> None:
    operations: dict[str, dict[tuple, list[Request]]] = defaultdict(lambda: defaultdict(list))
    cancellations: set[str] = set()
    for index, request in enumerate(api_requests(system.run.clients)):
        if request.route in CREATES:
            # Without a key, each request is a separate operation.
            operations[request.route][(request.user, request.key or index)].append(request)
        elif request.route == "DELETE /api/orders/:id" and request.subject:
            cancellations.add(request.subject)
    for route, (table, columns) in CREATES.items():
        rows = {row.pop("id"): tuple(row.values()) for row in system.query(f"SELECT id::text, {columns} FROM {table}")}
        result.count(f"rows of {table}", len(rows))
        _match(result, table, rows, list(operations[route].values()))
    for row in system.query("SELECT id::text FROM orders.orders WHERE reason = 'cancelled_by_buyer'"):
        result.count("orders cancelled by their buyer", 1)
        if row["id"] not in cancellations:
            result.add_violation(row["id"], "an order was cancelled by its buyer without a request")


def _match(result: LawResult, table: str, rows: dict[str, tuple], operations: list[list[Request]]) -> None:
    named: dict[str, tuple] = {}
    unanswered: Counter[tuple] = Counter()
    for operation in operations:
        # A request that was refused before its command, such as with an expired token, leaves the key unused.
        content = _content(next((request for request in operation if request.command), operation[0]))
        ids = {request.command for request in operation if request.command}
        if len(ids) > 1:
            result.add_violation(
                sorted(ids), "one operation was answered with two ids", request=operation[0].evidence()
            )  # fmt: skip
        for id in ids:
            if id in named and operation[0].key is None:
                result.add_violation(
                    id, "two operations were answered with one id", request=operation[0].evidence()
                )  # fmt: skip
            named[id] = content
        if not ids and any(request.status is None or request.status >= 500 for request in operation):
            unanswered[content] += 1
    unnamed: defaultdict[tuple, list[str]] = defaultdict(list)
    for id, content in rows.items():
        if id not in named:
            unnamed[content].append(id)
        elif named[id] != content:
            result.add_violation(
                id, f"a row of {table} differs from its request", requested=named[id], created=content
            )  # fmt: skip
    for content, ids in unnamed.items():
        if len(ids) > unanswered[content]:
            result.add_violation(
                ids, f"rows of {table} were created without a request", content=content,
                unanswered_operations=unanswered[content],
            )  # fmt: skip
        else:
            result.explain("created by an operation that was never answered", len(ids))


def _content(request: Request) -> tuple:
    body = request.body
    match request.route:
        case "POST /api/orders":
            return (request.user, body.get("ticketId"), body.get("quantity", 1))
        case "POST /api/tickets":
            return (request.user,)
        case _:
            return (str(body.get("email", "")).lower(),)


#: The table that each route inserts into, and the columns to compare with the request.
CREATES = {
    "POST /api/orders": ("orders.orders", "user_id::text, ticket_id::text, quantity"),
    "POST /api/tickets": ("tickets.tickets", "seller_id::text"),
    "POST /api/users/signup": ("users.users", "email"),
}
