"""Nothing in Redis grows for ever: what belongs to one process or one visitor has an end, and there is no key that is not
documented.

Replies, heartbeats and counted attempts have a time to live. Streams of events stay within their bound (20,000 entries,
twice the usual setting). No exception.
"""

import re

from ..report import Finding
from ..world import STREAMS, World

NEEDS = ("redis",)

MOST_EVENTS = 20_000
ENDING = ("replies", "worker", "limit")
LASTING = ("commands", "later", "events", "dead", "deadlines", "paused", "returned")


def judge(world: World, finding: Finding) -> None:
    known = re.compile(rf"{re.escape(world.prefix)}:(\w+):")
    for key in world.redis.scan_iter(match=f"{world.prefix}:*", count=1000):
        finding.look("keys", 1)
        found = known.match(key)
        kind = found[1] if found else ""
        if kind in ENDING:
            # Gone meanwhile is -2.
            if world.redis.pttl(key) == -1:
                finding.violate(key, "a key that belongs to one process or visitor never ends")
        elif kind not in LASTING:
            finding.violate(key, "a key that no page tells of")
    for service in STREAMS:
        length = world.redis.xlen(world.key("events", service))
        if length > MOST_EVENTS:
            finding.violate(world.key("events", service), "a stream of events is beyond its bound", length=length)
