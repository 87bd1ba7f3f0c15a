"""The list of faults, filled by the modules beside this one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chaos.faults.stage import Stage

GROUPS = ("kill", "redis", "net", "postgres", "stripe", "clock")


@dataclass(frozen=True)
class Fault:
    """One way to break the system, and to mend it again before it returns."""

    name: str
    group: str
    weight: float
    run: Callable[[Stage], Awaitable[None]]
    # Whether nothing else may go wrong meanwhile.
    is_exclusive: bool = False


CATALOGUE: dict[str, Fault] = {}


def fault(name: str, group: str, weight: float = 1.0):
    """Adds a function to the catalogue."""

    def add(run: Callable[[Stage], Awaitable[None]]):
        assert group in GROUPS and name not in CATALOGUE
        CATALOGUE[name] = Fault(name, group, weight, run)
        return run

    return add
