"""The scenarios, in the order in which they run."""

from bench.scenarios import bans, browse, damaged, drain, latency, lifecycle, memory, paused, reads, rush, timers

#: The scenarios by name, without `growth`, which needs its own system.
ALL = {
    "idle": latency.idle,
    "steady": latency.steady,
    # This comes before all scenarios in which more than a thousand requests wait.
    "memory": memory.run,
    "read": reads.run,
    "browse": browse.run,
    "spread": rush.spread,
    "hot": rush.hot,
    "sell-out": rush.sell_out,
    "lifecycle": lifecycle.run,
    "timers": timers.run,
    "drain": drain.run,
    "damaged": damaged.run,
    "bans": bans.run,
    "paused": paused.run,
}

#: These run only if they are named: `paused` takes half an hour.
ONLY_IF_NAMED = ("paused",)
