"""Tests of the choice of the build that a process runs."""

import unittest
from pathlib import Path

from chaos.builds import Builds
from harness.process import Process


class BuildsTests(unittest.TestCase):
    def test_a_switch_leads_to_the_other_build_and_back(self) -> None:
        builds = Builds(Path("/this"), Path("/other"), "v1")
        process = Process("orders-1", "orders", ["/this/Workers", "orders"], {}, Path("/dev/null"))
        self.assertFalse(builds.is_other(process))
        builds.switch(process)
        self.assertEqual(process.command, ["/other/Workers", "orders"])
        self.assertTrue(builds.is_other(process))
        builds.switch(process)
        self.assertEqual(process.command, ["/this/Workers", "orders"])


if __name__ == "__main__":
    unittest.main()
