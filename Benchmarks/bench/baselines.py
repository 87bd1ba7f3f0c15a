"""Baselines, measured in the same run: the best that the machine can do, and a naive implementation."""

import asyncio
import re
import tempfile
from pathlib import Path

from bench.generator import generate, read_plan
from bench.system import BenchmarkSystem, tools
from harness.ports import free_port
from harness.process import responds

#: The default of BATCH_SIZE.
BATCH = 256
SOURCE_ROWS = 400_000

#: The rows that the orders worker writes for one order: the inbox row with its reply, the order, its unit, the event.
#: They are prepared, so that only their insertion is measured.
SOURCE = """
CREATE SCHEMA bench;
CREATE SEQUENCE bench.batches;
CREATE TABLE bench.source AS
SELECT n, id, user_id, ticket_id, n AS unit, now() AS at, gen_random_uuid() AS event_id,
    json_build_object('id', id, 'userId', user_id, 'ticket', json_build_object('id', ticket_id, 'title', 'Spread 17',
        'venue', 'Tempodrom', 'city', 'Berlin', 'startsAt', '2031-06-01T18:00:00.000Z', 'timeZone', 'Europe/Berlin',
        'section', 'Block B', 'row', '12'), 'quantity', 1, 'price', 4517, 'total', 4517, 'currency', 'USD', 'status',
        'awaiting_payment', 'expiresAt', '2026-11-23T00:15:00.000Z', 'createdAt', '2026-11-23T00:00:00.000Z',
        'updatedAt', '2026-11-23T00:00:00.000Z', 'version', 1)::text AS reply,
    json_build_object('id', id, 'userId', user_id, 'ticketId', ticket_id, 'ticketTitle', 'Spread 17', 'details',
        json_build_object('venue', 'Tempodrom', 'city', 'Berlin', 'startsAt', '2031-06-01T18:00:00.000Z', 'timeZone',
        'Europe/Berlin', 'section', 'Block B', 'row', '12'), 'quantity', 1, 'price', 4517, 'total', 4517, 'currency',
        'USD', 'status', 'awaiting_payment', 'expiresAt', '2026-11-23T00:15:00.000Z', 'createdAt',
        '2026-11-23T00:00:00.000Z', 'updatedAt', '2026-11-23T00:00:00.000Z', 'version', 1)::text AS body
FROM (
    SELECT n, (lpad(to_hex(1795000000000 + n / 10), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
            || substr(md5(n::text), 4, 15))::uuid AS id,
        md5('user' || n % 2000)::uuid AS user_id, md5('ticket' || n % 1000)::uuid AS ticket_id
    FROM generate_series(1, {rows}) AS n) AS made;
CREATE UNIQUE INDEX ON bench.source (n);
INSERT INTO orders.tickets (id, seller_id, title, price, currency, offered, withdrawn, version)
SELECT md5('ticket' || n)::uuid, md5('seller')::uuid, 'Spread', 4500, 'USD', 1000000, false, 1
FROM generate_series(0, 999) AS n;
VACUUM (ANALYZE, FREEZE) bench.source;
"""

#: The worker's statements, but without reading, locks and conflicts.
INSERT = """
BEGIN;
INSERT INTO orders.inbox ({inbox})
SELECT {inbox_values} FROM bench.source WHERE n > :first::bigint AND n <= :first::bigint + :rows::bigint;
INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, venue, city, starts_at, time_zone, section, seat_row,
    quantity, price, total, currency, status, expires_at, created_at, updated_at, version)
SELECT id, user_id, ticket_id, 'Spread 17', 'Tempodrom', 'Berlin', at, 'Europe/Berlin', 'Block B', '12', 1, 4517, 4517,
    'USD', 'awaiting_payment', at, at, at, 1
FROM bench.source WHERE n > :first::bigint AND n <= :first::bigint + :rows::bigint;
INSERT INTO orders.allocations (ticket_id, unit, order_id)
SELECT ticket_id, unit, id FROM bench.source WHERE n > :first::bigint AND n <= :first::bigint + :rows::bigint;
INSERT INTO orders.outbox (id, event_id, type, v, at, subject, version, trace, body)
SELECT nextval('orders.outbox_ids'), event_id, 'OrderCreated', 1, at, id::text, 1, '', body
FROM bench.source WHERE n > :first::bigint AND n <= :first::bigint + :rows::bigint;
COMMIT;
"""

