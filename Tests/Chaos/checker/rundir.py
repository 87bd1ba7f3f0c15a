"""What a run of the harness has left behind: its settings, what each client was answered, what each event stream held,
and what was broken when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Faults after which Redis may have forgotten something.
LOSSES = frozenset({"redis_flush", "redis_cut", "redis_kill"})


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a log. Its last line may have been cut off when its writer was."""
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
    #: Epoch milliseconds; the second is the first where it was instantaneous.
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

    def lost_between(self, start: float, end: float) -> list[Fault]:
        """The faults by which Redis may have lost what it held at some time in between."""
        return [fault for fault in self.faults if fault.kind in LOSSES and fault.overlaps(start, end)]

    @property
    def planted(self) -> set[str]:
        """Ids of what the harness has put into Redis by itself."""
        ids: set[str] = set()
        for fault in self.faults:
            detail = fault.detail
            for name in ("ids", "id", "newer"):
                value = detail.get(name)
                for one in value if isinstance(value, list) else [value]:
                    ids.add(one.get("id", "") if isinstance(one, dict) else str(one))
        return ids

    def healthy_seconds(self, start: float, end: float, settle: float = 0) -> float:
        """How much of the time between two moments (ms) no fault lasted, nor had ended less than `settle` s before."""
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
