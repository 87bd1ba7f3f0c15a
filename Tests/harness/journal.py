"""A log with one JSON object per line."""

import json
import time
from pathlib import Path


def now_ms() -> int:
    """The harness's clock in epoch milliseconds. Injected faults do not change it."""
    return time.time_ns() // 1_000_000


class Journal:
    """A file of JSON lines. Each line is flushed, so that a reader sees whole lines."""

    def __init__(self, path: Path):
        self.file = path.open("a", buffering=1, encoding="utf-8")

    def write(self, record: dict) -> None:
        self.file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")

    def close(self) -> None:
        self.file.close()
