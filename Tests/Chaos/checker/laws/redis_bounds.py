"""Nothing in Redis grows without bound: keys of one process or visitor expire, and every key is of a documented kind.

Replies, worker heartbeats and rate limits have a time to live. The event stream of a service with an outbox never has
more entries than the run's `STREAM_BOUND_ENTRIES`, by the recorder's measurements. Other streams, and the streams of a
run that sets no bound, have at most 20,000 entries (twice the default). The catch-up stream of a follower has at most
two pages of 500 rows. There are no exceptions.
"""

import re

from ..report import LawResult
from ..system import System

REQUIRES = ("redis",)

MAX_EVENTS = 20_000
MAX_CATCH_UP = 1000
EXPIRING = ("replies", "worker", "limit", "guesses", "commands-of", "in-hand")
PERMANENT = ("commands", "later", "events", "dead", "deadlines", "timers", "paused", "returned")


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
    longest = {
        key: system.redis.xlen(key) for key in (system.key("events", service) for service in system.services.all)
    }
    for line in system.run.history if system.run else ():
        if "length" in line:
            longest[line["stream"]] = max(longest.get(line["stream"], 0), line["length"])
    bounded = {system.key("events", service) for service in system.services.with_schema}
    bound = int((system.run.limits.get("streamEntries") if system.run else None) or MAX_EVENTS)
    for key, length in longest.items():
        limit = MAX_CATCH_UP if ":to:" in key else bound if key in bounded else MAX_EVENTS
        if length > limit:
            result.add_violation(key, "an event stream exceeds its bound", length=length, limit=limit)
