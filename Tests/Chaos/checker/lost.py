"""The changes that failovers to an asynchronous standby have lost, as recorded with the faults.

The harness compares the primary that it has killed with the standby that it has promoted. The record has exactly the
rows that only the killed primary has, so a failover explains nothing else. A failover to a synchronous standby must
lose nothing, so it explains nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .rundir import Fault

KIND = "failover_asynchronous"
#: A response that was sent before the primary was killed may arrive this much later.
SLACK_MS = 2000
#: One relay may have published this many rows of the new primary before another relay gives them new numbers.
FIRST_ROWS = 1000


@dataclass
class Lost:
    """The lost commits of all failovers of a run."""

    #: For each service, the number in the outbox and the id of each lost event.
    events: dict[str, set[tuple[int, str]]] = field(default_factory=lambda: defaultdict(set))
    #: For each service and failover, the low-water mark of the new primary, and the last number in the stream. A relay
    #: may give new numbers to rows after the mark and publish them again, because a trimmed stream does not show how
    #: far it agrees with the outbox. These rows may include the first rows of the new primary, if the relay of another
    #: process has already published them.
    renumbered: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    #: For each subject of lost events, the lost versions.
    versions: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: For each service, the ids of the messages whose processing is lost.
    inbox: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Ids of the orders, listings and accounts that do not exist any more.
    rows: set[str] = field(default_factory=set)
    #: Keys of the calls to Stripe whose commit, lease or outcome is lost.
    calls: set[str] = field(default_factory=set)
    #: Ids of the subjects that the doctor has published again or closed.
    repaired: set[str] = field(default_factory=set)
    #: When the last primary was killed, in epoch ms.
    until: float = 0

    @property
    def subjects(self) -> set[str]:
        """Ids of everything that has lost a change."""
        return self.rows | set(self.versions) | {key.split(":")[0] for key in self.calls}

    def explains_entry(self, service: str, number: int, event: str | None, numbers: Mapping[str, int]) -> bool:
        """True if the outbox lacks an entry of the stream because of a failover. There are two cases: the entry's row
        is lost; or the row has a new number beyond the end of the stream, and was kept or is one of the new primary's
        first rows. `numbers` has the number of each event in the outbox."""
        if (number, event or "") in self.events[service]:
            return True
        new = numbers.get(event or "", 0)
        return any(
            mark < number < new and number <= last + FIRST_ROWS and last < new
            for mark, last in self.renumbered[service]
        )

    def explains(self, ids: Iterable[Any], at: float) -> bool:
        """True if a change of one of these ids is lost, and this time (in epoch ms) is not after the last failover."""
        return at <= self.until + SLACK_MS and not self.subjects.isdisjoint(map(str, ids))


def read(faults: Iterable[Fault]) -> Lost:
    lost = Lost()
    for fault in faults:
        if fault.kind != KIND:
            continue
        detail = fault.detail.get("lost") or {}
        for service, events in (detail.get("events") or {}).items():
            for number, event, subject, version in events:
                lost.events[service].add((int(number), event))
                lost.versions[subject].add(int(version))
        for service, (mark, last) in (detail.get("numbers") or {}).items():
            lost.renumbered[service].append((int(mark), int(last)))
        for service, ids in (detail.get("inbox") or {}).items():
            lost.inbox[service] |= set(ids)
        lost.rows |= set(detail.get("rows") or ())
        lost.calls |= set(detail.get("calls") or ())
        lost.repaired |= set(fault.detail.get("repaired") or ())
        lost.until = max(lost.until, float(fault.detail.get("killedAt") or fault.end))
    return lost
