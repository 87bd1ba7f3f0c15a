"""The scenarios, in the order in which they run."""

from bench.scenarios import drain, latency, lifecycle, memory, reads, rush, timers

#: Name, what runs it. Growth has a system of its own.
ALL = {
    "idle": latency.idle,
    "steady": latency.steady,
    "read": reads.run,
    "spread": rush.spread,
    "hot": rush.hot,
    "sell-out": rush.sell_out,
    "memory": memory.run,
    "lifecycle": lifecycle.run,
    "timers": timers.run,
    "drain": drain.run,
}
