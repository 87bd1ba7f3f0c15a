"""The report of a run, as text and as JSON."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chaos.faults.catalogue import CATALOGUE
from chaos.faults.context import FaultContext
from chaos.load.load import Load
from chaos.scheduler import Scheduler
from chaos.system import ChaosSystem
from chaos.takeover import percentile

MAX_TAKEOVER_SECONDS = {"kill": 7.0, "term": 0.2}
# With fewer takeovers than this, their percentile is not judged.
MIN_TAKEOVERS = 5
# From this duration on, every kind of fault must have been injected.
MIN_COVERAGE_MINUTES = 10
MAX_SHOWN = 40


@dataclass
class Report:
    directory: Path
    seed: int
    groups: list[str]
    minutes: float
    # Each violation has `law`, `what`, `ids` and `evidence`.
    violations: list[dict] = field(default_factory=list)
    # Reasons why the run is not conclusive: the harness failed, or injected fewer faults than requested.
    errors: list[str] = field(default_factory=list)
    numbers: dict = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.violations and not self.errors

    def add_violation(self, law: str, what: str, ids: list[str] | None = None, **evidence: object) -> None:
        self.violations.append({"law": law, "what": what, "ids": ids or [], "evidence": evidence})

    def gather(self, system: ChaosSystem, load: Load, context: FaultContext, scheduler: Scheduler) -> None:
        """Adds the counts and measurements of the harness."""
        faults = dict(sorted(context.injected.items()))
        starts = sum(process.starts for process in system.killable)
        exits = [exit for process in system.processes.values() for exit in process.exits]
        self.numbers |= {
            "faults": faults,
            "faultsMissed": dict(sorted(context.missed.items())),
            "processKills": context.process_kills,
            "processTerminations": context.terminations,
            "processStarts": starts,
            "redisFlushes": faults.get("redis_flush", 0),
            "serverRestarts": sum(faults.get(kind, 0) for kind in ("redis_kill", "redis_cut", "pg_kill")),
            "requests": dict(sorted(load.shared.counts.items())),
            "slowestAnswerMs": load.shared.slowest_ms,
            "endedByThemselves": len(exits),
            "lateEndings": context.slow_exits,
            "harnessStalls": context.stalls,
            "takeoversAside": scheduler.takeovers.ignored,
            "takeoversMissed": scheduler.takeovers.missed,
        }
        for exit in exits:
            if exit.is_crash:
                self.add_violation(
                    "no process crashes", f"{exit.name} was ended by signal {-exit.code}", [exit.name],
                    at=exit.at, livedSeconds=exit.uptime_seconds,
                )  # fmt: skip
        for failure, count in Counter(load.failures).items():
            self.errors.append(f"a client of the harness failed ({count} times): {failure}")
        for promise, what in context.violations:
            self.add_violation(promise, what)
        if system.pooled:
            self.numbers["pooler"] = f"{system.pooled}, {system.pooler.mode} mode"
        if context.catch_ups:
            self.numbers["catchUpSeconds"] = [round(seconds, 1) for seconds in context.catch_ups]
        for error, count in Counter(context.errors).items():
            self.errors.append(f"a fault could not be injected ({count} times): {error}")
        self._add_measurements(scheduler)

    def _add_measurements(self, scheduler: Scheduler) -> None:
        takeovers = scheduler.takeovers
        for name, values in (("kill", takeovers.kill), ("term", takeovers.term)):
            if not values:
                continue
            limit = MAX_TAKEOVER_SECONDS[name]
            p99 = percentile(values, 0.99)
            self.numbers[f"takeover_{name}"] = {
                "count": len(values), "p50": round(percentile(values, 0.5), 3), "p99": round(p99, 3),
                "max": round(max(values), 3),
            }  # fmt: skip
            # With fewer than a hundred values, the largest alone is the 99th percentile: one slow takeover is allowed.
            slow = sum(value > limit for value in values)
            if p99 > limit and len(values) >= MIN_TAKEOVERS and slow > 1:
                self.add_violation(
                    f"another worker takes over within {limit} s ({name})",
                    f"p99 of {len(values)} is {p99:.3f} s", values=[round(value, 3) for value in values],
                )  # fmt: skip
        for what in takeovers.incomplete:
            self.add_violation("another worker takes over", what)
        recoveries = scheduler.recoveries
        if recoveries.seconds:
            self.numbers["whole_after_flush"] = {
                "count": len(recoveries.seconds), "max": round(max(recoveries.seconds), 3),
            }  # fmt: skip
        for what in recoveries.incomplete:
            self.add_violation("all committed work is complete within 60 s of FLUSHALL", what)

    def check_coverage(self, context: FaultContext) -> None:
        """Adds an error for each kind of fault that a long run never injected."""
        if self.minutes < MIN_COVERAGE_MINUTES:
            return
        for fault in CATALOGUE.values():
            is_due = fault.group in self.groups and fault.alone_from_minutes <= self.minutes
            if is_due and not context.injected.get(fault.name):
                self.errors.append(f"the fault {fault.name} was never injected in {self.minutes:g} minutes")
        for name, group in (("processKills", "kill"), ("serverRestarts", "redis"), ("webhooksDropped", "stripe")):
            if group in self.groups and not self.numbers.get(name):
                self.errors.append(f"{name} is 0 after {self.minutes:g} minutes")
        wanted = ["takeover_kill", "takeover_term"] if "kill" in self.groups else []
        wanted += ["whole_after_flush"] if "redis" in self.groups else []
        for name in wanted:
            if name not in self.numbers:
                self.errors.append(f"{name} was never measured in {self.minutes:g} minutes")

    def add_verdict(self, path: Path) -> None:
        """Adds the checker's verdict."""
        verdict = json.loads(path.read_text())
        self.violations += verdict.get("violations", [])
        self.numbers["laws"] = verdict.get("laws", [])
        for law in self.numbers["laws"]:
            if law["skipped"]:
                self.errors.append(f"the law {law['law']} was not checked: {law['skipped']}")

    def text(self) -> str:
        numbers = self.numbers
        lines = [f"seed {self.seed}, {self.minutes:g} minutes, faults {','.join(self.groups)}", ""]
        lines.append(
            f"  {numbers.get('processKills', 0)} process kills, {numbers.get('processTerminations', 0)} SIGTERM, "
            f"{numbers.get('processStarts', 0)} process starts, {numbers.get('redisFlushes', 0)} Redis flushes, "
            f"{numbers.get('serverRestarts', 0)} server restarts, "
            f"{numbers.get('webhooksDropped', 0)} webhooks dropped, "
            f"{numbers.get('endedByThemselves', 0)} unexpected exits"
        )
        lines += ["", "faults injected:", *_columns(numbers.get("faults", {}))]
        lines += ["", "responses:", *_columns(numbers.get("requests", {}))]
        lines.append(f"  slowest response: {numbers.get('slowestAnswerMs', 0)} ms")
        if numbers.get("lateEndings"):
            lines.append(f"  {numbers['lateEndings']} processes had not exited 20 s after SIGTERM")
        if numbers.get("harnessStalls"):
            lines.append(f"  the harness itself was blocked {numbers['harnessStalls']} times")
        lines.append("")
        for name, what in (("kill", "kill -9"), ("term", "SIGTERM")):
            if measured := numbers.get(f"takeover_{name}"):
                lines.append(
                    f"takeover after {what}: p50 {measured['p50']} s, p99 {measured['p99']} s, "
                    f"max {measured['max']} s of {measured['count']}"
                )
        if numbers.get("takeoversAside"):
            lines.append(f"  {numbers['takeoversAside']} more were not counted, because the machine was overloaded")
        if measured := numbers.get("whole_after_flush"):
            lines.append(f"recovery after FLUSHALL: max {measured['max']} s of {measured['count']}")
        for seconds in numbers.get("catchUpSeconds", []):
            lines.append(f"a follower had caught up {seconds} s after its pause")
        if "pooler" in numbers:
            lines.append(f"behind PgBouncer: {numbers['pooler']}")
        if "quietSeconds" in numbers:
            lines.append(f"at rest {numbers['quietSeconds']} s after the load ended")
        if laws := numbers.get("laws"):
            lines.append(f"{len(laws)} laws checked")
            for law in laws:
                lines += [f"  {count} explained by {law['law']}: {why}" for why, count in law["explained"].items()]
        lines += self.lines
        lines.append("")
        for error in self.errors[:MAX_SHOWN]:
            lines.append(f"ERROR  {error}")
        for violation in self.violations[:MAX_SHOWN]:
            ids = " ".join(violation.get("ids", [])[:6])
            lines.append(f"VIOLATION  {violation['law']}: {violation['what']}  [{ids}]")
        if len(self.violations) > MAX_SHOWN:
            lines.append(f"… {len(self.violations) - MAX_SHOWN} more violations in report.json")
        if self.is_good:
            lines.append(f"No violations. Seed {self.seed}.")
        else:
            lines.append(
                f"{len(self.violations)} violations, {len(self.errors)} errors. Seed {self.seed}. "
                f"All files are in {self.directory}"
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
    """Lines of several `name count` cells."""
    cells = [f"{name} {count}" for name, count in counts.items()]
    size = max((len(cell) for cell in cells), default=0) + 2
    return [
        "  " + "".join(cell.ljust(size) for cell in cells[start : start + width]).rstrip()
        for start in range(0, len(cells), width)
    ]
