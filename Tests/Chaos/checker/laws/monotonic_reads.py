"""Reads are monotonic: a GET never returns an older version than an earlier response did.

For each order and listing, a GET that began after another response had arrived returns no smaller version. A GET that
began after a `204` to the order's cancellation returns a cancelled order. This holds for every user and every API
process, because all of them read the owning schema. Explained: a failover to an asynchronous standby has lost the newer
version.
"""

import heapq
from collections import defaultdict

from ..lost import Lost
from ..report import LawResult
from ..requests import Request, api_requests
from ..system import System

REQUIRES = ("run",)

READS = {"GET /api/orders/:id", "GET /api/tickets/:id"}


def check(system: System, result: LawResult) -> None:
    requests: dict[str, list[Request]] = defaultdict(list)
    for request in api_requests(system.run.clients):
        if request.status in (200, 201, 204) and _version(request) is not None:
            requests[request.subject or request.response["id"]].append(request)
    for id, of_id in requests.items():
        _check(result, id, of_id, system.lost)


def _check(result: LawResult, id: str, requests: list[Request], lost: Lost) -> None:
    ended: list[tuple[float, int, int]] = []
    newest, newest_index = 0, -1
    for index, request in enumerate(requests):
        while ended and ended[0][0] < request.start:
            _, version, ended_index = heapq.heappop(ended)
            if version > newest:
                newest, newest_index = version, ended_index
        version = _version(request)
        if request.route in READS:
            result.count("reads", 1)
            if version < newest and newest in lost.versions[id] and lost.explains([id], requests[newest_index].end):
                result.explain("a failover lost the newer version")
            elif version < newest:
                result.add_violation(
                    id, "a read returned an older version than an earlier response", version=version, newest=newest,
                    read=request.evidence(), before=requests[newest_index].evidence(),
                )  # fmt: skip
        heapq.heappush(ended, (request.end, version, index))


def _version(request: Request) -> int | None:
    """The version in the response. A cancelled order has version 2 or later."""
    if request.route == "DELETE /api/orders/:id" and request.status == 204:
        return 2
    if request.route in READS | {"PUT /api/tickets/:id", "POST /api/orders", "POST /api/tickets"}:
        version = request.response.get("version")
        return version if isinstance(version, int) and isinstance(request.response.get("id"), str) else None
    return None
