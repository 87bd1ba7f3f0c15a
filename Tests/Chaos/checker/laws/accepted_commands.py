"""Every command that was answered `202` was decided, unless a fault of the run made Redis lose it.

Decided means that the service's inbox has the command. Otherwise the command is a dead letter (law `queues`), or the
harness flushed, killed or truncated Redis between two seconds before the request and one minute after its response. A
`202` promises only that Redis has the command. A failover to an asynchronous standby may lose the decision, or the
order or listing that the command is about: then the service waits for it without success, and refuses the command.
"""

from ..report import LawResult
from ..requests import api_requests
from ..system import System

REQUIRES = ("run",)

#: For this long after its response, a command may exist only in Redis: deferred, or waiting for a worker.
ONLY_IN_REDIS_MS = 60_000


def check(system: System, result: LawResult) -> None:
    inboxes = {service: {row["id"] for row in system.query(f"SELECT id::text FROM {service}.inbox")}
               for service in system.services.with_schema}  # fmt: skip
    dead_letters: set[str] = set()
    if system.redis is not None:
        for service in system.services.with_schema:
            dead_letters |= {fields.get("id", "") for _, fields in system.redis.xrange(system.key("dead", service))}
    requests = api_requests(system.run.clients)
    done = {(request.user, request.key) for request in requests if request.status == 201}
    for request in requests:
        if request.status != 202 or not request.command or not request.service:
            continue
        result.count("commands answered 202", 1)
        if request.command in inboxes[request.service]:
            continue
        if request.command in dead_letters:
            result.explain("the command is a dead letter")
        elif request.command in system.lost.inbox[request.service]:
            result.explain("a failover lost the decision")
        elif system.lost.explains(
            [request.subject, request.body.get("orderId"), request.body.get("ticketId")], request.start
        ) or (request.user in system.lost.rows):
            result.explain("a failover lost the account, or the order or listing that the command is about")
        elif system.run.data_losses(request.start - 2000, request.end + ONLY_IN_REDIS_MS):
            result.explain("Redis lost the command")
        else:
            result.add_violation(
                request.command, "a command was accepted but never decided", request=request.evidence(),
                done_by_the_same_key=bool(request.key and (request.user, request.key) in done),
            )  # fmt: skip
