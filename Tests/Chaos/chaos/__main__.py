"""bin/chaos: breaks everything, and has what is left judged."""

import argparse
import asyncio
import contextlib
import random
import shutil
import signal
import sys
import time

import chaos.faults  # noqa: F401  # fills the catalogue
from chaos.faults.catalogue import GROUPS
from chaos.report import Report
from chaos.run import Plan, run, say

SHORT_MINUTES = 1.7
LONG_HOURS = 8
LONG_RUN_MINUTES = 20.0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the load and of the faults; a random one unless told")
    parser.add_argument("--minutes", type=float, default=5, help="for which things break (5)")
    parser.add_argument(
        "--faults", default=",".join(GROUPS), help=f"groups of faults, separated by commas ({','.join(GROUPS)})"
    )
    parser.add_argument("--short", action="store_true", help="between two and three minutes in all, as bin/test runs it")
    parser.add_argument(
        "--long", action="store_true", help=f"seed after seed for {LONG_HOURS} h, or until told to stop (Ctrl-C)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the records of a run without a violation, too")
    chosen = parser.parse_args()
    chosen.groups = [group for group in chosen.faults.split(",") if group]
    if unknown := [group for group in chosen.groups if group not in GROUPS]:
        parser.error(f"there is no group of faults {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    return chosen


def plan(chosen: argparse.Namespace, seed: int) -> Plan:
    minutes = chosen.minutes
    if chosen.short:
        minutes = SHORT_MINUTES
    elif chosen.long:
        minutes = max(minutes, LONG_RUN_MINUTES)
    return Plan(seed=seed, minutes=minutes, groups=chosen.groups, keeps=chosen.keep)


def tell(report: Report, keeps: bool) -> None:
    say("")
    say(report.text())
    if report.is_good and not keeps:
        shutil.rmtree(report.directory, ignore_errors=True)


async def main() -> int:
    chosen = options()
    chance = random.SystemRandom()
    first = chosen.seed if chosen.seed is not None else chance.randrange(1, 1 << 31)
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        if not chosen.long:
            report = await run(plan(chosen, first))
            tell(report, chosen.keep)
            return 0 if report.is_good else 1
        return await night(chosen, first, chance)
    except asyncio.CancelledError:
        say("bin/chaos: stopped")
        return 130


async def night(chosen: argparse.Namespace, first: int, chance: random.Random) -> int:
    """Run after run; each tells for itself, and the last line tells of all."""
    end = time.monotonic() + LONG_HOURS * 3600
    seed, told = first, []
    try:
        while time.monotonic() < end:
            report = await run(plan(chosen, seed))
            tell(report, chosen.keep)
            told.append((seed, report.is_good))
            seed = chance.randrange(1, 1 << 31)
    except asyncio.CancelledError:
        say("bin/chaos: told to stop")
    bad = [str(seed) for seed, is_good in told if not is_good]
    say(f"{len(told)} runs, {len(bad)} of them bad{': seeds ' + ', '.join(bad) if bad else ''}")
    return 1 if bad else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main()))
    sys.exit(130)
