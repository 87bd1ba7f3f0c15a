"""Every command that was answered `202` was decided, or Redis has lost it in a fault that the run knows.

Decided: the service's inbox has it. Else it is among the dead letters (judged elsewhere) or what the harness killed
Redis with: a flush, a kill, a cut, between when it was sent and a minute after it was answered. `202` promises no more
than that Redis has it.
"""

from ..report import Finding
from ..requests import requests
from ..world import SERVICES, World

NEEDS = ("run",)

#: So long after its answer a command may still be only in Redis: put off, or waiting for a worker.
ONLY_IN_REDIS_MS = 60_000


def judge(world: World, finding: Finding) -> None:
    known = {service: {row["id"] for row in world.query(f"SELECT id::text FROM {service}.inbox")}
             for service in SERVICES}  # fmt: skip
    dead: set[str] = set()
    if world.redis is not None:
        for service in SERVICES:
            dead |= {fields.get("id", "") for _, fields in world.redis.xrange(world.key("dead", service))}
    done = {(request.user, request.key): request for request in requests(world.run.clients) if request.status == 201}
    for request in requests(world.run.clients):
        if request.status != 202 or not request.command or not request.service:
            continue
        finding.look("commands answered 202", 1)
        if request.command in known[request.service]:
            continue
        if request.command in dead:
            finding.explain("given up on: among the dead letters")
        elif world.run.lost_between(request.start - 2000, request.end + ONLY_IN_REDIS_MS):
            finding.explain("Redis lost it")
        else:
            finding.violate(
                request.command, "a command was accepted, and nothing became of it", request=request.told(),
                done_by_the_same_key=bool(request.key and (request.user, request.key) in done),
            )  # fmt: skip
