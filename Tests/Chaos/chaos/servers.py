"""A Redis and a PostgreSQL of the run's own, which may be killed."""

import asyncio
import contextlib
import glob
import os
import pwd
import shutil
import signal
import time
from pathlib import Path

import psycopg
import redis.asyncio as redis

# PostgreSQL refuses to run as root, so both servers run as the package's own user then.
SERVER_USER = "postgres" if os.geteuid() == 0 else None


def as_server_user(*command: str, death: str = "KILL") -> list[str]:
    """The command under the servers' user; it ends with the harness, even when that is killed."""
    words = ["setpriv", "--pdeathsig", death]
    if SERVER_USER:
        words += [f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"]
    return [*words, *command]


def owned(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=False, exist_ok=True)
    if SERVER_USER:
        user = pwd.getpwnam(SERVER_USER)
        os.chown(directory, user.pw_uid, user.pw_gid)
    return directory


def children_of(pid: int) -> list[int]:
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = Path(stat).read_text()
            if int(text.rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(text.split(" ", 1)[0]))
    return found


class Server:
    """A server as a process in the foreground."""

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

    async def answers(self) -> bool:
        raise NotImplementedError

    async def launch(self) -> None:
        raise NotImplementedError

    async def start(self, within_seconds: float = 90) -> None:
        """Starts it, again when it gives up at once, until it answers."""
        deadline = time.monotonic() + within_seconds
        while True:
            if not self.is_running:
                await self.launch()
            with contextlib.suppress(Exception):
                if await asyncio.wait_for(self.answers(), 2):
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not start: see {self.log}")
            await asyncio.sleep(0.05 if self.is_running else 0.3)

    async def kill(self) -> None:
        """`kill -9` of it and of all its children, at once."""
        if self.process is None or self.process.returncode is not None:
            return
        pid = self.process.pid
        children = children_of(pid)
        for victim in [pid, *children]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        await self.process.wait()


class OwnRedis(Server):
    name = "redis"

    def __init__(self, port: int, data: Path, log: Path):
        super().__init__(port, data, log)
        self.client = redis.Redis(host="127.0.0.1", port=port, socket_timeout=10, decode_responses=True)
        self.sizes: list[tuple[float, str, int]] = []
        self._watch: asyncio.Task | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def launch(self) -> None:
        owned(self.data)
        config = self.data / "redis.conf"
        config.write_text(
            f'bind 127.0.0.1\nport {self.port}\ndaemonize no\ndir "{self.data}"\nlogfile ""\nappendonly yes\n'
            'appendfsync everysec\naof-load-truncated yes\nsave ""\nmaxmemory-policy noeviction\n'
        )
        config.chmod(0o644)
        await self._spawn(as_server_user("redis-server", str(config)))
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._watch_size())

    async def answers(self) -> bool:
        # While it loads its file it answers with an error.
        return bool(await self.client.ping())

    def _newest_file(self) -> Path | None:
        files = sorted(self.data.glob("appendonlydir/*.incr.aof"), key=lambda file: file.stat().st_mtime)
        return files[-1] if files else None

    async def _watch_size(self) -> None:
        """How long the file was, for the last seconds."""
        while True:
            with contextlib.suppress(OSError):
                if file := self._newest_file():
                    self.sizes.append((time.monotonic(), file.name, file.stat().st_size))
            del self.sizes[:-60]
            await asyncio.sleep(0.1)

    async def cut_last_second(self) -> int:
        """What a machine that loses its power does: the last second before the kill never reached the disk.

        Returns how many bytes were taken away. The process must be dead."""
        file = self._newest_file()
        if file is None:
            return 0
        size = file.stat().st_size
        before = [entry for entry in self.sizes if entry[1] == file.name and entry[0] <= time.monotonic() - 1.0]
        keep = min(size, before[-1][2]) if before else size
        os.truncate(file, keep)
        return size - keep

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self.kill()
        await self.client.aclose()


def postgres_programs() -> Path:
    """Where initdb and postgres lie."""
    candidates = [*sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True), shutil.which("initdb")]
    for candidate in candidates:
        if candidate and (Path(candidate).parent / "postgres").exists():
            return Path(candidate).parent
    raise RuntimeError("PostgreSQL's server programs were not found: install the package postgresql")


class OwnPostgres(Server):
    name = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://gittix@127.0.0.1:{self.port}/gittix"

    async def initialise(self) -> None:
        owned(self.data)
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
        (self.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(
                "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 200\nfsync = on\n"
                "synchronous_commit = on\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nmax_wal_size = '512MB'\n"
                "log_line_prefix = '%m [%p] %a '\n"
            )

    async def launch(self) -> None:
        await self._spawn(
            # QUIT is its immediate shutdown: KILL would leave a segment of shared memory behind on the machine.
            as_server_user(
                str(postgres_programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), death="QUIT"
            )
        )

    async def answers(self) -> bool:
        async with await psycopg.AsyncConnection.connect(
            self.url.rsplit("/", 1)[0] + "/postgres", connect_timeout=2, autocommit=True
        ) as connection:
            found = await connection.execute("SELECT NOT pg_is_in_recovery()")
            return bool((await found.fetchone() or [False])[0])

    async def create_database(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self.url.rsplit("/", 1)[0] + "/postgres", autocommit=True
        ) as connection:
            await connection.execute("CREATE DATABASE gittix")

    async def connect(self) -> psycopg.AsyncConnection:
        """A session of the harness's own, past every proxy."""
        return await psycopg.AsyncConnection.connect(
            self.url, connect_timeout=5, autocommit=True, application_name="chaos"
        )

    async def rows(self, sql: str, parameters: tuple | dict = ()) -> list[tuple]:
        async with await self.connect() as connection:
            return await (await connection.execute(sql, parameters or None)).fetchall()

    async def execute(self, sql: str, parameters: tuple | dict = ()) -> None:
        async with await self.connect() as connection:
            await connection.execute(sql, parameters or None)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGQUIT)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.process.wait(), 10)
        await self.kill()
