"""PostgreSQL is killed, ends sessions, makes statements wait, and refuses statements."""

import asyncio
import contextlib

import psycopg

from chaos.faults.catalogue import fault
from chaos.faults.context import FaultContext, FaultMissed
from harness.product import names_with_schema
from harness.servers import PostgresServer

# A schema of the harness: its triggers on the services' tables raise the errors that its rows specify.
SETUP = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.failures (
    sqlstate text PRIMARY KEY, probability double precision NOT NULL, until timestamptz NOT NULL
);
CREATE FUNCTION chaos.fail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE code text;
BEGIN
    SELECT sqlstate INTO code FROM chaos.failures
    WHERE until > clock_timestamp() AND random() < probability LIMIT 1;
    IF code IS NOT NULL THEN
        RAISE EXCEPTION 'chaos: % on %.%', code, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = code;
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        EXECUTE format(
            'CREATE TRIGGER chaos BEFORE INSERT OR UPDATE OR DELETE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION chaos.fail()',
            found.name);
    END LOOP;
END $$;
"""


async def set_up(postgres: PostgresServer) -> None:
    schemas = ", ".join(f"'{name}'" for name in names_with_schema())
    await postgres.execute(SETUP.replace("{schemas}", schemas))


@fault("pg_kill", "postgres", 1.3)
async def pg_kill(context: FaultContext) -> None:
    async with context.postgres_lock, context.recorded("pg_kill", "postgres"):
        await context.system.postgres.kill()
        await context.pause(0, 2.5)
        await context.system.postgres.start()


@fault("pg_terminate", "postgres", 2)
async def pg_terminate(context: FaultContext) -> None:
    """Ends every session, or only those that are not idle."""
    busy = "AND state <> 'idle'" if context.rng.random() < 0.5 else ""
    try:
        rows = await context.system.postgres.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND application_name NOT IN ('harness', 'checker') "
            f"AND pid <> pg_backend_pid() {busy}"
        )
    except psycopg.Error:
        raise FaultMissed from None
    if not rows:
        raise FaultMissed
    context.record("pg_terminate", "postgres", count=len(rows))


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
async def pg_lock(context: FaultContext) -> None:
    """Another session holds locks that the services need."""
    sql = context.rng.choice([*LOCKS, *(_outbox_lock(schema) for schema in ("orders", "payments", "tickets"))])
    seconds = context.rng.uniform(1, 6)
    async with context.recorded("pg_lock", "postgres", sql=sql, seconds=round(seconds, 3)):
        try:
            async with await context.system.postgres.connect() as session:
                await session.set_autocommit(False)
                await session.execute("SET LOCAL lock_timeout = '5s'")
                await session.execute(sql)
                await asyncio.sleep(seconds)
                await session.rollback()
        except psycopg.Error:
            raise FaultMissed from None


def outbox_lock_number(schema: str) -> int:
    """The advisory lock of a service's outbox writers: FNV-1a of its name."""
    value = 0xCBF29CE484222325
    for byte in f"gittix:outbox:{schema}".encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value - 2**64 if value >= 2**63 else value


def _outbox_lock(schema: str) -> str:
    return f"SELECT pg_advisory_xact_lock({outbox_lock_number(schema)})"


async def refuse(context: FaultContext, kind: str, sqlstate: str, probability: float, seconds: float) -> None:
    """Fails statements with a probability, for some seconds."""
    async with context.recorded(
        kind, "postgres", sqlstate=sqlstate, probability=round(probability, 3), seconds=round(seconds, 3)
    ):
        try:
            await context.system.postgres.execute(
                "INSERT INTO chaos.failures VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
                "ON CONFLICT (sqlstate) DO UPDATE SET probability = excluded.probability, until = excluded.until",
                (sqlstate, probability, seconds),
            )
        except psycopg.Error:
            raise FaultMissed from None
        await asyncio.sleep(seconds)


@fault("pg_full", "postgres", 1.5)
async def pg_full(context: FaultContext) -> None:
    await refuse(context, "pg_full", "53100", context.rng.choice([0.1, 0.5, 1.0]), context.rng.uniform(1, 5))


@fault("pg_serialization", "postgres", 1.5)
async def pg_serialization(context: FaultContext) -> None:
    await refuse(context, "pg_serialization", "40001", context.rng.uniform(0.05, 0.4), context.rng.uniform(2, 8))


@fault("pg_deadlock", "postgres", 1.5)
async def pg_deadlock(context: FaultContext) -> None:
    await refuse(context, "pg_deadlock", "40P01", context.rng.uniform(0.05, 0.4), context.rng.uniform(2, 8))


async def heal(context: FaultContext) -> None:
    """Lets all statements succeed again."""
    for _ in range(50):
        with contextlib.suppress(psycopg.Error, OSError):
            await context.system.postgres.execute("DELETE FROM chaos.failures")
            return
        await asyncio.sleep(0.2)
