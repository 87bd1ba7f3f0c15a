import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def eventually(what: str, look: Callable[[], Value | None], within_seconds: float = 30) -> Value:
    """Looks at something that no page shows until it is so."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not after {within_seconds} s")
        time.sleep(0.05)
