"""Measures what a scenario costs: processor time and memory of each process, WAL, Redis."""

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from bench.system import BenchmarkSystem
from harness.servers import children_of

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int, with_children: bool = False) -> float:
    """User and system time. `with_children` adds the time of children that have exited."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(words[11]) + int(words[12])
    if with_children:
        ticks += int(words[13]) + int(words[14])
    return ticks / TICKS


def memory_bytes(pid: int, which: str = "VmRSS") -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(which + ":"):
            return int(line.split()[1]) * 1024
    return 0


def disk_bytes(pid: int) -> int:
    """Bytes that the process caused to be written to the disk."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def reset_peak_memory(pid: int) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass
class Cost:
    """The cost between two points in time. The keys of the dictionaries are process names."""

    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    wal_bytes: int = 0
    redis_bytes: int = 0
    #: Bytes written to the disk, not counting rewrites of the append-only file.
    redis_disk_bytes: int = 0
    redis_commands: int = 0

    def json(self) -> dict:
        return {
            "cpuSeconds": {name: round(value, 2) for name, value in self.cpu_seconds.items()},
            "peakMegabytes": {name: round(value / 1e6, 1) for name, value in self.peak_bytes.items()},
            "walBytes": self.wal_bytes,
            "redisBytes": self.redis_bytes,
            "redisDiskBytes": self.redis_disk_bytes,
            "redisCommands": self.redis_commands,
        }

    def per_order(self, orders: int) -> dict:
        """The cost of one order. Processor time is in µs, by process."""
        if orders == 0:
            return {}
        micro = {name: round(value / orders * 1e6, 1) for name, value in self.cpu_seconds.items()}
        return {
            "cpuMicroseconds": micro | {"all": round(sum(micro.values()), 1)},
            "walBytes": round(self.wal_bytes / orders), "redisBytes": round(self.redis_bytes / orders),
            "redisDiskBytes": round(self.redis_disk_bytes / orders),
            "redisCommands": round(self.redis_commands / orders, 2),
        }  # fmt: skip


class Meter:
    """`async with Meter(system) as cost: …` sets the cost at the end of the block."""

    def __init__(self, system: BenchmarkSystem):
        self.system = system
        self.cost = Cost()

    def _pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.system.processes.items() if process.pid}

    async def _read_counters(self) -> dict:
        system = self.system
        assert system.redis.process and system.postgres.process
        cpu = {name: cpu_seconds(pid) for name, pid in self._pids().items()}
        cpu["redis"] = cpu_seconds(system.redis.process.pid, with_children=True)
        postgres = system.postgres.process.pid
        cpu["postgres"] = cpu_seconds(postgres, with_children=True)
        for child in children_of(postgres):
            with contextlib.suppress(OSError):
                cpu["postgres"] += cpu_seconds(child)
        info = await system.redis.client.info()
        return {
            "cpu": cpu,
            "wal": int(await system.postgres.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")),
            "redis": info["used_memory"],
            "disk": disk_bytes(system.redis.process.pid),
            "commands": info["total_commands_processed"],
        }

    async def __aenter__(self) -> Cost:
        for pid in self._pids().values():
            reset_peak_memory(pid)
        self.before = await self._read_counters()
        return self.cost

    async def __aexit__(self, *_: object) -> None:
        after = await self._read_counters()
        cost, before = self.cost, self.before
        cost.cpu_seconds = {name: value - before["cpu"].get(name, 0.0) for name, value in after["cpu"].items()}
        cost.peak_bytes = {name: memory_bytes(pid, "VmHWM") for name, pid in self._pids().items()}
        cost.wal_bytes = after["wal"] - before["wal"]
        cost.redis_bytes = after["redis"] - before["redis"]
        cost.redis_disk_bytes = after["disk"] - before["disk"]
        cost.redis_commands = after["commands"] - before["commands"]
