"""What a law found, and how it is told."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Violation:
    law: str
    #: The things to look at: ids of orders, tickets, commands, stream entries.
    ids: list[str]
    what: str
    evidence: dict[str, Any]


@dataclass
class Finding:
    """What one law looked at, and what it found."""

    law: str
    #: Its first sentence.
    says: str = ""
    looked: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    #: What would be a violation but for a reason that the law knows: how often, by reason.
    explained: Counter[str] = field(default_factory=Counter)
    #: Worth knowing, and nobody's fault: the largest lateness, for instance.
    notes: list[str] = field(default_factory=list)
    #: Why it could not look at all.
    blind: str | None = None

    def look(self, what: str, count: int) -> None:
        self.looked[what] += count

    def violate(self, ids: list[Any] | Any, what: str, **evidence: Any) -> None:
        listed = ids if isinstance(ids, list) else [ids]
        self.violations.append(Violation(self.law, [str(one) for one in listed], what, evidence))

    def explain(self, reason: str, count: int = 1) -> None:
        if count:
            self.explained[reason] += count


@dataclass
class Verdict:
    findings: list[Finding]

    @property
    def violations(self) -> list[Violation]:
        return [violation for finding in self.findings for violation in finding.violations]

    def json(self) -> dict[str, Any]:
        return {
            "violations": [asdict(violation) for violation in self.violations],
            "laws": [
                {
                    "law": finding.law,
                    "says": finding.says,
                    "looked": dict(finding.looked),
                    "violations": len(finding.violations),
                    "explained": dict(finding.explained),
                    "notes": finding.notes,
                    "blind": finding.blind,
                }
                for finding in self.findings
            ],
        }

    def text(self, most: int = 20) -> str:
        """A line for each law, and below it what it found: at most so many violations, the rest counted."""
        lines = []
        width = max((len(finding.law) for finding in self.findings), default=0)
        for finding in self.findings:
            lines.append(f"{_mark(finding)} {finding.law:<{width}}  {_counts(finding)}")
            for reason, count in sorted(finding.explained.items()):
                lines.append(f"       {count} explained: {reason}")
            lines += [f"       {note}" for note in finding.notes]
            for violation in finding.violations[:most]:
                lines.append(f"       VIOLATION {violation.what}")
                lines.append(f"         ids: {' '.join(violation.ids) or '-'}")
                if violation.evidence:
                    lines.append(f"         {json.dumps(violation.evidence, default=str, ensure_ascii=False)[:2000]}")
            if len(finding.violations) > most:
                lines.append(f"       and {len(finding.violations) - most} more")
        blind = sum(1 for finding in self.findings if finding.blind or not sum(finding.looked.values()))
        lines.append(
            f"{len(self.findings)} laws, {blind} of them with nothing to look at, {len(self.violations)} violations"
        )
        return "\n".join(lines)


def _mark(finding: Finding) -> str:
    if finding.violations:
        return "BROKEN"
    return "blind " if finding.blind or not sum(finding.looked.values()) else "kept  "


def _counts(finding: Finding) -> str:
    if finding.blind:
        return f"did not look: {finding.blind}"
    if not sum(finding.looked.values()):
        return f"looked at nothing: no {', '.join(finding.looked) or 'such thing'}"
    return ", ".join(f"{count} {what}" for what, count in finding.looked.items() if count)
