"""A separate Redis and PostgreSQL for the run, as processes in the foreground that may be killed."""

import asyncio
import contextlib
import fcntl
import glob
import os
import pwd
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
import redis.asyncio as redis

from harness.ports import free_port

# PostgreSQL refuses to run as root, so as root both servers run as the user of Debian's package.
SERVER_USER = "postgres" if os.geteuid() == 0 else None

DATA_PREFIX = "gittix-data-"


def as_server_user(*command: str, death_signal: str = "KILL") -> list[str]:
    """The command, run by the servers' user, and ended when the harness dies."""
    user = [f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"] if SERVER_USER else []
    return ["setpriv", "--pdeathsig", death_signal, *user, *command]


def create_owned_directory(directory: Path) -> None:
    """Creates a directory that belongs to the servers' user."""
    directory.mkdir(mode=0o700, parents=False, exist_ok=True)
    if SERVER_USER:
        user = pwd.getpwnam(SERVER_USER)
        os.chown(directory, user.pw_uid, user.pw_gid)


def children_of(pid: int) -> list[int]:
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = Path(stat).read_text()
            if int(text.rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(text.split(" ", 1)[0]))
    return found


def postgres_programs() -> Path:
    """The directory of initdb, postgres and the client programs."""
    candidates = [*sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True), shutil.which("initdb")]
    for candidate in candidates:
        if candidate and (Path(candidate).parent / "postgres").exists():
            return Path(candidate).parent
    raise RuntimeError("PostgreSQL's server programs were not found: install the package postgresql")


class Server:
    name = ""

    def __init__(self, port: int, data: Path, log: Path):
        self.port = port
        self.data = data
        self.log = log
        self.process: asyncio.subprocess.Process | None = None

    async def _spawn(self, command: list[str]) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def is_available(self) -> bool:
        """True if the server serves clients."""
        raise NotImplementedError

    async def launch(self) -> None:
        raise NotImplementedError

    async def start(self, within_seconds: float = 90) -> None:
        """Starts the server and waits until it serves clients. Starts it again if it exits during that time."""
        deadline = time.monotonic() + within_seconds
        while True:
            if not self.is_running:
                await self.launch()
            with contextlib.suppress(Exception):
                if await asyncio.wait_for(self.is_available(), 2):
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not start: see {self.log}")
            await asyncio.sleep(0.05 if self.is_running else 0.3)

    async def kill(self) -> None:
        """Sends SIGKILL to the server and to all its child processes."""
        if self.process is None or self.process.returncode is not None:
            return
        pid = self.process.pid
        children = children_of(pid)
        for each in [pid, *children]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await self.process.wait()


