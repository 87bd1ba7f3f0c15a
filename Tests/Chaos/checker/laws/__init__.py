"""The laws: each a file whose first sentence is the law, and whose `judge` looks whether it is kept."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..report import Finding, Verdict
from ..world import World

#: What a law may need besides PostgreSQL, why it can't look without it, and whether it is there.
NEEDS: dict[str, tuple[str, Callable[[World], bool]]] = {
    "redis": ("no Redis was named", lambda world: world.redis is not None),
    "record": ("no Stripe sandbox was named", lambda world: world.has_record),
    "stripe": ("no Stripe sandbox and its key were named", lambda world: world.has_stripe),
    "run": ("no run's directory was named", lambda world: world.run is not None),
    "ledger": ("the ledger was not installed before the run", lambda world: world.has_ledger),
}


@dataclass(frozen=True)
class Law:
    name: str
    says: str
    needs: tuple[str, ...]
    judge: Callable[[World, Finding], None]


def _load() -> list[Law]:
    found = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        says = " ".join((module.__doc__ or "").strip().split("\n\n")[0].split())
        found.append(Law(module_info.name, says, getattr(module, "NEEDS", ()), module.judge))
    return found


ALL = _load()


def judge(world: World, only: Iterable[str] | None = None) -> Verdict:
    wanted = set(only or ())
    unknown = wanted - {law.name for law in ALL}
    if unknown:
        raise ValueError(f"there is no law {', '.join(sorted(unknown))}")
    findings = []
    for law in ALL:
        if wanted and law.name not in wanted:
            continue
        finding = Finding(law.name, law.says)
        finding.blind = next((why for need in law.needs for why, there in [NEEDS[need]] if not there(world)), None)
        if not finding.blind:
            law.judge(world, finding)
        findings.append(finding)
    return Verdict(findings)
