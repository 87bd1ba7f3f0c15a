"""Once all is quiet, every outbox row has been published: a service's stream ends with its last row, what stands in it
are its rows, word for word, under their numbers, and none is left out between the first and the last.

A stream that Redis has lost may be missing, or shorter, as far as the low-water mark: up to there every follower had
read. No mark lies beyond the last number that was given.
"""

from ..report import Finding
from ..world import SERVICES, World

NEEDS = ("redis",)

ROWS = """
    SELECT id, event_id::text AS event, type, v, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
        subject, version, trace, body
    FROM {service}.outbox WHERE id >= %(first)s ORDER BY id
"""


def fields_of(row: dict) -> dict[str, str]:
    """As an entry of the stream has them."""
    return {
        "id": row["event"], "type": row["type"], "v": str(row["v"]), "at": row["at"], "subject": row["subject"],
        "version": str(row["version"]), "trace": row["trace"], "body": row["body"],
    }  # fmt: skip


def judge(world: World, finding: Finding) -> None:
    for service in SERVICES:
        entries = world.redis.xrange(world.key("events", service))
        marks = world.query(f"SELECT value FROM {service}.marks WHERE name = 'low_water'")
        mark = marks[0]["value"] if marks else 0
        numbers = world.query(f"SELECT last_value, is_called FROM {service}.outbox_ids")[0]
        given = numbers["last_value"] if numbers["is_called"] else 0
        last = world.value(f"SELECT coalesce(max(id), 0) FROM {service}.outbox")
        if mark > given:
            finding.violate(f"{service}.marks", "the low-water mark lies beyond all events", mark=mark, given=given)
        end = int(entries[-1][0].split("-")[0]) if entries else 0
        finding.look(f"entries of {service}", len(entries))
        finding.look(f"ends of {service}", 1)
        if last > max(end, mark):
            finding.violate(
                f"{service}.outbox:{last}", f"events of {service} are not published",
                last_row=last, stream_end=end, low_water=mark,
            )  # fmt: skip
        _compare(world, finding, service, entries)


def _compare(world: World, finding: Finding, service: str, entries: list) -> None:
    if not entries:
        return
    first = int(entries[0][0].split("-")[0])
    rows = {row["id"]: row for row in world.query(ROWS.format(service=service), {"first": first})}
    at: dict[int, dict] = {}
    for id, fields in entries:
        number, sequence = map(int, id.split("-"))
        at[number] = fields
        row = rows.get(number)
        if sequence != 0 or row is None:
            finding.violate([f"{service}:{id}", fields.get("subject")], "an entry of a stream is no row of the outbox")
        elif (expected := fields_of(row)) != fields:
            differs = [name for name in expected.keys() | fields.keys() if expected.get(name) != fields.get(name)]
            finding.violate(
                [f"{service}:{id}", row["subject"]], "an entry of a stream is not as its row", differs=differs,
                row={name: expected.get(name) for name in differs}, entry={name: fields.get(name) for name in differs},
            )  # fmt: skip
    for number, row in rows.items():
        if number not in at and first <= number <= max(at):
            finding.violate([f"{service}.outbox:{number}", row["subject"]], "a row was left out of its stream")
