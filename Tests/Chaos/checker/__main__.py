"""Checks a run, or any system that is at rest.

    python -m checker RUN_DIR
    python -m checker --database URL [--redis URL] [--sandbox ORIGIN]

Exits with 0 if every law is kept, 1 if one is broken, 2 if the check could not be made. RUN_DIR/verdict.json (or
--json) has all results. With --wait it repeats the check once a second until no law is broken or the time is up: for a
system that is still working.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import psycopg
import redis

from . import laws
from .report import CheckReport
from .rundir import RunDirectory
from .system import System


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="checker", description="Checks a GitTix system that is at rest.")
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN_DIR", help="the directory of a run of bin/chaos")
    parser.add_argument("--database", metavar="URL", help="one PostgreSQL database with every schema")
    parser.add_argument("--redis", metavar="URL")
    parser.add_argument("--prefix", help="prefix of the Redis keys (gittix)")
    parser.add_argument("--sandbox", metavar="ORIGIN", help="the Stripe sandbox")
    parser.add_argument("--record", type=Path, metavar="FILE", help="the sandbox's record, as a file")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="time to repeat a failing check")
    parser.add_argument("--law", action="append", metavar="NAME", help="check only this law; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the results")
    parser.add_argument("--list", action="store_true", help="print the laws")
    options = parser.parse_args(arguments)
    if not options.list and not options.run and not options.database:
        parser.error("RUN_DIR or --database is needed")
    return options


def check(options: argparse.Namespace) -> CheckReport:
    run = RunDirectory.read(options.run) if options.run else None
    info = run.info if run else {}
    system = System(
        options.database or info["databaseUrl"],
        options.redis if options.redis is not None else info.get("redisUrl"),
        prefix=options.prefix or info.get("prefix") or "gittix",
        sandbox=None if options.record else options.sandbox or info.get("sandboxOrigin"),
        record=options.record,
        run=run,
    )
    try:
        return laws.check(system, options.law)
    finally:
        system.close()


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    if options.list:
        for law in laws.ALL:
            print(f"{law.name}\n    {law.statement}")
        return 0
    end = time.monotonic() + options.wait
    try:
        while True:
            report = check(options)
            if not report.violations or time.monotonic() >= end:
                break
            time.sleep(1)
    except (OSError, KeyError, ValueError, psycopg.Error, redis.RedisError) as error:
        print(f"checker: the check failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    file = options.json or (options.run / "verdict.json" if options.run else None)
    if file:
        file.write_text(json.dumps(report.json(), indent=1, default=str) + "\n", encoding="utf-8")
    print(report.text())
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
