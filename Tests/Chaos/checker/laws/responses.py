"""Every request gets a response within its limit, even during faults; and the only 5xx status is `503`.

The limit is the requested wait (`Prefer: wait`, else `COMMAND_WAIT_SECONDS`; 0 for a GET) plus the run's margin. A
connection that ends without a response is explained only if its API process was killed, or had not yet restarted after
it was killed or stopped: a process that receives `SIGTERM` still answers the requests that were sent more than half a
second before. A late response is explained by a suspended process (`SIGSTOP`) or by a delay of the harness itself
(`stall`). An outage of Redis, PostgreSQL, Stripe or workers explains nothing: the response is then `202` or `503`.
"""

from ..report import LawResult
from ..requests import Request, api_requests
from ..rundir import RunDirectory
from ..system import System

REQUIRES = ("run",)

#: A client may notice the end of a connection this much before or after the fault is recorded.
SLACK_MS = 1000
#: If a request was sent less than this before `SIGTERM`, the process may not have read it.
IN_TRANSIT_MS = 500
FOREVER = float("inf")


def check(system: System, result: LawResult) -> None:
    run = system.run
    wait = float(run.settings.get("COMMAND_WAIT_SECONDS") or 10)
    margin = max(float(run.limits.get("answerSeconds") or wait + 5) - wait, 2)
    killed = {name: _outages(run, name, ("kill",)) for name in _processes(run)}
    terminated = {name: _outages(run, name, ("term",)) for name in _processes(run)}
    suspended = {name: [(fault.start, fault.end) for fault in run.faults if fault.kind.startswith("stop") and
                        _is_target(fault.target, name)] for name in _processes(run)}  # fmt: skip
    longest = 0.0
    for request in api_requests(run.clients):
        if request.error == "abandoned":
            continue
        requested = request.line.get("wait")
        limit = margin + (float(requested) if requested is not None else 0 if request.method == "GET" else wait)
        result.count("requests", 1)
        if request.status and request.status >= 500 and request.status != 503:
            result.add_violation(request.line.get("id") or "-", f"a request was answered {request.status}",
                                 request=request.evidence(), response=request.response)  # fmt: skip
        if request.status is not None and request.seconds <= limit:
            longest = max(longest, request.seconds)
            continue
        name = next((name for name, origin in _processes(run).items() if origin == request.line.get("origin")), "")
        if _overlaps(suspended.get(name, []), request):
            result.explain("the API process was suspended")
        elif run.faults_of({"stall"}, request.start, request.end):
            result.explain("the harness itself was delayed")
        elif request.status is None and _overlaps(killed.get(name, []), request, SLACK_MS):
            result.explain("the API process was killed")
        elif request.status is None and any(
            start - IN_TRANSIT_MS <= request.start <= end + SLACK_MS for start, end in terminated.get(name, [])
        ):
            result.explain("the API process had received SIGTERM")
        else:
            what = "was answered after its limit" if request.status else f"was not answered: {request.error}"
            result.add_violation(
                request.line.get("id") or "-", f"a request {what}", seconds=round(request.seconds, 2), limit=limit,
                process=name, request=request.evidence(),
            )  # fmt: skip
    result.notes.append(f"the slowest response within its limit took {longest:.1f} s")


def _processes(run: RunDirectory) -> dict[str, str]:
    """The origin of each API process, by name."""
    processes = run.info.get("processes") or {}
    return {name: one["origin"] for name, one in processes.items() if one.get("kind") == "api"}


def _is_target(target: str, name: str) -> bool:
    return name in target.split(",")


def _outages(run: RunDirectory, name: str, kinds: tuple[str, ...]) -> list[tuple[float, float]]:
    """The times from when the process was killed or terminated until it had started again."""
    starts = sorted(fault.end for fault in run.faults if fault.kind == "start" and _is_target(fault.target, name))
    return [
        (fault.start, next((end for end in starts if end > fault.start), FOREVER))
        for fault in run.faults
        if fault.kind.startswith(kinds) and _is_target(fault.target, name)
    ]


def _overlaps(intervals: list[tuple[float, float]], request: Request, slack: float = 0) -> bool:
    return any(start - slack <= request.end and request.start <= end + slack for start, end in intervals)
