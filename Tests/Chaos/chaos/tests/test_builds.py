"""Tests of the choice of the build that a process runs."""

import unittest
from pathlib import Path

from chaos.builds import Builds
from harness.process import Process


class BuildsTests(unittest.TestCase):
    def test_a_switch_leads_to_the_other_build_and_back(self) -> None:
        builds = Builds(Path("/this"), Path("/other"), "v1", frozenset({"orders"}))
        process = Process("orders-1", "orders", ["/this/Workers", "orders"], {}, Path("/dev/null"))
        self.assertFalse(builds.is_other(process))
        builds.switch(process)
        self.assertEqual(process.command, ["/other/Workers", "orders"])
        self.assertTrue(builds.is_other(process))
        builds.switch(process)
        self.assertEqual(process.command, ["/this/Workers", "orders"])

    def test_a_service_that_the_other_build_lacks_runs_this_build(self) -> None:
        builds = Builds(Path("/this"), Path("/other"), "v1", frozenset({"orders"}))
        process = Process("catalogue-2", "catalogue", ["/this/Workers", "catalogue"], {}, Path("/dev/null"))
        builds.place(process, is_other=True)
        self.assertEqual(process.command, ["/this/Workers", "catalogue"])
        builds.switch(process)
        self.assertFalse(builds.is_other(process))


if __name__ == "__main__":
    unittest.main()
