"""Injects faults into a whole system under load, and has the checker judge the result."""

import argparse
import asyncio
import contextlib
import random
import shutil
import signal
import sys
import time

import chaos.faults  # noqa: F401  # fills the catalogue
from chaos.builds import find
from chaos.faults.catalogue import GROUPS
from chaos.report import Report
from chaos.run import Plan, log, run

SHORT_MINUTES = 1.7
LONG_HOURS = 8
LONG_RUN_MINUTES = 20.0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the load and of the faults; random by default")
    parser.add_argument("--minutes", type=float, default=5, help="how long faults are injected (5)")
    parser.add_argument(
        "--faults", default=",".join(GROUPS), help=f"groups of faults, comma-separated ({','.join(GROUPS)})"
    )
    parser.add_argument("--short", action="store_true", help="two to three minutes in all, as bin/test runs it")
    parser.add_argument(
        "--long", action="store_true", help=f"repeat with new seeds for {LONG_HOURS} h, or until Ctrl-C"
    )
    parser.add_argument("--keep", action="store_true", help="keep the files of a run without violations, too")
    parser.add_argument(
        "--mixed", nargs="?", const="", metavar="COMMIT",
        help="run half of the processes from the build of another commit (the last tag)",
    )  # fmt: skip
    options = parser.parse_args()
    options.groups = [group for group in options.faults.split(",") if group]
    if unknown := [group for group in options.groups if group not in GROUPS]:
        parser.error(f"unknown groups of faults: {', '.join(unknown)}; known: {', '.join(GROUPS)}")
    options.builds = None if options.mixed is None else find(options.mixed)
    if options.builds:
        # The other build may not trim the stream while a follower is paused, and may stop after a failover.
        options.groups = [group for group in options.groups if group not in ("pause", "failover")]
    return options


def plan(options: argparse.Namespace, seed: int) -> Plan:
    minutes = options.minutes
    if options.short:
        minutes = SHORT_MINUTES
    elif options.long:
        minutes = max(minutes, LONG_RUN_MINUTES)
    return Plan(
        seed=seed, minutes=minutes, groups=options.groups, keeps_files=options.keep, builds=options.builds
    )


def finish(report: Report, keeps_files: bool) -> None:
    """Prints the report, and deletes the files of a good run."""
    log("")
    log(report.text())
    if report.is_good and not keeps_files:
        shutil.rmtree(report.directory, ignore_errors=True)


async def main() -> int:
    options = parse()
    rng = random.SystemRandom()
    seed = options.seed if options.seed is not None else rng.randrange(1, 1 << 31)
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        if options.long:
            return await run_repeatedly(options, seed, rng)
        report = await run(plan(options, seed))
        finish(report, options.keep)
        return 0 if report.is_good else 1
    except asyncio.CancelledError:
        log("bin/chaos: stopped")
        return 130


async def run_repeatedly(options: argparse.Namespace, seed: int, rng: random.Random) -> int:
    """Runs one seed after the other, and prints a summary at the end."""
    end = time.monotonic() + LONG_HOURS * 3600
    results = []
    try:
        while time.monotonic() < end:
            report = await run(plan(options, seed))
            finish(report, options.keep)
            results.append((seed, report.is_good))
            seed = rng.randrange(1, 1 << 31)
    except asyncio.CancelledError:
        log("bin/chaos: stopping")
    bad = [str(seed) for seed, is_good in results if not is_good]
    log(f"{len(results)} runs, {len(bad)} with violations or errors{': seeds ' + ', '.join(bad) if bad else ''}")
    return 1 if bad else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main()))
    sys.exit(130)