class RedisServer(Server):
    name = "redis"

    def __init__(self, port: int, data: Path, log: Path):
        super().__init__(port, data, log)
        self.client = redis.Redis(host="127.0.0.1", port=port, socket_timeout=10, decode_responses=True)
        # Time, file name and size of the append-only file, for the last 6 s.
        self._sizes: list[tuple[float, str, int]] = []
        self._size_task: asyncio.Task | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def launch(self) -> None:
        create_owned_directory(self.data)
        config = self.data / "redis.conf"
        config.write_text(
            f'bind 127.0.0.1\nport {self.port}\ndaemonize no\ndir "{self.data}"\nlogfile ""\nappendonly yes\n'
            'appendfsync everysec\naof-load-truncated yes\nsave ""\nmaxmemory-policy noeviction\n'
        )
        config.chmod(0o644)
        await self._spawn(as_server_user("redis-server", str(config)))
        if self._size_task is None:
            self._size_task = asyncio.get_running_loop().create_task(self._record_sizes())

    async def is_available(self) -> bool:
        # Redis answers with an error while it loads its file.
        return bool(await self.client.ping())

    def _newest_file(self) -> Path | None:
        files = sorted(self.data.glob("appendonlydir/*.incr.aof"), key=lambda file: file.stat().st_mtime)
        return files[-1] if files else None

    async def _record_sizes(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                if file := self._newest_file():
                    self._sizes.append((time.monotonic(), file.name, file.stat().st_size))
            del self._sizes[:-60]
            await asyncio.sleep(0.1)

    async def cut_last_second(self) -> int:
        """Truncates the append-only file as a power failure does: the last second before the kill is lost.

        Redis must have been killed. Returns the number of bytes removed."""
        file = self._newest_file()
        if file is None:
            return 0
        size = file.stat().st_size
        before = [entry for entry in self._sizes if entry[1] == file.name and entry[0] <= time.monotonic() - 1.0]
        keep = min(size, before[-1][2]) if before else size
        os.truncate(file, keep)
        return size - keep

    async def stop(self) -> None:
        if self._size_task is not None:
            self._size_task.cancel()
        await self.kill()
        await self.client.aclose()


class PostgresServer(Server):
    name = "postgres"

    def __init__(self, port: int, data: Path, log: Path, settings: dict[str, str]):
        super().__init__(port, data, log)
        self.settings = settings

    def url_of(self, database: str) -> str:
        return f"postgresql://gittix@127.0.0.1:{self.port}/{database}"

    @property
    def url(self) -> str:
        return self.url_of("gittix")

    async def initialise(self) -> None:
        """Creates the data directory."""
        create_owned_directory(self.data)
        programs = postgres_programs()
        process = await asyncio.create_subprocess_exec(
            *as_server_user(str(programs / "initdb"), "-D", str(self.data), "-U", "gittix", "-A", "trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
            cwd="/", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{output.decode(errors='replace')[-2000:]}")
        (self.data / "pg_hba.conf").write_text(
            "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
        )
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(
                "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 200\nfsync = on\n"
                "synchronous_commit = on\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nmax_wal_size = '512MB'\n"
                "log_line_prefix = '%m [%p] %a '\n"
            )
            config.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())

    async def launch(self) -> None:
        await self._spawn(
            # SIGQUIT is an immediate shutdown. SIGKILL would leave a shared memory segment behind.
            as_server_user(
                str(postgres_programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), death_signal="QUIT"
            )
        )

    async def is_available(self) -> bool:
        async with await psycopg.AsyncConnection.connect(
            self.url_of("postgres"), connect_timeout=2, autocommit=True
        ) as connection:
            found = await connection.execute("SELECT NOT pg_is_in_recovery()")
            return bool((await found.fetchone() or [False])[0])

    async def create_database(self, name: str = "gittix") -> None:
        async with await psycopg.AsyncConnection.connect(self.url_of("postgres"), autocommit=True) as connection:
            await connection.execute(f"CREATE DATABASE {name}")

    async def connect(self) -> psycopg.AsyncConnection:
        """A session of the harness, without a proxy."""
        return await psycopg.AsyncConnection.connect(
            self.url, connect_timeout=5, autocommit=True, application_name="harness"
        )

    async def rows(self, sql: str, parameters: tuple | dict = ()) -> list[tuple]:
        async with await self.connect() as connection:
            return await (await connection.execute(sql, parameters or None)).fetchall()

    async def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return (await self.rows(sql))[0][0]

    async def execute(self, sql: str, parameters: tuple | dict = ()) -> None:
        async with await self.connect() as connection:
            await connection.execute(sql, parameters or None)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGQUIT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), 10)
        await self.kill()


class OwnServers:
    """A Redis and a PostgreSQL with their data under /var/tmp, which is deleted at the end."""

    def __init__(self, logs: Path, postgres_settings: dict[str, str] | None = None):
        logs.mkdir(parents=True, exist_ok=True)
        delete_abandoned_data()
        # The servers' user must have access to every parent directory, but it may have no access to `logs`.
        self.data = Path(tempfile.mkdtemp(prefix=DATA_PREFIX, dir="/var/tmp"))
        self.data.chmod(0o711)
        self._lock = (self.data / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.redis = RedisServer(free_port(), self.data / "redis", logs / "redis.log")
        self.postgres = PostgresServer(
            free_port(), self.data / "postgres", logs / "postgres.log", postgres_settings or {}
        )

    async def start(self) -> None:
        """Starts both, and creates the database `gittix`."""
        await self.postgres.initialise()
        await asyncio.gather(self.redis.start(), self.postgres.start())
        await self.postgres.create_database()

    async def stop(self) -> None:
        await asyncio.gather(self.redis.stop(), self.postgres.stop(), return_exceptions=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self._lock.close()


def delete_abandoned_data() -> None:
    """Deletes the data of runs that were killed: a run holds a lock while it lives."""
    for data in Path("/var/tmp").glob(f"{DATA_PREFIX}*"):
        with contextlib.suppress(OSError), (data / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(data, ignore_errors=True)
