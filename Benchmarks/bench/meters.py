"""What a scenario cost: processor time and memory of each process, WAL, Redis."""

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from chaos.servers import children_of

from bench.system import System

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int, with_children: bool = False) -> float:
    """User and system time; with that of children that have ended, too."""
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
    """Written, as far as it went to the disk."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def forget_peak(pid: int) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass
class Cost:
    """Between two moments."""

    seconds: float = 0.0
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    wal_bytes: int = 0
    redis_bytes: int = 0
    #: Written to the disk, without what rewriting the append-only file wrote.
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


class Meter:
    """`async with Meter(system) as cost: …` fills the cost when it ends."""

    def __init__(self, system: System):
        self.system = system
        self.cost = Cost()

    def _pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.system.processes.items() if process.pid}

    async def _look(self) -> dict:
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
            "wal": int(await system.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")),  # type: ignore[call-overload]
            "redis": info["used_memory"],
            "disk": disk_bytes(system.redis.process.pid),
            "commands": info["total_commands_processed"],
        }

    async def __aenter__(self) -> Cost:
        for pid in self._pids().values():
            forget_peak(pid)
        self.before = await self._look()
        return self.cost

    async def __aexit__(self, *_: object) -> None:
        after = await self._look()
        cost, before = self.cost, self.before
        cost.cpu_seconds = {name: value - before["cpu"].get(name, 0.0) for name, value in after["cpu"].items()}
        cost.peak_bytes = {name: memory_bytes(pid, "VmHWM") for name, pid in self._pids().items()}
        cost.wal_bytes = after["wal"] - before["wal"]
        cost.redis_bytes = after["redis"] - before["redis"]
        cost.redis_disk_bytes = after["disk"] - before["disk"]
        cost.redis_commands = after["commands"] - before["commands"]
