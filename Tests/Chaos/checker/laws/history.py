"""Every outbox row was in its stream's history exactly once for each life of that stream, in order, with the same words
each time; and nothing else ever was.

The history is what the recorder read along: within one incarnation (from one loss of Redis to the next) numbers rise,
and no row between two that follow one another was left out. An entry that is published again after a loss has the words
it had before. In a later life a row may be left out that an earlier one had: Redis came back older than it was, and all
followers had read that row (that each took it in, is a law of the inbox). What the recorder may have missed itself, because Redis trimmed it first (it counts those), is unseen, and
no violation as long as some incarnation explains it.
"""

from collections import defaultdict

from ..report import Finding
from ..world import SERVICES, World
from .published import ROWS, fields_of

NEEDS = ("run",)


def judge(world: World, finding: Finding) -> None:
    for service in SERVICES:
        _judge(world, finding, service)


def _judge(world: World, finding: Finding, service: str) -> None:
    key = world.key("events", service)
    lines = [line for line in world.run.history if line.get("stream") == key]
    rows = {row["id"]: row for row in world.query(ROWS.format(service=service), {"first": 0})}
    numbers = sorted(rows)
    place = {number: index for index, number in enumerate(numbers)}
    gaps = [(line.get("incarnation", 0), _number(line["after"]), _number(line["before"])) for line in lines
            if line.get("gap")]
    lives: dict[int, list[int]] = defaultdict(list)
    told_as: dict[str, int] = {}

    for line in lines:
        if "id" not in line:
            continue
        number, sequence = map(int, line["id"].split("-"))
        fields = line["fields"]
        lives[line.get("incarnation", 0)].append(number)
        row = rows.get(number)
        if row is None or sequence != 0:
            finding.violate(
                [f"{service}:{line['id']}", fields.get("subject")],
                "an event was published that never was in the outbox", fields=fields,
            )  # fmt: skip
            continue
        if (expected := fields_of(row)) != fields:
            differs = [name for name in expected.keys() | fields.keys() if expected.get(name) != fields.get(name)]
            finding.violate(
                [f"{service}:{line['id']}", row["subject"]], "an event was published with other words than its row's",
                incarnation=line.get("incarnation"), differs=differs,
                row={name: expected.get(name) for name in differs}, entry={name: fields.get(name) for name in differs},
            )  # fmt: skip
        if told_as.setdefault(fields.get("id", ""), number) != number:
            finding.violate(
                [f"{service}:{line['id']}", fields.get("id")], "an event was published under two numbers",
                other=told_as[fields.get("id", "")],
            )  # fmt: skip

    finding.look(f"entries of {service}", sum(len(life) for life in lives.values()))
    finding.look(f"rows of {service}", len(rows))
    seen: set[int] = set()
    for life, published in sorted(lives.items()):
        for before, after in zip(published, published[1:], strict=False):
            if after <= before:
                finding.violate(
                    [f"{service}:{after}-0"], "an event is in a stream's history twice, or out of order",
                    incarnation=life, before=before,
                )  # fmt: skip
            elif before in place and after in place:
                for number in numbers[place[before] + 1 : place[after]]:
                    if number in seen:
                        finding.explain("a row that was in an earlier life of its stream")
                    elif not _is_in(gaps, number, life):
                        finding.violate(
                            [f"{service}.outbox:{number}", rows[number]["subject"]],
                            "a row was left out of its stream", incarnation=life, between=[before, after],
                        )  # fmt: skip
        seen.update(published)
    unseen = [number for number in numbers if number not in seen]
    losses = any(line.get("loss") for line in lines)
    for number in unseen:
        if _is_in(gaps, number) or (losses and lives and min(seen, default=0) < number < max(seen, default=0)):
            finding.explain("a row that Redis trimmed or lost before it was recorded")
        else:
            finding.violate([f"{service}.outbox:{number}", rows[number]["subject"]], "a row was never in its stream")
    if len(lives) > 1 or gaps:
        finding.notes.append(f"{service}: {len(lives)} lives of the stream, {len(gaps)} gaps of the recorder")


def _number(id: str) -> int:
    return int(id.split("-")[0])


def _is_in(gaps: list[tuple[int, int, int]], number: int, life: int | None = None) -> bool:
    return any(after < number < before for of, after, before in gaps if life is None or of == life)
