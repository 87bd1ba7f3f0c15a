"""The results of the laws, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Violation:
    law: str
    #: Ids to search for: of orders, listings, commands, stream entries.
    ids: list[str]
    what: str
    evidence: dict[str, Any]


@dataclass
class LawResult:
    """The result of one law: the examined data, and the violations."""

    law: str
    #: The first paragraph of its docstring.
    statement: str = ""
    examined: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    #: Exceptions that the law allows: their number, by reason.
    explained: Counter[str] = field(default_factory=Counter)
    #: Measurements that are not violations, such as the largest delay.
    notes: list[str] = field(default_factory=list)
    #: The reason why the law was not checked.
    skipped: str | None = None

    def count(self, what: str, count: int) -> None:
        """Counts what the law has examined."""
        self.examined[what] += count

    def add_violation(self, ids: list[Any] | Any, what: str, **evidence: Any) -> None:
        listed = ids if isinstance(ids, list) else [ids]
        self.violations.append(Violation(self.law, [str(one) for one in listed], what, evidence))

    def explain(self, reason: str, count: int = 1) -> None:
        """Counts exceptions that the law allows for a known reason."""
        if count:
            self.explained[reason] += count

    @property
    def has_examined_nothing(self) -> bool:
        return self.skipped is not None or not sum(self.examined.values())


@dataclass
class CheckReport:
    results: list[LawResult]

    @property
    def violations(self) -> list[Violation]:
        return [violation for result in self.results for violation in result.violations]

    def json(self) -> dict[str, Any]:
        return {
            "violations": [asdict(violation) for violation in self.violations],
            "laws": [
                {
                    "law": result.law,
                    "statement": result.statement,
                    "examined": dict(result.examined),
                    "violations": len(result.violations),
                    "explained": dict(result.explained),
                    "notes": result.notes,
                    "skipped": result.skipped,
                }
                for result in self.results
            ],
        }

    def text(self, max_violations: int = 20) -> str:
        """One line for each law, followed by its first violations; the others are counted."""
        lines = []
        width = max((len(result.law) for result in self.results), default=0)
        for result in self.results:
            lines.append(f"{_status(result)} {result.law:<{width}}  {_counts(result)}")
            for reason, count in sorted(result.explained.items()):
                lines.append(f"        {count} explained: {reason}")
            lines += [f"        {note}" for note in result.notes]
            for violation in result.violations[:max_violations]:
                lines.append(f"        VIOLATION {violation.what}")
                lines.append(f"          ids: {' '.join(violation.ids) or '-'}")
                if violation.evidence:
                    lines.append(f"          {json.dumps(violation.evidence, default=str, ensure_ascii=False)[:2000]}")
            if len(result.violations) > max_violations:
                lines.append(f"        and {len(result.violations) - max_violations} more")
        empty = sum(1 for result in self.results if result.has_examined_nothing)
        lines.append(
            f"{len(self.results)} laws, {empty} of them with nothing to examine, {len(self.violations)} violations"
        )
        return "\n".join(lines)


def _status(result: LawResult) -> str:
    if result.violations:
        return "BROKEN "
    return "skipped" if result.has_examined_nothing else "kept   "


def _counts(result: LawResult) -> str:
    if result.skipped:
        return f"not checked: {result.skipped}"
    if result.has_examined_nothing:
        return f"nothing to examine: no {', '.join(result.examined) or 'data'}"
    return ", ".join(f"{count} {what}" for what, count in result.examined.items() if count)
