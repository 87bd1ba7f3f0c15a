"""The run's records: a line of JSON for each thing that happened."""

import json
import time
from pathlib import Path


def now_ms() -> int:
    """The harness's own clock, which no fault touches."""
    return time.time_ns() // 1_000_000


class Journal:
    """A file that grows by whole lines, flushed one by one: whoever reads it never sees half of one for long."""

    def __init__(self, path: Path):
        self.path = path
        self.file = path.open("a", buffering=1, encoding="utf-8")

    def write(self, record: dict) -> None:
        self.file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")

    def close(self) -> None:
        self.file.close()
