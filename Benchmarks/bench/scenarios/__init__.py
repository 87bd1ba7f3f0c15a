"""The scenarios, in the order in which they run."""

from bench.scenarios import drain, latency, lifecycle, memory, reads, rush, timers

#: By name. `growth` is missing: it needs its own system.
ALL = {
    "idle": latency.idle,
    "steady": latency.steady,
    # Before all scenarios in which more than a thousand requests wait.
    "memory": memory.run,
    "read": reads.run,
    "spread": rush.spread,
    "hot": rush.hot,
    "sell-out": rush.sell_out,
    "lifecycle": lifecycle.run,
    "timers": timers.run,
    "drain": drain.run,
}