#: A shop that locks the listing's row for each buyer.
NAIVE = """
BEGIN;
SELECT offered, held, price FROM orders.tickets WHERE id = md5('ticket0')::uuid FOR UPDATE;
INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, venue, city, starts_at, time_zone, section, seat_row,
    quantity, price, total, currency, status, expires_at, created_at, updated_at, version)
VALUES (gen_random_uuid(), md5('user')::uuid, md5('ticket0')::uuid, 'Spread 0', 'Tempodrom', 'Berlin', now(),
    'Europe/Berlin', 'Block B', '12', 1, 4517, 4517, 'USD', 'awaiting_payment', now(), now(), now(), 1);
UPDATE orders.tickets SET held = held + 1 WHERE id = md5('ticket0')::uuid;
COMMIT;
"""


async def run(*command: str, within_seconds: float) -> str:
    """Runs a command and returns its output. Raises if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        cwd=tempfile.gettempdir(),
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within_seconds)
    except TimeoutError:
        process.kill()
        raise RuntimeError(f"{command[0]} took longer than {within_seconds} s") from None
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output.decode(errors='replace')[-1000:]}")
    return output.decode(errors="replace")


class Baselines:
    """Each baseline except `bare_rate` is measured once, when it is first needed."""

    def __init__(self, system: BenchmarkSystem, seconds: float):
        self.system = system
        self.seconds = seconds
        self.values: dict[str, float] = {}
        self.has_database = False

    async def get(self, name: str) -> float:
        if name not in self.values:
            self.values |= await getattr(self, f"_{name}")()
        return self.values[name]

    # PostgreSQL

    @property
    def url(self) -> str:
        return self.system.postgres.url_of("baseline")

    async def _create_database(self) -> None:
        if self.has_database:
            return
        self.has_database = True
        system = self.system
        await system.postgres.create_database("baseline")
        await system.gittix("migrate", settings={"DATABASE_URL": self.url})
        script = system.directory / "source.sql"
        script.write_text(SOURCE.replace("{rows}", str(SOURCE_ROWS)))
        await run(
            system.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-f", str(script),
            within_seconds=90,
        )  # fmt: skip

    async def _insert_script(self) -> str:
        columns = {row[0] for row in await self._rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'orders' "
            "AND table_name = 'inbox'")}  # fmt: skip
        known = {"id": "id", "actor": "user_id::text", "type": "'CreateOrder'", "outcome": "'done'",
                 "reply": "reply::json", "slot": "0"}  # fmt: skip
        used = [name for name in known if name in columns]
        return INSERT.replace("{inbox}", ", ".join(used)).replace(
            "{inbox_values}", ", ".join(known[name] for name in used))  # fmt: skip

    async def _rows(self, sql: str) -> list[list[str]]:
        output = await run(
            self.system.program("psql"), "-X", "-At", "-d", self.url, "-c", sql, within_seconds=60
        )
        return [line.split("|") for line in output.splitlines()]

    async def _pgbench(self, name: str, script: str, *options: str, seconds: float | None = None) -> tuple[str, Path]:
        await self._create_database()
        path = self.system.directory / f"{name}.pgbench"
        path.write_text(script)
        log = Path(tempfile.mkdtemp(prefix="pgbench-", dir=self.system.directory)) / "log"
        limit = seconds or self.seconds
        output = await run(
            self.system.program("pgbench"), "-n", "-M", "prepared", "-T", str(round(limit)), "-f", str(path), *options,
            "-l", f"--log-prefix={log}", self.url, within_seconds=limit + 30,
        )  # fmt: skip
        return output, log

    async def _empty(self) -> None:
        await self._rows("TRUNCATE orders.inbox, orders.orders, orders.allocations, orders.outbox")
        await self._rows("SELECT setval('bench.batches', 1, false), setval('orders.outbox_ids', 1, false)")
        await self._rows("CHECKPOINT")

    async def _batch_rows(self) -> dict[str, float]:
        """Orders a second in transactions of `BATCH` orders: the better of one session and two."""
        found = {}
        await self._create_database()
        script = await self._insert_script()
        for clients in (1, 2):
            await self._empty()
            # Sessions take separate batches, until none is left.
            transaction = (
                f"\\set rows {BATCH}\nSELECT nextval('bench.batches') * {BATCH} AS first \\gset\n"
                "\\if :first > " + str(SOURCE_ROWS - BATCH) + "\n\\sleep 50 ms\n\\else\n" + script + "\\endif\n"
            )
            _, log = await self._pgbench("batch", transaction, "-c", str(clients), "-j", "1")
            lines = sorted(
                int(words[4]) + int(words[5]) / 1e6
                for file in log.parent.iterdir() for words in map(str.split, file.read_text().splitlines())
            )  # fmt: skip
            ((rows,),) = await self._rows("SELECT count(*) FROM orders.orders")
            # After the last batch, transactions only sleep.
            batches = int(rows) // BATCH
            found[clients] = (int(rows) - BATCH) / (lines[batches - 1] - lines[0])
        return {"batch_rows": max(found.values()), "batch_rows_1": found[1], "batch_rows_2": found[2]}

    async def _commit_ms(self) -> dict[str, float]:
        """The median time of a transaction with the rows of one order: at 50 a second, and back to back."""
        await self._create_database()
        await self._empty()
        script = "\\set rows 1\nSELECT nextval('bench.batches') AS first \\gset\n" + await self._insert_script()
        values = {}
        for name, options in (("commit_ms", ["-R", "50"]), ("commit_hot_ms", [])):
            _, log = await self._pgbench("commit", script, "-c", "1", *options)
            times = []
            for file in log.parent.iterdir():
                for line in file.read_text().splitlines():
                    words = line.split()
                    # With -R, the time counts from the scheduled start, and the last word of a line is the delay of the
                    # start.
                    late = float(words[6]) if len(words) > 6 else 0.0
                    times.append((float(words[2]) - late) / 1000)
            times.sort()
            values[name] = times[len(times) // 2]
        return values

    _commit_hot_ms = _commit_ms

    async def _naive_rate(self) -> dict[str, float]:
        await self._create_database()
        await self._empty()
        output, _ = await self._pgbench("naive", NAIVE, "-c", "16", "-j", "1")
        found = re.search(r"tps = ([\d.]+)", output)
        if not found:
            raise RuntimeError(f"pgbench printed no rate:\n{output}")
        return {"naive_rate": float(found[1])}

    # Redis

    async def _xadd_rate(self) -> dict[str, float]:
        body = '{"ticketId":"0198c000-0000-7000-8000-000000000000","quantity":1,"ticketVersion":1,"userVersion":1}'
        output = await run(
            "redis-benchmark", "-p", str(self.system.redis.port), "-c", "4", "-P", "128", "-n", "400000", "--csv",
            "XADD", "bench:xadd", "*", "id", "0198c000-0000-7000-8000-000000000000", "type", "CreateOrder", "v", "1",
            "at", "2026-11-23T00:00:00.000Z", "actor", "0198c000-0000-7000-8000-000000000000", "reply",
            "bench-0123456789ab/12345", "trace", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "body", body, within_seconds=60,
        )  # fmt: skip
        await self.system.redis.client.delete("bench:xadd")
        # The test's name, which contains quotation marks and commas, is followed by seven figures.
        return {"xadd_rate": float(output.strip().splitlines()[-1].rsplit('","', 7)[1])}

    async def _redis_ms(self) -> dict[str, float]:
        """The time of a round trip, at a hundred a second."""
        output = await run(
            "timeout", "-s", "INT", "4", "redis-cli", "-p", str(self.system.redis.port), "--latency", "-i", "3",
            "--raw", within_seconds=20,
        )  # fmt: skip
        return {"redis_ms": float(output.split()[2])}

    # HTTP

    async def bare_rate(self) -> float:
        """Responses a second of the bare route. Measured on each call, because the rate is needed both before and after
        the readers."""
        address = f"127.0.0.1:{free_port()}"
        process = self.system.add_process(
            "bare", "bare", [str(tools() / "BareRoute"), address.split(":")[1]], self.system.environment({}),
            responds("/"), f"http://{address}",
        )  # fmt: skip
        await self.system.start_processes(process)
        try:
            report = await generate(self.system, "bare", read_plan(address, "/", self.seconds))
        finally:
            await self.system.stop_kinds("bare")
        return report.require(200).rate
