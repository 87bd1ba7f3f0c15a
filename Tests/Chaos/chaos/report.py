"""What a run tells when it is over."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chaos.faults.catalogue import CATALOGUE
from chaos.faults.stage import Stage
from chaos.load.load import Load
from chaos.scheduler import Scheduler
from chaos.system import System
from chaos.takeover import percentile

KILL_LIMIT_SECONDS = 7.0
TERM_LIMIT_SECONDS = 0.2
# From so many on a percentile says something.
ENOUGH = 5
LONG_ENOUGH_MINUTES = 10
SHOWN = 40


@dataclass
class Report:
    directory: Path
    seed: int
    groups: list[str]
    minutes: float
    # Each with the law, what is wrong, and the ids to look at.
    violations: list[dict] = field(default_factory=list)
    # What keeps the run from being believed: the harness failed, or broke less than it was asked to.
    errors: list[str] = field(default_factory=list)
    numbers: dict = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.violations and not self.errors

    def violate(self, law: str, what: str, ids: list[str] | None = None, **evidence: object) -> None:
        self.violations.append({"law": law, "what": what, "ids": ids or [], "evidence": evidence})

    # Filling it

    def gather(self, system: System, load: Load, stage: Stage, scheduler: Scheduler) -> None:
        hits = dict(sorted(stage.hits.items()))
        starts = sum(process.starts for process in system.victims)
        endings = [ending for process in system.processes.values() for ending in process.endings]
        self.numbers |= {
            "faults": hits,
            "faultsMissed": dict(sorted(stage.missed.items())),
            "processKills": stage.process_kills,
            "processTerminations": stage.terminations,
            "processStarts": starts,
            "redisFlushes": hits.get("redis_flush", 0),
            "serverRestarts": sum(hits.get(kind, 0) for kind in ("redis_kill", "redis_cut", "pg_kill")),
            "requests": dict(sorted(load.site.counts.items())),
            "slowestAnswerMs": load.site.slowest_ms,
            "endedByThemselves": len(endings),
            "lateEndings": stage.late_endings,
            "harnessStalls": stage.stalls,
            "takeoversAside": scheduler.takeovers.aside,
            "takeoversMissed": scheduler.takeovers.missed,
        }
        for ending in endings:
            if ending.is_crash:
                self.violate(
                    "no process crashes", f"{ending.name} ended by signal {-ending.code}", [ending.name],
                    at=ending.at, livedSeconds=ending.lived_seconds,
                )  # fmt: skip
        for failure, count in Counter(load.failures).items():
            self.errors.append(f"a client of the harness failed ({count}): {failure}")
        for trouble, count in Counter(stage.troubles).items():
            self.errors.append(f"a fault of the harness failed ({count}): {trouble}")
        self._measured(scheduler)

    def _measured(self, scheduler: Scheduler) -> None:
        takeovers = scheduler.takeovers
        for name, values, limit in (
            ("kill", takeovers.kill, KILL_LIMIT_SECONDS),
            ("term", takeovers.term, TERM_LIMIT_SECONDS),
        ):
            if not values:
                continue
            p99 = percentile(values, 0.99)
            self.numbers[f"takeover_{name}"] = {
                "count": len(values), "p50": round(percentile(values, 0.5), 3), "p99": round(p99, 3),
                "max": round(max(values), 3),
            }  # fmt: skip
            # Of fewer than a hundred, one alone is beyond their 99th percentile.
            slow = sum(value > limit for value in values)
            if p99 > limit and len(values) >= ENOUGH and slow > 1:
                self.violate(
                    f"work of a worker that is gone ({name}) is done within {limit} s",
                    f"p99 of {len(values)} is {p99:.3f} s", values=[round(value, 3) for value in values],
                )  # fmt: skip
        for never in takeovers.never:
            self.violate("work of a worker that is gone is done by another", never)
        wholeness = scheduler.wholeness
        if wholeness.seconds:
            self.numbers["whole_after_flush"] = {
                "count": len(wholeness.seconds), "max": round(max(wholeness.seconds), 3),
            }  # fmt: skip
        for never in wholeness.never:
            self.violate("after FLUSHALL all that was committed is whole within 60 s", never)

    def judge_counts(self, stage: Stage) -> None:
        """A long run in which some kind of fault never hit shows nothing of it."""
        if self.minutes < LONG_ENOUGH_MINUTES:
            return
        for fault in CATALOGUE.values():
            if fault.group in self.groups and not stage.hits.get(fault.name):
                self.errors.append(f"the fault {fault.name} never hit in {self.minutes:g} minutes")
        for name, group in (("processKills", "kill"), ("serverRestarts", "redis"), ("webhooksDropped", "stripe")):
            if group in self.groups and not self.numbers.get(name):
                self.errors.append(f"{name} is 0 after {self.minutes:g} minutes")
        wanted = ["takeover_kill", "takeover_term"] if "kill" in self.groups else []
        wanted += ["whole_after_flush"] if "redis" in self.groups else []
        for name in wanted:
            if name not in self.numbers:
                self.errors.append(f"{name} was never measured in {self.minutes:g} minutes")

    def add_verdict(self, path: Path) -> None:
        """The checker's."""
        verdict = json.loads(path.read_text())
        self.violations += verdict.get("violations", [])
        self.numbers["laws"] = verdict.get("laws", [])
        for law in self.numbers["laws"]:
            if law["blind"]:
                self.errors.append(f"the law {law['law']} could not look: {law['blind']}")

    # Telling it

    def text(self) -> str:
        numbers = self.numbers
        lines = [f"seed {self.seed}, {self.minutes:g} minutes, faults {','.join(self.groups)}", ""]
        lines.append(
            f"  {numbers.get('processKills', 0)} process kills, {numbers.get('processTerminations', 0)} SIGTERM, "
            f"{numbers.get('processStarts', 0)} process starts, {numbers.get('redisFlushes', 0)} Redis flushes, "
            f"{numbers.get('serverRestarts', 0)} server restarts, "
            f"{numbers.get('webhooksDropped', 0)} webhooks dropped, "
            f"{numbers.get('endedByThemselves', 0)} processes ended by themselves"
        )
        lines += ["", "faults that hit:", *_columns(numbers.get("faults", {}))]
        lines += ["", "what clients were answered:", *_columns(numbers.get("requests", {}))]
        lines.append(f"  the slowest answer took {numbers.get('slowestAnswerMs', 0)} ms")
        if numbers.get("lateEndings"):
            lines.append(f"  {numbers['lateEndings']} processes had not ended 20 s after SIGTERM")
        if numbers.get("harnessStalls"):
            lines.append(f"  the harness itself stood still {numbers['harnessStalls']} times")
        lines.append("")
        for name, what in (("kill", "kill -9"), ("term", "SIGTERM")):
            if measured := numbers.get(f"takeover_{name}"):
                lines.append(
                    f"work of a worker taken over after {what}: p50 {measured['p50']} s, p99 {measured['p99']} s, "
                    f"max {measured['max']} s of {measured['count']}"
                )
        if numbers.get("takeoversAside"):
            lines.append(f"  {numbers['takeoversAside']} more were measured while the machine was overloaded: left out")
        if measured := numbers.get("whole_after_flush"):
            lines.append(f"whole after FLUSHALL: max {measured['max']} s of {measured['count']}")
        if "quietSeconds" in numbers:
            lines.append(f"quiet {numbers['quietSeconds']} s after the load ended")
        if laws := numbers.get("laws"):
            lines.append(f"{len(laws)} laws judged")
            for law in laws:
                lines += [f"  {count} explained to {law['law']}: {why}" for why, count in law["explained"].items()]
        lines += self.lines
        lines.append("")
        for error in self.errors[:SHOWN]:
            lines.append(f"ERROR  {error}")
        for violation in self.violations[:SHOWN]:
            ids = " ".join(violation.get("ids", [])[:6])
            lines.append(f"VIOLATION  {violation['law']}: {violation['what']}  [{ids}]")
        if len(self.violations) > SHOWN:
            lines.append(f"… {len(self.violations) - SHOWN} more violations in report.json")
        if self.is_good:
            lines.append(f"No violation. Seed {self.seed}.")
        else:
            lines.append(
                f"{len(self.violations)} violations, {len(self.errors)} errors. Seed {self.seed}. "
                f"All records lie in {self.directory}"
            )
        return "\n".join(lines)

    def write(self) -> None:
        (self.directory / "report.txt").write_text(self.text() + "\n")
        (self.directory / "report.json").write_text(
            json.dumps(
                {
                    "seed": self.seed,
                    "minutes": self.minutes,
                    "groups": self.groups,
                    "violations": self.violations,
                    "errors": self.errors,
                    **self.numbers,
                },
                indent=1,
                default=str,
            )
        )


def _columns(counts: dict[str, int], width: int = 3) -> list[str]:
    """`name count`, several in a line."""
    cells = [f"{name} {count}" for name, count in counts.items()]
    size = max((len(cell) for cell in cells), default=0) + 2
    return [
        "  " + "".join(cell.ljust(size) for cell in cells[start : start + width]).rstrip()
        for start in range(0, len(cells), width)
    ]
