"""While one service is paused, and no other fault is active, the other services work as before.

The fault `pause_follower` pauses one follower of orders until the event stream is trimmed past its position, and for
some time longer. From two seconds after the start of the fault to its end, no request for another service is answered
`503`, and some orders are created. Explained: the harness itself was delayed during the request or shortly before it.
Then the processes of GitTix were delayed, too: an API process whose connection to Redis has not answered in time
refuses requests immediately.
"""

from ..report import LawResult
from ..requests import api_requests
from ..system import System

REQUIRES = ("run",)

SETTLE_MS = 2000
#: A delay of all processes may have effects for this long.
AFTER_STALL_MS = 5000


def check(system: System, result: LawResult) -> None:
    requests = api_requests(system.run.clients)
    for fault in system.run.faults:
        if fault.kind != "pause_follower":
            continue
        start, end = fault.start + SETTLE_MS, fault.end
        ordered = 0
        for request in requests:
            if not start <= request.start <= request.end <= end or request.service in (None, fault.target):
                continue
            result.count(f"requests while {fault.target} was paused", 1)
            ordered += request.route == "POST /api/orders" and request.status == 201
            if request.status != 503:
                continue
            if system.run.faults_of({"stall"}, request.start - AFTER_STALL_MS, request.end):
                result.explain("the harness itself was delayed")
            else:
                result.add_violation(
                    [fault.target, request.line.get("id") or "-"],
                    f"a request for {request.service} was refused while {fault.target} was paused",
                    request=request.evidence(),
                )  # fmt: skip
        if not ordered:
            result.add_violation(fault.target, "nobody could order while a follower of orders was paused")
