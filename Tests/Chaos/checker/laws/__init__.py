"""The laws: one file each. The first paragraph of a file's docstring states the law; its function `check` reports the
violations."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..report import CheckReport, LawResult
from ..system import System

#: The things besides PostgreSQL that a law may require: for each, the reason that is shown for a law skipped without
#: it, and a function that tests whether it is available.
REQUIREMENTS: dict[str, tuple[str, Callable[[System], bool]]] = {
    "redis": ("no Redis was given", lambda system: system.redis is not None),
    "record": ("no Stripe sandbox was given", lambda system: system.has_record),
    "run": ("no run directory was given", lambda system: system.run is not None),
    "ledger": ("the ledger was not installed before the run", lambda system: system.has_ledger),
}


@dataclass(frozen=True)
class Law:
    name: str
    statement: str
    requires: tuple[str, ...]
    check: Callable[[System, LawResult], None]


def _load() -> list[Law]:
    found = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        statement = " ".join((module.__doc__ or "").strip().split("\n\n")[0].split())
        found.append(Law(module_info.name, statement, getattr(module, "REQUIRES", ()), module.check))
    return found


ALL = _load()


def check(system: System, only: Iterable[str] | None = None) -> CheckReport:
    """Checks all laws, or only the named ones."""
    wanted = set(only or ())
    unknown = wanted - {law.name for law in ALL}
    if unknown:
        raise ValueError(f"unknown law: {', '.join(sorted(unknown))}")
    results = []
    for law in ALL:
        if wanted and law.name not in wanted:
            continue
        result = LawResult(law.name, law.statement)
        missing = [why for why, is_available in map(REQUIREMENTS.get, law.requires) if not is_available(system)]
        if missing:
            result.skipped = missing[0]
        else:
            law.check(system, result)
        results.append(result)
    return CheckReport(results)
