"""At rest, every outbox row has been published: a service's stream ends with its last row, each entry equals the row
with the same id, and no row between the first and the last entry is missing.

A stream that Redis has lost may be missing, or may lack entries up to the low-water mark, because every follower had
read them. No mark is beyond the last assigned row id. Explained: an entry whose commit a failover has lost.
"""

from ..report import LawResult
from ..system import System

REQUIRES = ("redis",)

ROWS = """
    SELECT id, event_id::text AS event, type, v, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
        subject, version, trace, body
    FROM {service}.outbox WHERE id >= %(first)s ORDER BY id
"""


def fields_of(row: dict) -> dict[str, str]:
    """The row's fields as a stream entry."""
    return {
        "id": row["event"], "type": row["type"], "v": str(row["v"]), "at": row["at"], "subject": row["subject"],
        "version": str(row["version"]), "trace": row["trace"], "body": row["body"],
    }  # fmt: skip


def check(system: System, result: LawResult) -> None:
    for service in system.services.with_schema:
        entries = system.redis.xrange(system.key("events", service))
        marks = system.query(f"SELECT value FROM {service}.marks WHERE name = 'low_water'")
        mark = marks[0]["value"] if marks else 0
        numbers = system.query(f"SELECT last_value, is_called FROM {service}.outbox_ids")[0]
        last_assigned = numbers["last_value"] if numbers["is_called"] else 0
        last = system.value(f"SELECT coalesce(max(id), 0) FROM {service}.outbox")
        if mark > last_assigned:
            result.add_violation(
                f"{service}.marks", "the low-water mark is beyond all events", mark=mark, last_assigned=last_assigned
            )  # fmt: skip
        end = int(entries[-1][0].split("-")[0]) if entries else 0
        result.count(f"entries of {service}", len(entries))
        result.count(f"stream ends of {service}", 1)
        if last > max(end, mark):
            result.add_violation(
                f"{service}.outbox:{last}", f"events of {service} are not published",
                last_row=last, stream_end=end, low_water=mark,
            )  # fmt: skip
        _compare(system, result, service, entries)


def _compare(system: System, result: LawResult, service: str, entries: list) -> None:
    if not entries:
        return
    first = int(entries[0][0].split("-")[0])
    rows = {row["id"]: row for row in system.query(ROWS.format(service=service), {"first": first})}
    number_of = {row["event"]: number for number, row in rows.items()}
    published: set[int] = set()
    for id, fields in entries:
        number, sequence = map(int, id.split("-"))
        published.add(number)
        if sequence == 0 and system.lost.explains_entry(service, number, fields.get("id"), number_of):
            result.explain("a failover lost the row of a published event, or its number")
            continue
        row = rows.get(number)
        if sequence != 0 or row is None:
            result.add_violation([f"{service}:{id}", fields.get("subject")], "a stream entry is not in the outbox")
        elif (expected := fields_of(row)) != fields:
            differs = [name for name in expected.keys() | fields.keys() if expected.get(name) != fields.get(name)]
            result.add_violation(
                [f"{service}:{id}", row["subject"]], "a stream entry differs from its row", differs=differs,
                row={name: expected.get(name) for name in differs}, entry={name: fields.get(name) for name in differs},
            )  # fmt: skip
    for number, row in rows.items():
        if number not in published and first <= number <= max(published):
            result.add_violation([f"{service}.outbox:{number}", row["subject"]], "a row is missing from its stream")
