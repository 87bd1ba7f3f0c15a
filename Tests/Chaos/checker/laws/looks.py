"""Who looks again sees nothing older than what was seen, or answered, before.

For each order and listing: a GET that began after another answer had come shows no smaller version; one that began after
a `204` to its cancellation shows the order cancelled. Whoever asked, at whichever API process: they read the owning
schema. No exception.
"""

import heapq
from collections import defaultdict

from ..report import Finding
from ..requests import Request, requests
from ..world import World

NEEDS = ("run",)

ROUTES = {"GET /api/orders/:id", "GET /api/tickets/:id"}


def judge(world: World, finding: Finding) -> None:
    looks: dict[str, list[Request]] = defaultdict(list)
    for request in requests(world.run.clients):
        if request.status in (200, 201, 204) and _version(request) is not None:
            looks[request.subject or request.answer["id"]].append(request)
    for id, seen in looks.items():
        _judge(finding, id, seen)


def _judge(finding: Finding, id: str, seen: list[Request]) -> None:
    ended: list[tuple[float, int, int]] = []
    newest, by = 0, -1
    for index, request in enumerate(seen):
        while ended and ended[0][0] < request.start:
            _, version, other = heapq.heappop(ended)
            if version > newest:
                newest, by = version, other
        version = _version(request)
        if request.route in ROUTES:
            finding.look("looks", 1)
            if version < newest:
                finding.violate(id, "a look showed something older than what was seen before", version=version,
                                seen=newest, look=request.told(), before=seen[by].told())  # fmt: skip
        heapq.heappush(ended, (request.end, version, index))


def _version(request: Request) -> int | None:
    if request.route == "DELETE /api/orders/:id" and request.status == 204:
        return 2
    if request.route in ROUTES | {"PUT /api/tickets/:id", "POST /api/orders", "POST /api/tickets"}:
        version = request.answer.get("version")
        return version if isinstance(version, int) and isinstance(request.answer.get("id"), str) else None
    return None
