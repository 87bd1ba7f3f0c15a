"""Measures GitTix, and prints how near it comes to what the machine can do.

    bin/bench [SCENARIO…] [--runs N] [--quick] [--seconds S] [--json FILE] [--keep]

Ends with 1 when a law was broken or a scenario failed; a target that is missed is said, and no failure.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bench import report
from bench.baselines import Baselines
from bench.market import Market
from bench.outcome import Figure
from bench.scenarios import ALL, growth
from bench.stage import Stage
from bench.system import POSTGRES, SETTINGS, System

#: No scenario may take longer, with its set-up, its baselines and its judgement.
SCENARIO_LIMIT_SECONDS = 480


def parse() -> argparse.Namespace:
    names = [*ALL, "growth"]
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures a whole system of its own.")
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help=f"{', '.join(names)}; all unless told")
    parser.add_argument("--runs", type=int, default=1, help="so many; then medians, and from which to which")
    parser.add_argument("--seconds", type=float, default=10, help="of each measured time")
    parser.add_argument("--quick", action="store_true", help="shorter, with less there before: to try a change")
    parser.add_argument("--no-check", action="store_true", help="leaves the laws out: to try a change")
    parser.add_argument("--json", type=Path, help="where to write all of it")
    parser.add_argument("--keep", action="store_true", help="leaves logs, plans and reports")
    options = parser.parse_args()
    unknown = [name for name in options.scenario if name not in names]
    if unknown:
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(names)}")
    options.scenario = [name for name in names if not options.scenario or name in options.scenario]
    if options.quick:
        options.seconds = min(options.seconds, 5)
    return options


class Bench:
    def __init__(self, options: argparse.Namespace, directory: Path):
        self.options = options
        self.directory = directory
        self.runs: list[list[Figure]] = []
        self.checks: dict[str, str] = {}
        self.details: list[dict] = []

    @property
    def is_good(self) -> bool:
        return all(check in ("kept", "not looked at") for check in self.checks.values())

    async def run(self) -> None:
        for number in range(1, self.options.runs + 1):
            names = [name for name in self.options.scenario if name != "growth"]
            if names:
                await self._run(number, names)
        if "growth" in self.options.scenario:
            await self._growth()

    async def _run(self, number: int, names: list[str]) -> None:
        print(f"==> Run {number} of {self.options.runs}: {', '.join(names)}", flush=True)
        directory = self.directory / f"run-{number}"
        system = System(directory)
        figures: list[Figure] = []
        details: dict = {}
        try:
            await system.start()
            stage = Stage(
                system, Market(system), Baselines(system, min(self.options.seconds, 6)), self.options.seconds,
                self.options.quick,
            )  # fmt: skip
            await stage.market.open()
            for name in names:
                if (outcome := await self._attempt(name, ALL[name](stage))) is None:
                    continue
                figures += outcome.figures
                details[name] = outcome.details
                await self._check(stage, name)
                for figure in outcome.figures:
                    print("    " + "  ".join(report.line([figure], "")[1:4]), flush=True)
            details["baselines"] = stage.baselines.values
            figures += [
                Figure("baselines", what, stage.baselines.values[name], unit)
                for name, what, unit in BASELINES if name in stage.baselines.values
            ]  # fmt: skip
        finally:
            await system.stop()
        self.runs.append(figures)
        self.details.append(details)

    async def _attempt(self, name: str, scenario):
        print(f"--> {name}", flush=True)
        began = time.monotonic()
        try:
            outcome = await asyncio.wait_for(scenario, SCENARIO_LIMIT_SECONDS)
        except Exception as error:  # noqa: BLE001  # the others are still worth their time
            traceback.print_exception(error, limit=6)
            self.checks[name] = f"FAILED: {str(error)[:200] or type(error).__name__}"
            return None
        print(f"    took {time.monotonic() - began:.1f} s", flush=True)
        return outcome

    async def _check(self, stage: Stage, name: str) -> None:
        if self.options.no_check:
            self.checks[name] = "not looked at"
            return
        check = await stage.check(name)
        if self.checks.get(name, "kept") == "kept":
            self.checks[name] = check

    async def _growth(self) -> None:
        print("==> Growth", flush=True)
        try:
            runs, details, check = await growth.run(self.directory / "growth", self.options)
        except Exception as error:  # noqa: BLE001
            traceback.print_exception(error, limit=6)
            self.checks["growth"] = f"FAILED: {str(error)[:200] or type(error).__name__}"
            return
        self.checks["growth"] = check
        self.details.append({"growth": details})
        # Of each run of the others one of its own, so that medians are of as many.
        for number, figures in enumerate(runs):
            if number < len(self.runs):
                self.runs[number] += figures
            else:
                self.runs.append(figures)


BASELINES = [
    ("batch_rows", "pgbench: orders a second in batches of 256 (the better of 1 and 2 sessions)", "/s"),
    ("commit_ms", "pgbench: one commit of one order's rows, 50 a second, p50", "ms"),
    ("commit_hot_ms", "pgbench: one commit of one order's rows, one after the other, p50", "ms"),
    ("naive_rate", "pgbench: naive orders a second, a row lock each, 16 clients", "/s"),
    ("xadd_rate", "redis-benchmark: XADD a second, pipelined", "/s"),
    ("redis_ms", "redis-cli: a round trip", "ms"),
    ("bare_rate", "bare Hummingbird route, same generator", "/s"),
]


def main() -> int:
    options = parse()
    directory = Path(tempfile.mkdtemp(prefix="gittix-bench-run-"))
    bench = Bench(options, directory)
    began = time.monotonic()
    told = report.machine()
    print(f"{told['cpu']}, {told['cores']} cores, {told['memory']}, Linux {told['kernel']}")
    print("PostgreSQL: fsync on, " + ", ".join(f"{name} {value}" for name, value in POSTGRES.items()))
    print("GitTix: defaults, and " + ", ".join(f"{name} {value}" for name, value in SETTINGS.items()))
    try:
        asyncio.run(bench.run())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print()
    print(report.table(bench.runs, bench.checks))
    print("\n" + report.costs([run for run in bench.details if "growth" not in run]))
    print(f"\nIn {time.monotonic() - began:.0f} s.")
    for name, check in bench.checks.items():
        if check not in ("kept", "not looked at"):
            print(f"{name}: {check}")
    path = options.json or directory / "bench.json"
    report.write(path, bench.runs, bench.checks, bench.details)
    if options.keep or not bench.is_good or options.json is None:
        print(f"All of it: {path}; logs and reports: {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if bench.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
