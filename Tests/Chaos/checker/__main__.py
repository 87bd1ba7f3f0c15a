"""Judges a run, or any system that has come to rest.

    python -m checker RUN_DIR
    python -m checker --database URL [--redis URL] [--sandbox ORIGIN [--stripe-key KEY]]

Ends with 0 where every law is kept, 1 where one is broken, 2 where it could not look. RUN_DIR/verdict.json (or --json)
has all of it. With --wait it looks again, once a second, until nothing is broken or the time is over: for a system
that is still coming to rest.
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
from .report import Verdict
from .rundir import RunDirectory
from .world import World


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="checker", description="Judges a GitTix system that has come to rest.")
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN_DIR", help="what a run of bin/chaos has left")
    parser.add_argument("--database", metavar="URL", help="one PostgreSQL database with every schema")
    parser.add_argument("--redis", metavar="URL")
    parser.add_argument("--prefix", help="of Redis's keys (gittix)")
    parser.add_argument("--sandbox", metavar="ORIGIN", help="the Stripe sandbox")
    parser.add_argument("--stripe-key", metavar="KEY", help="the secret key that the sandbox takes")
    parser.add_argument("--record", type=Path, metavar="FILE", help="the sandbox's record, as a file")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for what is still under way")
    parser.add_argument("--law", action="append", metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the verdict")
    parser.add_argument("--list", action="store_true", help="print the laws")
    options = parser.parse_args(arguments)
    if not options.list and not options.run and not options.database:
        parser.error("RUN_DIR or --database is needed")
    return options


def judge(options: argparse.Namespace) -> Verdict:
    run = RunDirectory.read(options.run) if options.run else None
    info = run.info if run else {}
    world = World(
        options.database or info["databaseUrl"],
        options.redis if options.redis is not None else info.get("redisUrl"),
        prefix=options.prefix or info.get("prefix") or "gittix",
        sandbox=None if options.record else options.sandbox or info.get("sandboxOrigin"),
        stripe_key=options.stripe_key or info.get("stripeSecretKey"),
        record=options.record,
        run=run,
    )
    try:
        return laws.judge(world, options.law)
    finally:
        world.close()


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    if options.list:
        for law in laws.ALL:
            print(f"{law.name}\n    {law.says}")
        return 0
    end = time.monotonic() + options.wait
    try:
        while True:
            verdict = judge(options)
            if not verdict.violations or time.monotonic() >= end:
                break
            time.sleep(1)
    except (OSError, KeyError, ValueError, psycopg.Error, redis.RedisError) as error:
        print(f"checker: could not look: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    file = options.json or (options.run / "verdict.json" if options.run else None)
    if file:
        file.write_text(json.dumps(verdict.json(), indent=1, default=str) + "\n", encoding="utf-8")
    print(verdict.text())
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
