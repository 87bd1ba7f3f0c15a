"""Finds the commits of a primary that its promoted standby lacks. During the comparison, only the harness can reach
the two servers."""

from harness.product import names_with_schema
from harness.servers import PostgresServer

# Rows older than this have reached the standby.
RECENT = "now() - interval '10 minutes'"

ROWS = ("users.users", "tickets.tickets", "orders.orders", "catalogue.performances")
CALLS = """
    SELECT concat_ws(':', order_id, attempt, operation, try), state, runs, updated_at FROM payments.calls
    WHERE updated_at > {recent}
"""
ATTEMPTS = "SELECT order_id::text, number, state, session_id FROM payments.attempts WHERE updated_at > {recent}"


async def lost_commits(old: PostgresServer, new: PostgresServer, stream_ends: dict[str, int]) -> dict:
    """The rows that only the old primary has, or that the new server has in an older state. `stream_ends` has the last
    number in each service's event stream."""

    async def only_old(sql: str) -> list[tuple]:
        text = sql.replace("{recent}", RECENT)
        return sorted(set(await old.rows(text)) - set(await new.rows(text)), key=str)

    events, inbox, numbers = {}, {}, {}
    for service in names_with_schema():
        # The number up to which the relay knows that outbox and stream agree, and the last published number.
        mark = await new.value(
            f"SELECT coalesce((SELECT value FROM {service}.marks WHERE name = 'low_water'), 0)"
        )
        numbers[service] = [mark, stream_ends.get(service, 0)]
        events[service] = await only_old(
            f"SELECT id, event_id::text, subject, version FROM {service}.outbox WHERE at > {{recent}}"
        )
        inbox[service] = [
            id for [id] in await only_old(f"SELECT id::text FROM {service}.inbox WHERE received_at > {{recent}}")
        ]
    rows = [id for table in ROWS for [id] in await only_old(f"SELECT id::text FROM {table}")]
    calls = {key for key, *_ in await only_old(CALLS)}
    # Each is a prefix of the keys of one attempt's calls.
    attempts = {f"{order}:{number}" for order, number, *_ in await only_old(ATTEMPTS)}
    return {
        "events": events, "numbers": numbers, "inbox": inbox, "rows": rows, "calls": sorted(calls | attempts),
    }  # fmt: skip
