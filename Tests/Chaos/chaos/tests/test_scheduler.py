"""Tests of the choice of faults."""

import random
import unittest
from types import SimpleNamespace

import chaos.faults  # noqa: F401  # fills the catalogue
from chaos.faults.catalogue import CATALOGUE, GROUPS
from chaos.scheduler import Scheduler


def scheduler(minutes: float, *groups: str) -> Scheduler:
    return Scheduler(SimpleNamespace(missed={}), list(groups or GROUPS), minutes, random.Random(7))  # type: ignore


class SchedulerTests(unittest.TestCase):
    def test_faults_that_are_injected_alone_overlap_with_no_other(self) -> None:
        chosen = scheduler(20)
        self.assertEqual(
            {fault.name for fault in chosen.alone},
            {"pause_follower", "failover_asynchronous", "failover_synchronous"},
        )
        self.assertEqual({fault.name for fault in [*chosen.faults, *chosen.alone]}, set(CATALOGUE))
        self.assertEqual({chosen.next_fault().name for _ in range(500)} & {fault.name for fault in chosen.alone}, set())

    def test_a_short_run_has_only_those_that_fit(self) -> None:
        self.assertEqual([fault.name for fault in scheduler(1.7).alone], ["pause_follower"])
        self.assertEqual(scheduler(20, "kill").alone, [])


if __name__ == "__main__":
    unittest.main()
