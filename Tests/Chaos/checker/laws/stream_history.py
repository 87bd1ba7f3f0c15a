"""Every outbox row was published exactly once in each incarnation of its stream, in order and unchanged, and no stream
had any other entry.

The recorder writes the history. An incarnation lasts from one data loss of Redis to the next. Within it, ids increase,
and no row between two consecutive entries is missing. An entry that is published again after a loss has the same
fields. A later incarnation may lack a row that an earlier one had: Redis restarted with older data after all followers
had read that row (the law `inbox` checks that they did). Entries that Redis trimmed before the recorder read them are
unknown; a recorded gap explains them.

Explained: an event whose commit a failover to an asynchronous standby has lost. The event keeps its number in the
stream, and no later event of the incarnation has that number or a smaller one, because the relay continues beyond it.
Rows of the standby after its low-water mark may be published again, under numbers beyond the lost ones.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict

from ..report import LawResult
from ..system import System
from .publication import ROWS, fields_of

REQUIRES = ("run",)


def check(system: System, result: LawResult) -> None:
    for service in system.services.with_schema:
        _check(system, result, service)


def _check(system: System, result: LawResult, service: str) -> None:
    key = system.key("events", service)
    lines = [line for line in system.run.history if line.get("stream") == key]
    rows = {row["id"]: row for row in system.query(ROWS.format(service=service), {"first": 0})}
    numbers = sorted(rows)
    number_of = {row["event"]: number for number, row in rows.items()}
    gaps = [(line.get("incarnation", 0), _number(line["after"]), _number(line["before"])) for line in lines
            if line.get("gap")]
    incarnations: dict[int, list[int]] = defaultdict(list)
    published_as: dict[str, int] = {}

    for line in lines:
        if "id" not in line:
            continue
        number, sequence = map(int, line["id"].split("-"))
        fields = line["fields"]
        incarnations[line.get("incarnation", 0)].append(number)
        if sequence == 0 and system.lost.explains_entry(service, number, fields.get("id"), number_of):
            result.explain("a failover lost the row of a published event, or its number")
            continue
        row = rows.get(number)
        if row is None or sequence != 0:
            result.add_violation(
                [f"{service}:{line['id']}", fields.get("subject")],
                "a published event is not in the outbox", fields=fields,
            )  # fmt: skip
            continue
        if (expected := fields_of(row)) != fields:
            differs = [name for name in expected.keys() | fields.keys() if expected.get(name) != fields.get(name)]
            result.add_violation(
                [f"{service}:{line['id']}", row["subject"]], "a published event differs from its row",
                incarnation=line.get("incarnation"), differs=differs,
                row={name: expected.get(name) for name in differs}, entry={name: fields.get(name) for name in differs},
            )  # fmt: skip
        if published_as.setdefault(fields.get("id", ""), number) != number:
            result.add_violation(
                [f"{service}:{line['id']}", fields.get("id")], "an event was published under two stream ids",
                other=published_as[fields.get("id", "")],
            )  # fmt: skip

    result.count(f"entries of {service}", sum(len(published) for published in incarnations.values()))
    result.count(f"rows of {service}", len(rows))
    seen: set[int] = set()
    for incarnation, published in sorted(incarnations.items()):
        for before, after in zip(published, published[1:], strict=False):
            if after <= before:
                result.add_violation(
                    [f"{service}:{after}-0"], "an event was published twice or out of order",
                    incarnation=incarnation, before=before,
                )  # fmt: skip
            else:
                for number in numbers[bisect_right(numbers, before) : bisect_left(numbers, after)]:
                    if number in seen:
                        result.explain("the row was in an earlier incarnation of its stream")
                    elif not _is_in_gap(gaps, number, incarnation):
                        result.add_violation(
                            [f"{service}.outbox:{number}", rows[number]["subject"]],
                            "a row is missing between two published ones", incarnation=incarnation,
                            between=[before, after],
                        )  # fmt: skip
        seen.update(published)
    unseen = [number for number in numbers if number not in seen]
    losses = any(line.get("loss") for line in lines)
    for number in unseen:
        if _is_in_gap(gaps, number) or (
            losses and incarnations and min(seen, default=0) < number < max(seen, default=0)
        ):
            result.explain("Redis trimmed or lost the row before it was recorded")
        else:
            result.add_violation([f"{service}.outbox:{number}", rows[number]["subject"]], "a row was never published")
    if len(incarnations) > 1 or gaps:
        result.notes.append(f"{service}: {len(incarnations)} incarnations of the stream, {len(gaps)} recorder gaps")


def _number(id: str) -> int:
    return int(id.split("-")[0])


def _is_in_gap(gaps: list[tuple[int, int, int]], number: int, incarnation: int | None = None) -> bool:
    return any(
        after < number < before
        for gap_incarnation, after, before in gaps
        if incarnation is None or gap_incarnation == incarnation
    )
