"""PostgreSQL dies, ends sessions, makes them wait, and refuses statements."""

import asyncio
import contextlib

import psycopg

from chaos.faults.catalogue import fault
from chaos.faults.stage import Missed, Stage
from chaos.servers import OwnPostgres

# A schema of the harness's own: triggers on the services' tables that fail as a row of it says.
SETUP = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.trouble (
    sqlstate text PRIMARY KEY, probability double precision NOT NULL, until timestamptz NOT NULL
);
CREATE FUNCTION chaos.trip() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    SELECT sqlstate INTO wrong FROM chaos.trouble
    WHERE until > clock_timestamp() AND random() < probability LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'chaos: % on %.%', wrong, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = wrong;
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('users', 'tickets', 'orders', 'payments') AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition
    LOOP
        EXECUTE format(
            'CREATE TRIGGER chaos BEFORE INSERT OR UPDATE OR DELETE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION chaos.trip()',
            found.name);
    END LOOP;
END $$;
"""


async def set_up(postgres: OwnPostgres) -> None:
    await postgres.execute(SETUP)


@fault("pg_kill", "postgres", 1.3)
async def pg_kill(stage: Stage) -> None:
    async with stage.postgres_lock, stage.recorded("pg_kill", "postgres"):
        await stage.system.postgres.kill()
        await stage.pause(0, 2.5)
        await stage.system.postgres.start()


@fault("pg_terminate", "postgres", 2)
async def pg_terminate(stage: Stage) -> None:
    """Every session, or only those in a transaction."""
    busy = "AND state <> 'idle'" if stage.chance.random() < 0.5 else ""
    try:
        rows = await stage.system.postgres.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND application_name NOT IN ('chaos', 'checker') "
            f"AND pid <> pg_backend_pid() {busy}"
        )
    except psycopg.Error:
        raise Missed from None
    if not rows:
        raise Missed
    stage.record("pg_terminate", "postgres", count=len(rows))


LOCKS = [
    "SELECT 1 FROM orders.tickets ORDER BY held DESC LIMIT 3 FOR UPDATE",
    "SELECT 1 FROM orders.orders WHERE status = 'awaiting_payment' FOR UPDATE",
    "SELECT 1 FROM payments.orders ORDER BY expires_at DESC LIMIT 20 FOR UPDATE",
    "SELECT 1 FROM users.users ORDER BY updated_at DESC LIMIT 10 FOR UPDATE",
    "LOCK TABLE tickets.tickets IN EXCLUSIVE MODE",
    "LOCK TABLE orders.orders IN EXCLUSIVE MODE",
    "LOCK TABLE payments.calls IN EXCLUSIVE MODE",
]


@fault("pg_lock", "postgres", 2)
async def pg_lock(stage: Stage) -> None:
    """Somebody's psql holds what everybody wants."""
    sql = stage.chance.choice([*LOCKS, *(_outbox_lock(schema) for schema in ("orders", "payments", "tickets"))])
    seconds = stage.some(1, 6)
    async with stage.recorded("pg_lock", "postgres", sql=sql, seconds=round(seconds, 3)):
        try:
            async with await stage.system.postgres.connect() as session:
                await session.set_autocommit(False)
                await session.execute("SET LOCAL lock_timeout = '5s'")
                await session.execute(sql)
                await asyncio.sleep(seconds)
                await session.rollback()
        except psycopg.Error:
            raise Missed from None


def outbox_lock_number(schema: str) -> int:
    """The number that all writers of a service's outbox lock: FNV-1a of its name."""
    value = 0xCBF29CE484222325
    for byte in f"gittix:outbox:{schema}".encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value - 2**64 if value >= 2**63 else value


def _outbox_lock(schema: str) -> str:
    return f"SELECT pg_advisory_xact_lock({outbox_lock_number(schema)})"


async def refuse(stage: Stage, kind: str, sqlstate: str, probability: float, seconds: float) -> None:
    async with stage.recorded(
        kind, "postgres", sqlstate=sqlstate, probability=round(probability, 3), seconds=round(seconds, 3)
    ):
        try:
            await stage.system.postgres.execute(
                "INSERT INTO chaos.trouble VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
                "ON CONFLICT (sqlstate) DO UPDATE SET probability = excluded.probability, until = excluded.until",
                (sqlstate, probability, seconds),
            )
        except psycopg.Error:
            raise Missed from None
        await asyncio.sleep(seconds)


@fault("pg_full", "postgres", 1.5)
async def pg_full(stage: Stage) -> None:
    await refuse(stage, "pg_full", "53100", stage.chance.choice([0.1, 0.5, 1.0]), stage.some(1, 5))


@fault("pg_serialization", "postgres", 1.5)
async def pg_serialization(stage: Stage) -> None:
    await refuse(stage, "pg_serialization", "40001", stage.some(0.05, 0.4), stage.some(2, 8))


@fault("pg_deadlock", "postgres", 1.5)
async def pg_deadlock(stage: Stage) -> None:
    await refuse(stage, "pg_deadlock", "40P01", stage.some(0.05, 0.4), stage.some(2, 8))


async def no_trouble(stage: Stage) -> None:
    for _ in range(50):
        with contextlib.suppress(psycopg.Error, OSError):
            await stage.system.postgres.execute("DELETE FROM chaos.trouble")
            return
        await asyncio.sleep(0.2)
