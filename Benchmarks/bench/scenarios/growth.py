"""Spread again, with ever more orders there already, and with more copies of the orders pool."""

import argparse
import time
from pathlib import Path

from bench.baselines import Baselines
from bench.market import Market
from bench.outcome import Figure
from bench.scenarios.rush import flood, told
from bench.stage import Stage
from bench.system import System

LEVELS = (10_000, 1_000_000, 5_000_000)
COPIES = (2, 4)

#: Events of long ago have been read by all and dropped, with their partitions.
LONG_AGO = [
    statement
    for schema in ("orders", "payments")
    for statement in (f"SELECT setval('{schema}.outbox_ids', 1000000)", f"DROP TABLE {schema}.outbox_0")
]

#: Old orders as they lie in all schemas: four of five complete, the fifth cancelled; of many buyers and of listings of
#: their own. Their inbox rows and events are gone, as they are after two days; their calls to Stripe are left out.
FILL = [
    """
    CREATE UNLOGGED TABLE old_orders AS
    SELECT n, (lpad(to_hex(at), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid AS id,
        to_timestamp(at / 1000.0) AS at, n %% 5 < 4 AS is_complete,
        buyers[1 + n %% array_length(buyers, 1)] AS user_id, tickets[1 + (n / 5) %% array_length(tickets, 1)] AS ticket_id
    FROM (
        SELECT n, md5('order' || n) AS hash,
            (extract(epoch FROM now() - interval '400 days') * 1000)::bigint + n::bigint * 6800 AS at
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    ) AS made, (SELECT %(buyers)s::uuid[] AS buyers, %(tickets)s::uuid[] AS tickets) AS known
    """,
    """
    INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, venue, city, starts_at, time_zone, section,
        seat_row, quantity, price, total, currency, status, reason, attempt, expires_at, created_at, updated_at, version)
    SELECT old.id, user_id, ticket_id, title, venue, city, starts_at, time_zone, section, seat_row, 1, price, price,
        currency, CASE WHEN is_complete THEN 'complete' ELSE 'cancelled' END,
        CASE WHEN NOT is_complete THEN 'cancelled_by_buyer' END, CASE WHEN is_complete THEN 1 END,
        at + interval '15 minutes', at, at + interval '1 minute', CASE WHEN is_complete THEN 3 ELSE 2 END
    FROM old_orders AS old JOIN orders.tickets AS ticket ON ticket.id = ticket_id ORDER BY n
    """,
    """
    INSERT INTO orders.allocations (ticket_id, unit, order_id)
    SELECT ticket_id, next_unit - 1 + row_number() OVER (PARTITION BY ticket_id ORDER BY n), old.id
    FROM old_orders AS old JOIN orders.tickets AS ticket ON ticket.id = ticket_id WHERE is_complete
    """,
    """
    UPDATE orders.tickets SET held = held + units, next_unit = next_unit + units
    FROM (SELECT ticket_id, count(*) AS units FROM old_orders WHERE is_complete GROUP BY 1) AS sold
    WHERE id = ticket_id
    """,
    """
    INSERT INTO tickets.orders (order_id, ticket_id, quantity, status, version)
    SELECT id, ticket_id, quantity, status, version FROM orders.orders WHERE id IN (SELECT id FROM old_orders)
    """,
    """
    UPDATE tickets.tickets SET sold = sold + units
    FROM (SELECT ticket_id, count(*) AS units FROM old_orders WHERE is_complete GROUP BY 1) AS sold
    WHERE id = ticket_id
    """,
    """
    INSERT INTO payments.orders (id, user_id, title, quantity, price, total, currency, status, claimed, expires_at,
        version, told)
    SELECT id, user_id, ticket_title, quantity, price, total, currency, status, attempt, expires_at, version,
        CASE WHEN status = 'complete' THEN 2 ELSE 0 END
    FROM orders.orders WHERE id IN (SELECT id FROM old_orders)
    """,
    """
    INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, session_url,
        session_expires_at, intent_id, created_at, updated_at)
    SELECT old.id, 1, 'captured', total, currency, 'cs_old_' || n, 'https://checkout.stripe.com/c/pay/cs_old_' || n,
        expires_at, 'pi_old_' || n, at, at + interval '1 minute'
    FROM old_orders AS old JOIN orders.orders AS own USING (id) WHERE is_complete
    """,
    "DROP TABLE old_orders",
]


