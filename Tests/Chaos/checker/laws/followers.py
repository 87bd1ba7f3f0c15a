"""At rest, every follower has settled every event, and none is catching up.

The rows in `<owner>.followers` reach the owner's last outbox row. The hash that has the positions of followers off the
stream is empty, and so is each follower's catch-up stream. The position of a follower that an operator has dropped does
not count.
"""

from ..report import LawResult
from ..system import System

REQUIRES = ("redis",)


def check(system: System, result: LawResult) -> None:
    for service in system.services.with_schema:
        stream = system.key("events", service)
        last = system.value(f"SELECT coalesce(max(id), 0) FROM {service}.outbox")
        for name, position in system.redis.hgetall(f"{stream}:gaps").items():
            result.add_violation(f"{service}:{name}", "a follower is off the stream", position=position, last_row=last)
        for follower in system.query(f"SELECT name, settled, state FROM {service}.followers"):
            result.count("followers", 1)
            name = follower["name"]
            if follower["state"] == "live" and follower["settled"] < last:
                result.add_violation(
                    f"{service}:{name}", "a follower has not settled every event",
                    settled=follower["settled"], last_row=last,
                )  # fmt: skip
            if unsettled := system.redis.xlen(f"{stream}:to:{name}"):
                result.add_violation(f"{service}:{name}", "a catch-up stream is not empty", entries=unsettled)
