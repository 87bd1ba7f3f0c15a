"""`spread` with a growing number of existing orders, and with more orders workers."""

import argparse
import time
from pathlib import Path

from bench.baselines import Baselines
from bench.context import ScenarioContext
from bench.market import Market
from bench.outcome import Figure
from bench.scenarios.rush import details_of, saturate
from bench.system import BenchmarkSystem

#: Numbers of existing orders.
LEVELS = (10_000, 1_000_000, 5_000_000)
#: Numbers of orders workers that are measured at the first level.
WORKERS = (2, 4)

#: Skips the first million ids of events and drops their partition, as if all followers had settled these events.
PREPARE = [
    statement
    for schema in ("orders", "payments")
    for statement in (f"SELECT setval('{schema}.outbox_ids', 1000000)", f"DROP TABLE {schema}.outbox_0")
]

#: Inserts old orders of many buyers, for listings that get no new orders, into the schemas of orders, listings and
#: payments. Of every five orders, four are complete and one is cancelled. They have no calls to Stripe. They also have
#: no inbox rows or events, because GitTix deletes these after some time.
FILL = [
    """
    CREATE UNLOGGED TABLE old_orders AS
    SELECT n, (lpad(to_hex(at), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid AS id,
        to_timestamp(at / 1000.0) AS at, n %% 5 < 4 AS is_complete,
        buyers[1 + n %% array_length(buyers, 1)] AS user_id,
        tickets[1 + (n / 5) %% array_length(tickets, 1)] AS ticket_id
    FROM (
        SELECT n, md5('order' || n) AS hash,
            (extract(epoch FROM now() - interval '400 days') * 1000)::bigint + n::bigint * 6800 AS at
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    ) AS made, (SELECT %(buyers)s::uuid[] AS buyers, %(tickets)s::uuid[] AS tickets) AS known
    """,
    """
    INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, venue, city, starts_at, time_zone, section,
        seat_row, quantity, price, total, currency, status, reason, attempt, expires_at, created_at, updated_at,
        version)
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


async def fill(system: BenchmarkSystem, market: Market, listings: list[str], first: int, last: int) -> None:
    """Inserts the orders from `first` to `last`."""
    parameters = {"first": first, "last": last, "buyers": market.buyers, "tickets": listings}
    async with await system.postgres.connect() as connection:
        # Skips triggers and foreign keys: the rows are known to be consistent.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET work_mem = '512MB'")
        for statement in FILL:
            await connection.execute(statement, parameters if "%(" in statement else None)
        for table in ("orders.orders", "orders.allocations", "orders.tickets", "tickets.orders", "tickets.tickets",
                      "payments.orders", "payments.attempts"):  # fmt: skip
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")


async def run(directory: Path, options: argparse.Namespace) -> tuple[list[list[Figure]], dict, str]:
    """Repeats each measurement `options.runs` times. Returns the figures of each run, details, and the checker's
    result."""
    system = BenchmarkSystem(directory)
    runs: list[list[Figure]] = [[] for _ in range(options.runs)]
    details: dict = {}
    rates: dict[int, list[float]] = {}
    checks: list[str] = []

    async def prepare() -> None:
        for statement in PREPARE:
            await system.postgres.execute(statement)

    try:
        await system.start(prepare)
        market = Market(system)
        context = ScenarioContext(system, market, Baselines(system, options.seconds), options.seconds, options.quick)
        await market.create()
        ids = market.file("ids-spread", market.listings)
        old_listings = await market.create_listings(1000, 1_000_000, "Long ago")
        existing = 0
        for level in LEVELS[:2] if options.quick else LEVELS:
            began = time.monotonic()
            await fill(system, market, old_listings, existing + 1, level)
            existing = level
            print(f"--> {level:,} existing orders (created in {time.monotonic() - began:.0f} s)", flush=True)
            rates[level] = []
            for number in range(options.runs):
                report, cost, durable, copies = await saturate(
                    context, f"growth-{level}-{number}", ids, options.seconds
                )
                rates[level].append(durable)
                details[f"{level}, run {number + 1}"] = details_of(report, cost, copies)
                runs[number].append(_figure(f"{level:,} existing orders", durable, rates[LEVELS[0]][number], level))
                print(f"    {durable:,.0f} /s", flush=True)
            if not options.no_check:
                checks.append(await context.check(f"growth-{level}", with_sandbox=False))
            if level == LEVELS[0]:
                for count in WORKERS:
                    await _measure_workers(context, ids, count, runs, details, rates[level])
    finally:
        await system.stop()
    broken = [check for check in checks if check != "kept"]
    return runs, details, broken[0] if broken else ("kept" if checks else "not checked")


def _figure(what: str, rate: float, first: float, level: int) -> Figure:
    is_last = level == LEVELS[-1]
    return Figure(
        "growth", what, rate, "/s", "10 thousand", rate / first, required=0.8 if is_last else None,
        target=0.95 if is_last else None,
    )  # fmt: skip


async def _measure_workers(
    context: ScenarioContext, ids: str, count: int, runs: list[list[Figure]], details: dict, rates: list[float]
) -> None:
    """Measures with `count` orders workers. `rates` are the rates of one worker."""
    await context.system.stop_kinds("orders")
    await context.system.start_kind("orders", count)
    for number, figures in enumerate(runs):
        report, cost, durable, copies = await saturate(context, f"copies-{count}-{number}", ids, context.seconds)
        details[f"{count} copies, run {number + 1}"] = details_of(report, cost, copies)
        figures.append(
            Figure("growth", f"{count} orders workers", durable, "/s", "one worker", durable / rates[number])
        )
    await context.system.stop_kinds("orders")
    await context.system.start_kind("orders")
