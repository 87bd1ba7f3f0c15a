"""The list of faults. The other modules of this package fill it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chaos.faults.context import FaultContext

GROUPS = ("kill", "redis", "net", "postgres", "stripe", "clock", "pause", "failover")


@dataclass(frozen=True)
class Fault:
    name: str
    group: str
    # Relative frequency within its group.
    weight: float
    # Injects the fault, and ends it before it returns.
    run: Callable[[FaultContext], Awaitable[None]]
    # If not 0, the fault is injected alone, while no other fault is active, once in a run of at least this many
    # minutes.
    alone_from_minutes: float = 0


CATALOGUE: dict[str, Fault] = {}


def fault(name: str, group: str, weight: float = 1.0, alone_from_minutes: float = 0):
    """Adds a function to the catalogue."""

    def add(run: Callable[[FaultContext], Awaitable[None]]):
        assert group in GROUPS and name not in CATALOGUE
        CATALOGUE[name] = Fault(name, group, weight, run, alone_from_minutes)
        return run

    return add
