"""No client is kept waiting past its limit without an answer, whatever is away.

The limit: what it asked to wait at most (`Prefer: wait`, else `COMMAND_WAIT_SECONDS`; nothing for a GET) and the margin
that the run states. A connection that ends without an answer is explained only by its API process being killed or
stopped at that time; a long wait only by that process being held (`SIGSTOP`), or by the harness itself having been
late (`stall`). Redis, PostgreSQL, Stripe or workers that are away explain nothing: then the answer is `202` or `503`.
"""

from ..report import Finding
from ..requests import Request, requests
from ..rundir import Fault
from ..world import World

NEEDS = ("run",)

ENDS = {"kill", "term", "rolling"}
HOLDS = {"stop"}


def judge(world: World, finding: Finding) -> None:
    wait = float(world.run.settings.get("COMMAND_WAIT_SECONDS") or 10)
    margin = max(float(world.run.limits.get("answerSeconds") or wait + 5) - wait, 2)
    longest = 0.0
    for request in requests(world.run.clients):
        if request.method == "":
            continue
        asked = request.line.get("wait")
        limit = margin + (float(asked) if asked is not None else 0 if request.method == "GET" else wait)
        # Whoever signs in waits for a password to be checked, and for a command.
        finding.look("requests", 1)
        if request.status is not None and request.seconds <= limit:
            longest = max(longest, request.seconds)
            continue
        faults = [fault for fault in world.run.faults if _is_of(fault, request)]
        if any(fault.kind in HOLDS and fault.overlaps(request.start, request.end) for fault in faults):
            finding.explain("its API process was held")
        elif world.run.faults_of({"stall"}, request.start, request.end):
            finding.explain("the harness itself was late")
        elif request.status is None and any(
            fault.kind in ENDS and fault.overlaps(request.start - 1000, request.end + 1000) for fault in faults
        ):
            finding.explain("its API process was killed or ended")
        elif request.status is None:
            finding.violate(request.line.get("id") or "-", f"a request was not answered: {request.error}",
                            seconds=round(request.seconds, 2), limit=limit, request=request.told())  # fmt: skip
        else:
            finding.violate(request.line.get("id") or "-", "a request was answered past its limit",
                            seconds=round(request.seconds, 2), limit=limit, request=request.told())  # fmt: skip
    finding.notes.append(f"the longest answer within its limit took {longest:.1f} s")


def _is_of(fault: Fault, request: Request) -> bool:
    """Whether a fault hit the process that was asked."""
    if fault.kind not in ENDS | HOLDS:
        return False
    origin = fault.detail.get("origin")
    if origin and request.line.get("origin"):
        return origin == request.line["origin"]
    return "api" in fault.target.lower() or fault.target in ("", "*", "all")
