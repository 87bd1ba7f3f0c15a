"""One idempotency key of one user for one route is one command: one id, one final response.

If a request is repeated any number of times, at any API processes, there are no two ids, no two different bodies of a
`2xx`, and no refusal by the service after the command was done. Only a request with another body or path is answered
`422`. Responses that are not stored (`202`, `401`, `429`, `503`, `403` of a later ban, `404`, `400`, no response) are
ignored. Keys are valid for 48 hours. A key whose decision was lost by a failover to an asynchronous standby is not
checked.
"""

import json
from collections import defaultdict

from ..report import LawResult
from ..requests import Request, api_requests
from ..system import System

REQUIRES = ("run",)

#: Refusals by the services, which are stored.
STORED_REFUSALS = {409, 412}


def check(system: System, result: LawResult) -> None:
    groups: dict[tuple, list[Request]] = defaultdict(list)
    for request in api_requests(system.run.clients):
        if request.key and request.method != "GET":
            groups[(request.user, request.route, request.key)].append(request)
    result.count("keys", len(groups))
    undone = set().union(*system.lost.inbox.values())
    for (_, route, key), group in groups.items():
        if len(group) < 2:
            continue
        if any(request.command in undone or request.response.get("id") in undone for request in group):
            result.explain("a failover lost the decision")
            continue
        result.count("repeated keys", 1)
        # Different content means a different request, which must have been refused.
        by_content: dict[str, list[Request]] = defaultdict(list)
        for request in group:
            by_content[json.dumps([request.path, request.line.get("body")], sort_keys=True)].append(request)
        done = [[request for request in requests if _is_done(request)] for requests in by_content.values()]
        if sum(1 for requests in done if requests) > 1:
            evidence = [request.evidence() for requests in done for request in requests]
            result.add_violation(key, "two different requests with one key were both done", requests=evidence)
        for requests in by_content.values():
            _check(result, route, key, requests)


def _check(result: LawResult, route: str, key: str, requests: list[Request]) -> None:
    """Checks requests with the same key and content."""
    ids = {request.command for request in requests if request.command}
    if len(ids) > 1:
        result.add_violation(sorted(ids), "one key was answered with two ids", route=route, key=key)
    done = [request for request in requests if _is_done(request)]
    # A repeated sign-up returns the account in its first state.
    responses = {json.dumps([request.status, request.response], sort_keys=True) for request in done}
    if len(responses) > 1:
        result.add_violation(
            [key, *sorted(ids)], "one key has two different responses", route=route, responses=sorted(responses)
        )  # fmt: skip
    for request in requests:
        if done and request.status in STORED_REFUSALS:
            result.add_violation([key, *sorted(ids)], "a request was both done and refused under one key",
                                 request=request.evidence(), response=request.response)  # fmt: skip
        elif request.status == 422 and len(requests) > 1 and done:
            result.add_violation([key, *sorted(ids)], "an equal request with the same key was refused as different",
                                 request=request.evidence(), response=request.response)  # fmt: skip


def _is_done(request: Request) -> bool:
    return bool(request.status and request.status < 300 and request.status != 202)
