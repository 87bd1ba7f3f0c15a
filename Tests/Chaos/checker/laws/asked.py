"""Every order, listing and account that the database has was asked for exactly once, and every order that its buyer
cancelled was asked to be.

Requests with the same user, key and path are one wish. A wish that was answered with an id (`201`, `202`, a `503` that
names a command) has that order and no other. One that never was answered may have made one all the same: of those, there
are no more orders with a buyer, ticket and quantity than such wishes. Nothing is known of who asks by other ways than the
clients of the run.
"""

from collections import Counter, defaultdict

from ..report import Finding
from ..requests import Request, requests
from ..world import World

NEEDS = ("run",)


def judge(world: World, finding: Finding) -> None:
    wishes: dict[str, dict[tuple, list[Request]]] = defaultdict(lambda: defaultdict(list))
    cancels: set[str] = set()
    for index, request in enumerate(requests(world.run.clients)):
        if request.route in MADE:
            # Without a key each request is a wish of its own.
            wishes[request.route][(request.user, request.key or index)].append(request)
        elif request.route == "DELETE /api/orders/:id" and request.subject:
            cancels.add(request.subject)
    for route, (table, columns) in MADE.items():
        rows = {row.pop("id"): tuple(row.values()) for row in world.query(f"SELECT id::text, {columns} FROM {table}")}
        finding.look(f"rows of {table}", len(rows))
        _match(finding, table, rows, list(wishes[route].values()))
    for row in world.query("SELECT id::text FROM orders.orders WHERE reason = 'cancelled_by_buyer'"):
        finding.look("orders cancelled by their buyer", 1)
        if row["id"] not in cancels:
            finding.violate(row["id"], "an order was cancelled by its buyer, who never asked")


def _match(finding: Finding, table: str, rows: dict[str, tuple], wishes: list[list[Request]]) -> None:
    named: dict[str, tuple] = {}
    silent: Counter[tuple] = Counter()
    for wish in wishes:
        content = _content(wish[0])
        ids = {request.command for request in wish if request.command}
        if len(ids) > 1:
            finding.violate(sorted(ids), "one wish was answered with two ids", request=wish[0].told())
        for id in ids:
            if id in named and wish[0].key is None:
                finding.violate(id, "two wishes were answered with one id", request=wish[0].told())
            named[id] = content
        if not ids and any(request.status is None or request.status >= 500 for request in wish):
            silent[content] += 1
    unasked: defaultdict[tuple, list[str]] = defaultdict(list)
    for id, content in rows.items():
        if id not in named:
            unasked[content].append(id)
        elif named[id] != content:
            finding.violate(id, f"a row of {table} is not what was asked for", asked=named[id], made=content)
    for content, ids in unasked.items():
        if len(ids) > silent[content]:
            finding.violate(
                ids, f"rows of {table} that nobody has asked for", content=content,
                wishes_without_an_answer=silent[content],
            )  # fmt: skip
        else:
            finding.explain("made by a wish that never was answered", len(ids))


def _content(request: Request) -> tuple:
    body = request.body
    match request.route:
        case "POST /api/orders":
            return (request.user, body.get("ticketId"), body.get("quantity", 1))
        case "POST /api/tickets":
            return (request.user,)
        case _:
            return (str(body.get("email", "")).lower(),)


#: Route, table, and of what it was made.
MADE = {
    "POST /api/orders": ("orders.orders", "user_id::text, ticket_id::text, quantity"),
    "POST /api/tickets": ("tickets.tickets", "seller_id::text"),
    "POST /api/users/signup": ("users.users", "email"),
}
