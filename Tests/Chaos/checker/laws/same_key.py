"""The same idempotency key of the same user for the same route is one command: one id, one final answer.

Whatever was repeated, at once or later, at whichever API process: no two ids, no two different bodies of a `2xx`, and no
refusal by the service after it was done. Only with another body or path it is `422`. Answers that are not kept (`202`,
`401`, `429`, `503`, `403` of a ban meanwhile, `404`, `400`, no answer) say nothing. Keys live 48 hours.
"""

import json
from collections import defaultdict

from ..report import Finding
from ..requests import Request, requests
from ..world import World

NEEDS = ("run",)

#: Refusals of the services, which are kept.
KEPT = {409, 412}


def judge(world: World, finding: Finding) -> None:
    groups: dict[tuple, list[Request]] = defaultdict(list)
    for request in requests(world.run.clients):
        if request.key and request.method != "GET":
            groups[(request.user, request.route, request.key)].append(request)
    finding.look("keys", len(groups))
    for (_, route, key), group in groups.items():
        if len(group) < 2:
            continue
        finding.look("keys used again", 1)
        # With other contents it is another request, which must have been refused.
        kinds: dict[str, list[Request]] = defaultdict(list)
        for request in group:
            kinds[json.dumps([request.path, request.line.get("body")], sort_keys=True)].append(request)
        done = [[one for one in kind if one.status and one.status < 300 and one.status != 202]
                for kind in kinds.values()]  # fmt: skip
        if sum(1 for kind in done if kind) > 1:
            finding.violate(key, "two different requests with one key were both done",
                            requests=[one.told() for kind in done for one in kind])  # fmt: skip
        for kind in kinds.values():
            _same(finding, route, key, kind)


def _same(finding: Finding, route: str, key: str, group: list[Request]) -> None:
    ids = {request.command for request in group if request.command}
    if len(ids) > 1:
        finding.violate(sorted(ids), "one key was answered with two ids", route=route, key=key)
    done = [request for request in group if request.status and request.status < 300 and request.status != 202]
    # A sign-up that is repeated shows the account as it was then.
    answers = {json.dumps([request.status, request.answer], sort_keys=True) for request in done}
    if len(answers) > 1:
        finding.violate([key, *sorted(ids)], "one key was answered in two ways", route=route, answers=sorted(answers))
    first = min((request.end for request in done), default=None)
    for request in group:
        if first is not None and request.status in KEPT:
            finding.violate([key, *sorted(ids)], "what was done under a key was refused under it too",
                            request=request.told(), answer=request.answer)  # fmt: skip
        elif request.status == 422 and len(group) > 1 and done:
            finding.violate([key, *sorted(ids)], "the same request with the same key was called another",
                            request=request.told(), answer=request.answer)  # fmt: skip
