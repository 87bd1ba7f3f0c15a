"""Nothing in Redis grows without bound: keys of one process or visitor expire, and every key is of a documented kind.

Replies, worker heartbeats and rate limits have a time to live. Event streams have at most 20,000 entries (twice the
default of `STREAM_BOUND_ENTRIES`). No exceptions.
"""

import re

from ..report import LawResult
from ..system import System

REQUIRES = ("redis",)

MAX_EVENTS = 20_000
EXPIRING = ("replies", "worker", "limit", "commands-of", "in-hand")
PERMANENT = ("commands", "later", "events", "dead", "deadlines", "paused", "returned")


def check(system: System, result: LawResult) -> None:
    pattern = re.compile(rf"{re.escape(system.prefix)}:([\w-]+):")
    for key in system.redis.scan_iter(match=f"{system.prefix}:*", count=1000):
        result.count("keys", 1)
        found = pattern.match(key)
        kind = found[1] if found else ""
        if kind in EXPIRING:
            # -2 would mean that the key has expired since.
            if system.redis.pttl(key) == -1:
                result.add_violation(key, "a key of one process or visitor does not expire")
        elif kind not in PERMANENT:
            result.add_violation(key, "a key is not documented")
    for service in system.services.all:
        length = system.redis.xlen(system.key("events", service))
        if length > MAX_EVENTS:
            result.add_violation(system.key("events", service), "an event stream exceeds its bound", length=length)
