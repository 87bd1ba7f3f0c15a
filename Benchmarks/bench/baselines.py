"""What the same machine does at best, and in the naive way, measured in the same run."""

import asyncio
import re
import tempfile
from pathlib import Path

from bench.generator import Load, generate
from bench.system import System, tools

#: Rows of a batch, as BATCH_SIZE.
BATCH = 256
SOURCE_ROWS = 400_000
#: Who read at the same time, of the bare route too. The API lets no more than 34 searches wait.
READERS = 32

#: What the database gets for one order from the orders worker: the inbox row with its reply, the order, its unit, the
#: event. Made before, so that inserting them is all that is measured.
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

#: Each statement as the worker's, but without a look at anything: no lock, no load, no conflict.
INSERT = """
BEGIN;
INSERT INTO orders.inbox ({inbox}) SELECT {inbox_values} FROM bench.source WHERE n > :first::bigint AND n <= :first::bigint + :rows::bigint;
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

#: A shop that locks the row for each buyer.
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


async def run(*command: str, within: float, env: dict | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=env, cwd=tempfile.gettempdir(),
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within)
    except asyncio.TimeoutError:
        process.kill()
        raise RuntimeError(f"{command[0]} took longer than {within} s") from None
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output.decode(errors='replace')[-1000:]}")
    return output.decode(errors="replace")


class Baselines:
    """Each is measured once, when it is first asked for."""

    def __init__(self, system: System, seconds: float):
        self.system = system
        self.seconds = seconds
        self.values: dict[str, float] = {}
        self.is_ready = False

    async def get(self, name: str) -> float:
        if name not in self.values:
            self.values |= await getattr(self, f"_{name}")()
        return self.values[name]

    # PostgreSQL

    async def _database(self) -> None:
        if self.is_ready:
            return
        self.is_ready = True
        system = self.system
        url = system.database("baseline")
        await run(system.program("psql"), "-X", "-q", "-d", system.database("postgres"), "-c",
                  "CREATE DATABASE baseline", within=20)  # fmt: skip
        await system.gittix("migrate", own={"DATABASE_URL": url})
        script = system.directory / "source.sql"
        script.write_text(SOURCE.replace("{rows}", str(SOURCE_ROWS)))
        await run(system.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(script), within=90)

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
        output = await run(self.system.program("psql"), "-X", "-At", "-d", self.system.database("baseline"), "-c", sql,
                           within=60)  # fmt: skip
        return [line.split("|") for line in output.splitlines()]

    async def _pgbench(self, name: str, script: str, *options: str, seconds: float | None = None) -> tuple[str, Path]:
        await self._database()
        path = self.system.directory / f"{name}.pgbench"
        path.write_text(script)
        log = Path(tempfile.mkdtemp(prefix="pgbench-", dir=self.system.directory)) / "log"
        limit = seconds or self.seconds
        output = await run(
            self.system.program("pgbench"), "-n", "-M", "prepared", "-T", str(round(limit)), "-f", str(path), *options,
            "-l", f"--log-prefix={log}", self.system.database("baseline"), within=limit + 30,
        )  # fmt: skip
        return output, log

    async def _empty(self) -> None:
        await self._rows("TRUNCATE orders.inbox, orders.orders, orders.allocations, orders.outbox")
        await self._rows("SELECT setval('bench.batches', 1, false), setval('orders.outbox_ids', 1, false)")
        await self._rows("CHECKPOINT")

    async def _batch_rows(self) -> dict[str, float]:
        """Orders a second, in transactions of a worker's batch; the better of one session and two."""
        found = {}
        await self._database()
        script = await self._insert_script()
        for clients in (1, 2):
            await self._empty()
            # Each session takes batches of its own, over and over until the source is used up.
            whole = (
                f"\\set rows {BATCH}\nSELECT nextval('bench.batches') * {BATCH} AS first \\gset\n"
                "\\if :first > " + str(SOURCE_ROWS - BATCH) + "\n\\sleep 50 ms\n\\else\n" + script + "\\endif\n"
            )
            _, log = await self._pgbench("batch", whole, "-c", str(clients), "-j", "1")
            lines = sorted(
                int(words[4]) + int(words[5]) / 1e6
                for file in log.parent.iterdir() for words in map(str.split, file.read_text().splitlines())
            )  # fmt: skip
            ((rows,),) = await self._rows("SELECT count(*) FROM orders.orders")
            # Where the source was used up before the time was over, the transactions after that only slept.
            batches = int(rows) // BATCH
            found[clients] = (int(rows) - BATCH) / (lines[batches - 1] - lines[0])
        return {"batch_rows": max(found.values()), "batch_rows_1": found[1], "batch_rows_2": found[2]}

    async def _commit_ms(self) -> dict[str, float]:
        """The median time of one transaction with the rows of one order: 50 a second, and one after the other."""
        await self._database()
        await self._empty()
        script = "\\set rows 1\nSELECT nextval('bench.batches') AS first \\gset\n" + await self._insert_script()
        values = {}
        for name, options in (("commit_ms", ["-R", "50"]), ("commit_hot_ms", [])):
            _, log = await self._pgbench("commit", script, "-c", "1", *options)
            times = []
            for file in log.parent.iterdir():
                for line in file.read_text().splitlines():
                    words = line.split()
                    # With -R the time counts from when it was to begin; the last word is by how much it began late.
                    late = float(words[6]) if len(words) > 6 else 0.0
                    times.append((float(words[2]) - late) / 1000)
            times.sort()
            values[name] = times[len(times) // 2]
        return values

    _commit_hot_ms = _commit_ms

    async def _naive_rate(self) -> dict[str, float]:
        await self._database()
        await self._empty()
        output, _ = await self._pgbench("naive", NAIVE, "-c", "16", "-j", "1")
        found = re.search(r"tps = ([\d.]+)", output)
        if not found:
            raise RuntimeError(f"pgbench said no rate:\n{output}")
        return {"naive_rate": float(found[1])}

    # Redis

    async def _xadd_rate(self) -> dict[str, float]:
        body = '{"ticketId":"0198c000-0000-7000-8000-000000000000","quantity":1,"ticketVersion":1,"userVersion":1}'
        output = await run(
            "redis-benchmark", "-p", str(self.system.redis.port), "-c", "4", "-P", "128", "-n", "400000", "--csv",
            "XADD", "bench:xadd", "*", "id", "0198c000-0000-7000-8000-000000000000", "type", "CreateOrder", "v", "1",
            "at", "2026-11-23T00:00:00.000Z", "actor", "0198c000-0000-7000-8000-000000000000", "reply",
            "bench-0123456789ab/12345", "trace", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "body", body,
            within=60,
        )  # fmt: skip
        await self.system.redis.client.delete("bench:xadd")
        # The test's name comes first, with quotation marks and commas of its own; seven figures follow.
        return {"xadd_rate": float(output.strip().splitlines()[-1].rsplit('","', 7)[1])}

    async def _redis_ms(self) -> dict[str, float]:
        """A round trip, a hundred a second."""
        output = await run(
            "timeout", "-s", "INT", "4", "redis-cli", "-p", str(self.system.redis.port), "--latency", "-i", "3",
            "--raw", within=20,
        )  # fmt: skip
        return {"redis_ms": float(output.split()[2])}

    # HTTP

    async def bare(self) -> Load:
        """Measured anew each time."""
        address = f"127.0.0.1:{self.system.ports.take()}"
        process = await self.system.spawn("bare", "bare", [str(tools() / "BareRoute"), address.split(":")[1]], None, "/")
        process.origin = address
        await self.system.up(process)
        try:
            load = await generate(self.system, "bare", reading(address, "/", self.seconds))
        finally:
            await self.system.stop_processes("bare")
        return load.must(200)


def reading(address: str, path: str, seconds: float) -> dict:
    return {
        "targets": {"server": [address]}, "connections": READERS, "inFlight": READERS, "warmUpSeconds": 1.5, "seconds": seconds,
        "steps": [{"name": "read", "target": "server", "method": "GET", "path": path}],
    }  # fmt: skip
