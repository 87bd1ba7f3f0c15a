"""The files of a run: its settings, the clients' log, the history of the event streams, and the faults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Faults that can make Redis lose data.
DATA_LOSS_FAULTS = frozenset({"redis_flush", "redis_cut", "redis_kill"})


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a log, one per line. Invalid lines are ignored: the last one may be incomplete, because its
    writer was killed."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value


@dataclass(frozen=True)
class Fault:
    kind: str
    target: str
    #: Epoch milliseconds; `end` equals `start` if the fault was instantaneous.
    start: float
    end: float
    detail: dict[str, Any]

    def overlaps(self, start: float, end: float) -> bool:
        return self.start <= end and start <= self.end


@dataclass
class RunDirectory:
    path: Path
    info: dict[str, Any]
    clients: list[dict[str, Any]]
    history: list[dict[str, Any]]
    faults: list[Fault]
    limits: dict[str, float] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> RunDirectory:
        info = json.loads((path / "run.json").read_text(encoding="utf-8"))
        return RunDirectory(
            path=path,
            info=info,
            clients=list(lines(path / "clients.jsonl")),
            history=list(lines(path / "history.jsonl")),
            faults=[_fault(line) for line in lines(path / "faults.jsonl")],
            limits=info.get("limits") or {},
            settings=info.get("settings") or {},
        )

    def faults_of(self, kinds: Iterable[str], start: float, end: float) -> list[Fault]:
        wanted = set(kinds)
        return [fault for fault in self.faults if fault.kind in wanted and fault.overlaps(start, end)]

    def data_losses(self, start: float, end: float) -> list[Fault]:
        """The faults during this time by which Redis may have lost data."""
        return [fault for fault in self.faults if fault.kind in DATA_LOSS_FAULTS and fault.overlaps(start, end)]

    @property
    def injected_ids(self) -> set[str]:
        """Ids of the messages that the harness itself added to Redis."""
        ids: set[str] = set()
        for fault in self.faults:
            detail = fault.detail
            for name in ("ids", "id", "newer"):
                value = detail.get(name)
                for one in value if isinstance(value, list) else [value]:
                    ids.add(one.get("id", "") if isinstance(one, dict) else str(one))
        return ids

    def seconds_without_faults(self, start: float, end: float, settle: float = 0) -> float:
        """Returns the number of quiet seconds between two times (in ms): no fault is active, and none has ended within
        the last `settle` seconds."""
        busy = sorted(
            (max(fault.start, start), min(fault.end + settle * 1000, end))
            for fault in self.faults
            if fault.start <= end and fault.end + settle * 1000 >= start
        )
        healthy, at = 0.0, start
        for begin, finish in busy:
            healthy += max(0.0, begin - at)
            at = max(at, finish)
        return (healthy + max(0.0, end - at)) / 1000


def _fault(line: dict[str, Any]) -> Fault:
    start = float(line.get("t0") or 0)
    end = line.get("t1")
    detail = line.get("detail")
    return Fault(
        kind=str(line.get("kind") or ""),
        target=str(line.get("target") or ""),
        start=start,
        end=float(end) if end is not None else start,
        detail=detail if isinstance(detail, dict) else {},
    )
