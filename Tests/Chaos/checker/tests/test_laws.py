"""A healthy market breaks no law, and each damage is detected by exactly the laws that it breaks. Every check of every
law is triggered at least once: a check that cannot fail is useless.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import uuid
from pathlib import Path

import psycopg
import redis

from .. import laws, ledger
from ..__main__ import main
from ..report import CheckReport, LawResult
from ..rundir import Fault
from ..system import System
from . import (  # noqa: F401  # add their damages
    catalogue_damages, damages, failover_damages, follower_damages, price_damages, retention_damages, seat_damages,
    split_damages,
)
from .damages import Damage, Fixture
from .healthy import HealthyMarket

LAWS = Path(laws.__file__).parent


class Laws(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        server, url = os.environ["TEST_DATABASE_URL"], os.environ["TEST_REDIS_URL"]
        name = f"checker_{uuid.uuid4().hex[:12]}"
        cls.prefix = name
        cls.server = psycopg.connect(server, autocommit=True)
        cls.server.execute(f"CREATE DATABASE {name}")
        cls.addClassCleanup(cls._remove, name)
        database = f"{server.rsplit('/', 1)[0]}/{name}"
        cls.redis = redis.Redis.from_url(url, decode_responses=True)
        subprocess.run(
            [Path(os.environ["GITTIX_BINARIES"]) / "gittix", "migrate"], check=True, capture_output=True,
            env={**os.environ, "DATABASE_URL": database, "REDIS_URL": url, "ENVIRONMENT": "development"},
        )  # fmt: skip
        ledger.install(database)
        cls.database_url = database
        cls.database = psycopg.connect(database)
        cls.market = HealthyMarket(cls.database, cls.prefix)
        cls.database.commit()
        cls.url = url
        cls.triggered: set[tuple[str, int]] = set()

    @classmethod
    def _remove(cls, name: str) -> None:
        if hasattr(cls, "database"):
            cls.database.close()
        cls.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        keys = list(cls.redis.scan_iter(match=f"{cls.prefix}:*")) if hasattr(cls, "redis") else []
        if keys:
            cls.redis.delete(*keys)
        cls.server.close()

    def test_each_damage_is_detected_by_the_laws_that_it_breaks(self) -> None:
        self.market.write_redis(self.redis)
        with self._recording_triggered_checks():
            for damage in (Damage("nothing", frozenset(), lambda fixture: None), *damages.ALL):
                with self.subTest(damage.name):
                    report = self._check(damage)
                    broken = {violation.law for violation in report.violations}
                    self.assertEqual(broken, set(damage.laws), _violations(report))
                    skipped = {result.law for result in report.results if result.skipped}
                    self.assertEqual(skipped, set())
            with self.subTest("every check was triggered"):
                self.assertEqual(self._all_checks() - self.triggered, set())

    def test_every_law_has_something_to_examine(self) -> None:
        self.market.write_redis(self.redis)
        report = self._check(Damage("nothing", frozenset(), lambda fixture: None))
        self.assertEqual([one.law for one in report.results if one.has_examined_nothing], [], report.text())
        self.assertEqual(len(report.results), len(laws.ALL))

    def test_the_exit_status_shows_the_result(self) -> None:
        self.market.write_redis(self.redis)
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()) as out:
            record, report = Path(directory) / "record.json", Path(directory) / "verdict.json"
            where = ["--database", self.database_url, "--redis", self.url, "--prefix", self.prefix,
                     "--record", str(record), "--json", str(report)]  # fmt: skip
            record.write_text(json.dumps(self.market.record), encoding="utf-8")
            self.assertEqual(main(where), 0, out.getvalue())
            self.assertEqual(json.loads(report.read_text(encoding="utf-8"))["violations"], [])

            damaged = copy.deepcopy(self.market.record)
            damaged["payment_intents"][-1]["captured"] = 1
            record.write_text(json.dumps(damaged), encoding="utf-8")
            self.assertEqual(main(where), 1)
            violations = json.loads(report.read_text(encoding="utf-8"))["violations"]
            self.assertEqual({violation["law"] for violation in violations}, {"money", "stripe_keys"})
            self.assertIn(self.market.awaiting.id, out.getvalue())

            with contextlib.redirect_stderr(io.StringIO()) as errors:
                self.assertEqual(main([*where, "--database", "postgresql://127.0.0.1:1/nothing"]), 2)
            self.assertIn("the check failed", errors.getvalue())

    def _check(self, damage: Damage) -> CheckReport:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        logs = Path(directory.name) / "logs"
        logs.mkdir()
        (logs / "api-1.log").write_text("started\n", encoding="utf-8")
        run = copy.deepcopy(self.market.run(Path(directory.name)))
        unanswered = self.market.unanswered_request
        run.faults.append(Fault("kill", "api-1", unanswered["t0"] - 5000, unanswered["t0"] - 5000, {}))
        run.faults.append(Fault("start", "api-1", unanswered["t0"] - 100, unanswered["t0"], {}))
        fixture = Fixture(self.market, self.database, self.redis, run, copy.deepcopy(self.market.record))
        try:
            damage.apply(fixture)
            system = System(self.database, self.url, prefix=self.prefix, record=fixture.record, run=fixture.run)
            return laws.check(system)
        finally:
            self.database.rollback()
            if fixture.has_changed_redis:
                self.market.write_redis(self.redis)

    # Coverage of the checks

    def _recording_triggered_checks(self):
        """A context in which each line of a law that reports a violation is recorded."""
        add_violation, triggered = LawResult.add_violation, self.triggered

        def recording_add_violation(result: LawResult, *arguments, **members) -> None:
            frame = sys._getframe(1)
            while Path(frame.f_code.co_filename).parent != LAWS:
                frame = frame.f_back
            triggered.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            add_violation(result, *arguments, **members)

        return unittest.mock.patch.object(LawResult, "add_violation", recording_add_violation)

    def _all_checks(self) -> set[tuple[str, int]]:
        """File and line of each call by which a law can report a violation."""
        found = set()
        for file in LAWS.glob("[a-z]*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name in ("add_violation", "expect_no_rows"):
                        found.add((file.name, node.lineno))
        return found


def _violations(report: CheckReport) -> str:
    return "".join(f"\n{one.law}: {one.what} {one.ids} {one.evidence}"[:600] for one in report.violations)


if __name__ == "__main__":
    unittest.main()
