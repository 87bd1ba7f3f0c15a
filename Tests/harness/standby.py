"""A copy of a PostgreSQL server, which follows the original by streaming replication until the copy is promoted."""

import asyncio
import contextlib
import shutil
from pathlib import Path

import psycopg

from harness.servers import PostgresServer, as_server_user, create_owned_directory, postgres_programs

NAME = "standby"


class Standby(PostgresServer):
    name = NAME

    async def copy(self, port: int) -> None:
        """Copies the server at this port, which it will follow."""
        shutil.rmtree(self.data, ignore_errors=True)
        create_owned_directory(self.data)
        process = await asyncio.create_subprocess_exec(
            *as_server_user(
                str(postgres_programs() / "pg_basebackup"), "--pgdata", str(self.data), "--checkpoint=fast",
                "--no-sync", "--wal-method=stream", "--write-recovery-conf",
                "--dbname", f"host=127.0.0.1 port={port} user=gittix application_name={NAME}",
            ),
            cwd="/", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"pg_basebackup failed:\n{output.decode(errors='replace')[-2000:]}")

    async def is_available(self) -> bool:
        async with await psycopg.AsyncConnection.connect(
            self.url_of("postgres"), connect_timeout=2, autocommit=True
        ) as connection:
            await connection.execute("SELECT 1")
            return True

    async def promote(self) -> None:
        """Promotes the standby to a primary with a new timeline."""
        async with await self.connect() as session:
            await session.execute("SELECT pg_promote()")

    async def shut_down(self) -> None:
        """Shuts the server down cleanly, so that it starts again without a recovery."""
        if self.process is not None and self.process.returncode is None:
            async with await self.connect() as session:
                await session.execute("CHECKPOINT")
            await self.stop()


async def wait_until_following(primary: PostgresServer, *, is_synchronous: bool, within_seconds: float = 30) -> None:
    """Waits until the standby has everything that the primary has committed so far."""
    state = "sync" if is_synchronous else "async"
    async with asyncio.timeout(within_seconds):
        [[position]] = await primary.rows("SELECT pg_current_wal_flush_lsn()::text")
        while True:
            with contextlib.suppress(psycopg.Error):
                rows = await primary.rows(
                    "SELECT FROM pg_stat_replication WHERE application_name = %s AND sync_state = %s"
                    " AND flush_lsn >= %s::pg_lsn",
                    (NAME, state, position),
                )
                if rows:
                    return
            await asyncio.sleep(0.1)


def standby_of(primary: PostgresServer, number: int, port: int) -> Standby:
    """A standby beside the primary, with the same settings."""
    data = primary.data.parent / f"postgres-{number}"
    return Standby(port, data, Path(primary.log), primary.settings)