async def fill(system: System, market: Market, old_tickets: list[str], first: int, last: int) -> None:
    parameters = {"first": first, "last": last, "buyers": market.buyers, "tickets": old_tickets}
    async with await system.postgres.connect() as connection:
        # The rows are what they must be; nobody else is there to be kept from them.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET work_mem = '512MB'")
        for statement in FILL:
            await connection.execute(statement, parameters if "%(" in statement else None)
        for table in ("orders.orders", "orders.allocations", "orders.tickets", "tickets.orders", "tickets.tickets",
                      "payments.orders", "payments.attempts"):  # fmt: skip
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")


async def run(
    directory: Path, options: argparse.Namespace, seconds: float | None = None
) -> tuple[list[list[Figure]], dict, str]:
    """Each measurement as often as there are runs: the figures by run, details, and what the laws say."""
    seconds = seconds or options.seconds
    system = System(directory)
    runs: list[list[Figure]] = [[] for _ in range(options.runs)]
    details: dict = {}
    rates: dict[int, list[float]] = {}
    checks: list[str] = []
    try:
        await system.start(LONG_AGO)
        market = Market(system)
        stage = Stage(system, market, Baselines(system, seconds), seconds, options.quick)
        await market.open()
        ids = market.file("ids-spread", market.tickets)
        old_tickets = await market.list_tickets(1000, 1_000_000, "Long ago")
        there = 0
        for level in LEVELS[:2] if options.quick else LEVELS:
            began = time.monotonic()
            await fill(system, market, old_tickets, there + 1, level)
            there = level
            print(f"--> {level:,} orders are there (made in {time.monotonic() - began:.0f} s)", flush=True)
            rates[level] = []
            for number in range(options.runs):
                load, cost, durable, copies = await flood(stage, f"growth-{level}-{number}", ids, seconds)
                rates[level].append(durable)
                details[f"{level}, run {number + 1}"] = told(load, cost, copies)
                runs[number].append(_figure(f"{level:,} orders there", durable, rates[LEVELS[0]][number], level))
                print(f"    {durable:,.0f} /s", flush=True)
            if not options.no_check:
                checks.append(await stage.check(f"growth-{level}", with_sandbox=False))
            if level == LEVELS[0]:
                for copies_of_pool in COPIES:
                    await _copies(stage, ids, copies_of_pool, runs, details, rates)
    finally:
        await system.stop()
    broken = [check for check in checks if check != "kept"]
    return runs, details, broken[0] if broken else ("kept" if checks else "not looked at")


def _figure(what: str, rate: float, first: float, level: int) -> Figure:
    is_last = level == LEVELS[-1]
    return Figure(
        "growth", what, rate, "/s", "10 thousand", rate / first, 0.8 if is_last else None, 0.95 if is_last else None
    )


async def _copies(
    stage: Stage, ids: str, copies_of_pool: int, runs: list[list[Figure]], details: dict, rates: dict[int, list[float]]
) -> None:
    await stage.system.stop_processes("orders")
    await stage.system.start_pool("orders", copies_of_pool)
    for number, figures in enumerate(runs):
        load, cost, durable, copies = await flood(stage, f"copies-{copies_of_pool}-{number}", ids, stage.seconds)
        details[f"{copies_of_pool} copies, run {number + 1}"] = told(load, cost, copies)
        figures.append(
            Figure("growth", f"{copies_of_pool} copies of the orders pool", durable, "/s", "one copy",
                   durable / rates[LEVELS[0]][number])
        )  # fmt: skip
    await stage.system.stop_processes("orders")
    await stage.system.start_pool("orders")
