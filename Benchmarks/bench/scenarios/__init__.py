"""The scenarios, in the order in which they run."""

from bench.scenarios import drain, latency, lifecycle, memory, reads, rush, timers

#: Name, what runs it. Growth has a system of its own.
ALL = {
    "idle": latency.idle,
    "steady": latency.steady,
    # Before anything that more than a thousand wait for.
    "memory": memory.run,
    "read": reads.run,
    "spread": rush.spread,
    "hot": rush.hot,
    "sell-out": rush.sell_out,
    "lifecycle": lifecycle.run,
    "timers": timers.run,
    "drain": drain.run,
}
