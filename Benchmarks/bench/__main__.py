"""bin/bench: measures GitTix, and compares it with the best that the machine can do."""

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
from bench.context import ScenarioContext
from bench.market import Market
from bench.outcome import Figure
from bench.scenarios import ALL, ONLY_IF_NAMED, growth
from bench.system import POSTGRES, SETTINGS, BenchmarkSystem

#: Maximum time for one scenario with its preparation and baselines.
SCENARIO_LIMIT_SECONDS = 480
LIMIT_SECONDS_IF_NAMED = 3600

#: Results of the laws that are not failures.
GOOD_CHECKS = ("kept", "not checked")


def parse() -> argparse.Namespace:
    names = [*ALL, "growth"]
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures a whole system of its own.")
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help=f"{', '.join(names)}; by default all but "
                        f"{', '.join(ONLY_IF_NAMED)}")
    parser.add_argument("--runs", type=int, default=1, help="number of runs; shows medians and ranges if more than 1")
    parser.add_argument("--seconds", type=float, default=10, help="length of each measured time")
    parser.add_argument("--quick", action="store_true", help="shorter, with fewer existing orders: to try a change")
    parser.add_argument("--no-check", action="store_true", help="do not check the laws: to try a change")
    parser.add_argument("--json", type=Path, help="where to write all results")
    parser.add_argument("--keep", action="store_true", help="keep logs, plans and reports")
    options = parser.parse_args()
    unknown = [name for name in options.scenario if name not in names]
    if unknown:
        parser.error(f"unknown scenarios: {', '.join(unknown)}; known: {', '.join(names)}")
    options.scenario = [
        name for name in names
        if name in options.scenario or (not options.scenario and name not in ONLY_IF_NAMED)
    ]  # fmt: skip
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
        return all(check in GOOD_CHECKS for check in self.checks.values())

    async def run(self) -> None:
        for number in range(1, self.options.runs + 1):
            names = [name for name in self.options.scenario if name != "growth"]
            if names:
                await self._run_once(number, names)
        if "growth" in self.options.scenario:
            await self._run_growth()

    async def _run_once(self, number: int, names: list[str]) -> None:
        print(f"==> Run {number} of {self.options.runs}: {', '.join(names)}", flush=True)
        system = BenchmarkSystem(self.directory / f"run-{number}")
        figures: list[Figure] = []
        details: dict = {}
        try:
            await system.start()
            baselines = Baselines(system, min(self.options.seconds, 6))
            context = ScenarioContext(
                system, Market(system), baselines, self.options.seconds, self.options.quick
            )
            await context.market.create()
            for name in names:
                if (outcome := await self._run_scenario(name, ALL[name](context))) is None:
                    continue
                figures += outcome.figures
                details[name] = outcome.details
                await self._check(context, name)
                for figure in outcome.figures:
                    print("    " + "  ".join(report.row([figure], "")[1:4]), flush=True)
            details["baselines"] = baselines.values
            figures += [
                Figure("baselines", what, baselines.values[name], unit)
                for name, what, unit in BASELINES if name in baselines.values
            ]  # fmt: skip
        finally:
            await system.stop()
        self.runs.append(figures)
        self.details.append(details)

    async def _run_scenario(self, name: str, scenario):
        """The outcome, or None if the scenario failed."""
        print(f"--> {name}", flush=True)
        began = time.monotonic()
        try:
            limit = LIMIT_SECONDS_IF_NAMED if name in ONLY_IF_NAMED else SCENARIO_LIMIT_SECONDS
            outcome = await asyncio.wait_for(scenario, limit)
        except Exception as error:  # noqa: BLE001  # the other scenarios still run
            self._record_failure(name, error)
            return None
        print(f"    took {time.monotonic() - began:.1f} s", flush=True)
        return outcome

    def _record_failure(self, name: str, error: Exception) -> None:
        traceback.print_exception(error, limit=6)
        self.checks[name] = f"FAILED: {str(error)[:200] or type(error).__name__}"

    async def _check(self, context: ScenarioContext, name: str) -> None:
        if self.options.no_check:
            self.checks[name] = "not checked"
            return
        check = await context.check(name)
        if self.checks.get(name, "kept") == "kept":
            self.checks[name] = check

    async def _run_growth(self) -> None:
        print("==> Growth", flush=True)
        try:
            runs, details, check = await growth.run(self.directory / "growth", self.options)
        except Exception as error:  # noqa: BLE001
            self._record_failure("growth", error)
            return
        self.checks["growth"] = check
        self.details.append({"growth": details})
        for number, figures in enumerate(runs):
            if number < len(self.runs):
                self.runs[number] += figures
            else:
                self.runs.append(figures)


#: Name, text and unit.
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
    machine = report.machine()
    print(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, Linux {machine['kernel']}")
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
    print(f"\nTook {time.monotonic() - began:.0f} s.")
    for name, check in bench.checks.items():
        if check not in GOOD_CHECKS:
            print(f"{name}: {check}")
    path = options.json or directory / "bench.json"
    report.write(path, bench.runs, bench.checks, bench.details)
    if options.keep or not bench.is_good or options.json is None:
        print(f"Results: {path}; logs and reports: {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if bench.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
