"""A follower that was moved off an event stream got its rows from the outbox: unchanged, in order, and without a gap.

The recorder writes the history of the catch-up streams. A new incarnation begins each time that such a stream is
created. Entries that were settled before the recorder read them are unknown; a recorded gap explains them.
The law `inbox` checks that the follower has received every event. Explained: an entry whose commit a failover has lost.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict

from ..report import LawResult
from ..system import System
from .publication import ROWS, fields_of

REQUIRES = ("run",)


def check(system: System, result: LawResult) -> None:
    for service in system.services.with_schema:
        rows: dict[int, dict] = {}
        for follower, sources in system.services.follows.items():
            key = f"{system.key('events', service)}:to:{follower}"
            lines = [line for line in system.run.history if line.get("stream") == key]
            if service not in sources or not lines:
                continue
            rows = rows or {row["id"]: row for row in system.query(ROWS.format(service=service), {"first": 0})}
            _check(system, result, service, f"{service} to {follower}", lines, rows)


def _check(
    system: System, result: LawResult, service: str, name: str, lines: list[dict], rows: dict[int, dict]
) -> None:
    numbers = sorted(rows)
    number_of = {row["event"]: number for number, row in rows.items()}
    gaps = [(line["incarnation"], _number(line["after"]), _number(line["before"])) for line in lines
            if line.get("gap")]  # fmt: skip
    given: dict[int, list[int]] = defaultdict(list)
    for line in lines:
        if "id" not in line:
            continue
        number, fields = _number(line["id"]), line["fields"]
        given[line["incarnation"]].append(number)
        result.count("rows given to followers that were behind", 1)
        if system.lost.explains_entry(service, number, fields.get("id"), number_of):
            result.explain("a failover lost a row that was given, or its number")
        elif number not in rows or fields_of(rows[number]) != fields:
            result.add_violation(
                [f"{name}:{number}", fields.get("subject")], "a follower was given another event than the row",
                fields=fields,
            )  # fmt: skip
    for incarnation, entries in given.items():
        for before, after in zip(entries, entries[1:], strict=False):
            if after <= before:
                result.add_violation(
                    f"{name}:{after}", "a follower was given a row twice or out of order", before=before
                )  # fmt: skip
            for number in numbers[bisect_right(numbers, before) : bisect_left(numbers, after)]:
                if not any(one == incarnation and low < number < high for one, low, high in gaps):
                    result.add_violation(
                        f"{name}:{number}", "a follower was not given a row between two others",
                        between=[before, after],
                    )  # fmt: skip


def _number(id: str) -> int:
    return int(id.split("-")[0])
