import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def eventually(what: str, probe: Callable[[], Value | None], within_seconds: float = 30) -> Value:
    """Polls a condition until it holds, and returns its value. It is for conditions that no page shows."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not after {within_seconds} s")
        time.sleep(0.05)
