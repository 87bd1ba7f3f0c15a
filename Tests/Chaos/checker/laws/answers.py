"""No client is kept waiting past its limit without an answer, whatever is away.

The limit: what it asked to wait at most (`Prefer: wait`, else `COMMAND_WAIT_SECONDS`; nothing for a GET) and the margin
that the run states. A connection that ends without an answer is explained only by its API process being killed, or not
being up again since it was killed or ended: one that is asked to end (`SIGTERM`) answers what it was asked up to half a
second before. A long wait is explained by that process being held (`SIGSTOP`) or the harness itself having been
late (`stall`). No answer is an error of the server's own: of the statuses from 500 on there is `503` alone. Redis, PostgreSQL, Stripe or workers that are away explain nothing: then the answer is `202` or `503`.
"""

from ..report import Finding
from ..requests import Request, requests
from ..rundir import RunDirectory
from ..world import World

NEEDS = ("run",)

#: A connection may be found ended somewhat before or after the fault is written down.
SLACK_MS = 1000
#: So long may a request be on its way before a process that was asked to end has read it.
ON_ITS_WAY_MS = 500
FOREVER = float("inf")


def judge(world: World, finding: Finding) -> None:
    run = world.run
    wait = float(run.settings.get("COMMAND_WAIT_SECONDS") or 10)
    margin = max(float(run.limits.get("answerSeconds") or wait + 5) - wait, 2)
    killed = {name: _away(run, name, ("kill",)) for name in _processes(run)}
    ended = {name: _away(run, name, ("term",)) for name in _processes(run)}
    held = {name: [(fault.start, fault.end) for fault in run.faults if fault.kind.startswith("stop") and
                   _is_of(fault.target, name)] for name in _processes(run)}  # fmt: skip
    longest = 0.0
    for request in requests(run.clients):
        if request.error == "abandoned":
            continue
        asked = request.line.get("wait")
        limit = margin + (float(asked) if asked is not None else 0 if request.method == "GET" else wait)
        finding.look("requests", 1)
        if request.status and request.status >= 500 and request.status != 503:
            finding.violate(request.line.get("id") or "-", f"a request was answered {request.status}",
                            request=request.told(), answer=request.answer)  # fmt: skip
        if request.status is not None and request.seconds <= limit:
            longest = max(longest, request.seconds)
            continue
        name = next((name for name, origin in _processes(run).items() if origin == request.line.get("origin")), "")
        if _overlap(held.get(name, []), request):
            finding.explain("its API process was held")
        elif run.faults_of({"stall"}, request.start, request.end):
            finding.explain("the harness itself was late")
        elif request.status is None and _overlap(killed.get(name, []), request, SLACK_MS):
            finding.explain("its API process was killed")
        elif request.status is None and any(
            start - ON_ITS_WAY_MS <= request.start <= end + SLACK_MS for start, end in ended.get(name, [])
        ):
            finding.explain("its API process had been asked to end")
        else:
            what = "was answered past its limit" if request.status else f"was not answered: {request.error}"
            finding.violate(request.line.get("id") or "-", f"a request {what}", seconds=round(request.seconds, 2),
                            limit=limit, process=name, request=request.told())  # fmt: skip
    finding.notes.append(f"the longest answer within its limit took {longest:.1f} s")


def _processes(run: RunDirectory) -> dict[str, str]:
    """The origin of each API process, by its name."""
    processes = run.info.get("processes") or {}
    return {name: one["origin"] for name, one in processes.items() if one.get("kind") == "api"}


def _is_of(target: str, name: str) -> bool:
    return name in target.split(",")


def _away(run: RunDirectory, name: str, kinds: tuple[str, ...]) -> list[tuple[float, float]]:
    """From when it was killed, or asked to end, until it was up again."""
    starts = sorted(fault.end for fault in run.faults if fault.kind == "start" and _is_of(fault.target, name))
    return [
        (fault.start, next((end for end in starts if end > fault.start), FOREVER))
        for fault in run.faults
        if fault.kind.startswith(kinds) and _is_of(fault.target, name)
    ]


def _overlap(intervals: list[tuple[float, float]], request: Request, slack: float = 0) -> bool:
    return any(start - slack <= request.end and request.start <= end + slack for start, end in intervals)
