"""A healthy market is called healthy, and each way of damaging it is noticed by exactly the laws that it breaks. And every
check of every law has noticed something: one that cannot fail would be worth nothing.
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
from ..report import Finding, Verdict
from ..rundir import Fault
from ..world import World
from . import damages
from .damages import Damage, Scene
from .healthy import Healthy

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
        cls.market = Healthy(cls.database, cls.prefix)
        cls.database.commit()
        cls.url = url
        cls.seen: set[tuple[str, int]] = set()

    @classmethod
    def _remove(cls, name: str) -> None:
        if hasattr(cls, "database"):
            cls.database.close()
        cls.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        keys = list(cls.redis.scan_iter(match=f"{cls.prefix}:*")) if hasattr(cls, "redis") else []
        if keys:
            cls.redis.delete(*keys)
        cls.server.close()

    def test_every_damage_is_noticed_by_the_laws_that_it_breaks(self) -> None:
        self.market.fill(self.redis)
        with self._noting():
            for damage in (Damage("nothing", frozenset(), lambda scene: None), *damages.ALL):
                with self.subTest(damage.name):
                    verdict = self._judge(damage)
                    broken = {violation.law for violation in verdict.violations}
                    self.assertEqual(broken, set(damage.laws), _told(verdict))
                    blind = {finding.law for finding in verdict.findings if finding.blind}
                    self.assertEqual(blind, set())
            with self.subTest("every check has noticed something"):
                self.assertEqual(self._checks() - self.seen, set())

    def test_every_law_has_something_to_look_at(self) -> None:
        self.market.fill(self.redis)
        verdict = self._judge(Damage("nothing", frozenset(), lambda scene: None))
        self.assertEqual([one.law for one in verdict.findings if not sum(one.looked.values())], [], verdict.text())
        self.assertEqual(len(verdict.findings), len(laws.ALL))

    def test_the_command_tells_by_its_status(self) -> None:
        self.market.fill(self.redis)
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()) as out:
            record, verdict = Path(directory) / "record.json", Path(directory) / "verdict.json"
            where = ["--database", self.database_url, "--redis", self.url, "--prefix", self.prefix,
                     "--record", str(record), "--json", str(verdict)]  # fmt: skip
            record.write_text(json.dumps(self.market.record), encoding="utf-8")
            self.assertEqual(main(where), 0, out.getvalue())
            self.assertEqual(json.loads(verdict.read_text(encoding="utf-8"))["violations"], [])

            damaged = copy.deepcopy(self.market.record)
            damaged["payment_intents"][-1]["captured"] = 1
            record.write_text(json.dumps(damaged), encoding="utf-8")
            self.assertEqual(main(where), 1)
            told = json.loads(verdict.read_text(encoding="utf-8"))["violations"]
            self.assertEqual({one["law"] for one in told}, {"money", "stripe_keys"})
            self.assertIn(self.market.waiting.id, out.getvalue())

            with contextlib.redirect_stderr(io.StringIO()) as errors:
                self.assertEqual(main([*where, "--database", "postgresql://127.0.0.1:1/nothing"]), 2)
            self.assertIn("could not look", errors.getvalue())

    def _judge(self, damage: Damage) -> Verdict:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        logs = Path(directory.name) / "logs"
        logs.mkdir()
        (logs / "api-1.log").write_text("all is well\n", encoding="utf-8")
        run = copy.deepcopy(self.market.run(Path(directory.name)))
        silent = self.market.silent_request
        run.faults.append(Fault("kill", "api-1", silent["t0"] - 5000, silent["t0"] - 5000, {}))
        run.faults.append(Fault("start", "api-1", silent["t0"] - 100, silent["t0"], {}))
        scene = Scene(self.market, self.database, self.redis, run, copy.deepcopy(self.market.record))
        try:
            damage.do(scene)
            world = World(self.database, self.url, prefix=self.prefix, record=scene.record, run=scene.run)
            return laws.judge(world)
        finally:
            self.database.rollback()
            if scene.touched_redis:
                self.market.fill(self.redis)

    # Which checks have noticed something

    def _noting(self):
        """While it lasts, each line of a law that found something is remembered."""
        violate, seen = Finding.violate, self.seen

        def noting_violate(finding: Finding, *arguments, **members) -> None:
            frame = sys._getframe(1)
            while Path(frame.f_code.co_filename).parent != LAWS:
                frame = frame.f_back
            seen.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            violate(finding, *arguments, **members)

        return unittest.mock.patch.object(Finding, "violate", noting_violate)

    def _checks(self) -> set[tuple[str, int]]:
        """Where the laws can find something: file and line of each call."""
        found = set()
        for file in LAWS.glob("[a-z]*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name in ("violate", "none"):
                        found.add((file.name, node.lineno))
        return found


def _told(verdict: Verdict) -> str:
    return "".join(f"\n{one.law}: {one.what} {one.ids} {one.evidence}"[:600] for one in verdict.violations)


if __name__ == "__main__":
    unittest.main()
