"""A whole GitTix of release builds with servers of its own: each process of the Procfile once, nothing in between."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import tempfile
import time
from pathlib import Path

import aiohttp

from chaos.journal import Journal
from chaos.ports import Ports
from chaos.process import Process
from chaos.servers import OwnPostgres, OwnRedis, postgres_programs

POOLS = ("users", "tickets", "orders", "payments", "expiration")
#: What differs from PostgreSQL's defaults; fsync and synchronous_commit are on.
POSTGRES = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
}
#: What differs from the defaults of docs/SETTINGS.md, for all processes.
SETTINGS = {
    # Plain HTTP to the sandbox.
    "ENVIRONMENT": "development",
    # As in production.
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
    # A rush is to be absorbed, not refused: what is shed costs nothing and sells nothing.
    "SHED_BACKLOG": "50000",
    "SHED_AGE_SECONDS": "60",
}
#: What an endpoint at Stripe has enabled: docs/decisions/payments.md.
EVENTS = (
    "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.succeeded",
    "payment_intent.canceled", "payment_intent.payment_failed", "charge.failed", "charge.expired", "charge.refunded",
    "refund.created", "refund.updated",
)  # fmt: skip
DATA_PREFIX = "gittix-bench-"


def binaries() -> Path:
    path = os.environ.get("GITTIX_BINARIES")
    if not path:
        raise RuntimeError("GITTIX_BINARIES is not set: run it by bin/bench")
    return Path(path)


def tools() -> Path:
    """Where load, BareRoute and DrainWorker are."""
    return Path(os.environ.get("GITTIX_BENCHMARK_BINARIES") or binaries())


def forget_the_dead() -> None:
    """Deletes the data of runs that were killed."""
    for data in Path("/var/tmp").glob(f"{DATA_PREFIX}*"):
        with contextlib.suppress(OSError), (data / "owner").open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(data, ignore_errors=True)


class System:
    def __init__(self, directory: Path, settings: dict[str, str] | None = None):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.logs = directory / "logs"
        self.logs.mkdir(exist_ok=True)
        forget_the_dead()
        # The servers' user must be able to walk there.
        self.data = Path(tempfile.mkdtemp(prefix=DATA_PREFIX, dir="/var/tmp"))
        self.data.chmod(0o711)
        self.owner = (self.data / "owner").open("w")
        fcntl.flock(self.owner, fcntl.LOCK_EX)
        self.ports = Ports()
        self.journal = Journal(directory / "processes.jsonl")
        self.redis = OwnRedis(self.ports.take(), self.data / "redis", self.logs / "redis.log")
        self.postgres = OwnPostgres(self.ports.take(), self.data / "postgres", self.logs / "postgres.log")
        self.sandbox = f"127.0.0.1:{self.ports.take()}"
        self.api = f"127.0.0.1:{self.ports.take()}"
        self.signing_secret = secrets.token_hex(24)
        self.stripe_secret = "sk_test_" + secrets.token_hex(16)
        self.webhook_secret = "whsec_" + secrets.token_hex(16)
        self.settings = SETTINGS | (settings or {})
        self.processes: dict[str, Process] = {}

    # Starting

    async def start(self, prepare: list[str] | None = None) -> None:
        """All of it; what there is to prepare in the database is done before anybody uses it."""
        await self.postgres.initialise()
        with (self.data / "postgres" / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = '{value}'\n" for name, value in POSTGRES.items())
        await asyncio.gather(self.redis.start(), self.postgres.start())
        await self.postgres.create_database()
        await self.gittix("migrate")
        for statement in prepare or []:
            await self.postgres.execute(statement)
        await self.start_sandbox()
        await self.start_api()
        for pool in POOLS:
            await self.start_pool(pool)

    def environment(self, own: dict[str, str] | None = None) -> dict[str, str]:
        return (
            {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
            | {
                "DATABASE_URL": self.postgres.url,
                "REDIS_URL": self.redis.url,
                "STRIPE_API_BASE": f"http://{self.sandbox}",
                "STRIPE_SECRET_KEY": self.stripe_secret,
                "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
                "SIGNING_SECRET": self.signing_secret,
                "PUBLIC_URL": f"http://{self.api}",
            }
            | self.settings
            | (own or {})
        )

    async def gittix(self, *words: str, own: dict[str, str] | None = None) -> None:
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "gittix"), *words, env=self.environment(own), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        if process.returncode != 0:
            raise RuntimeError(f"gittix {' '.join(words)} failed:\n{output.decode(errors='replace')[-2000:]}")

    async def spawn(
        self, name: str, kind: str, command: list[str], own: dict[str, str] | None = None, path: str | None = None
    ) -> Process:
        """A process, answering at a path where it has one."""

        async def is_ready(process: Process) -> bool:
            if path is None:
                return True
            with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
                    async with session.get(f"http://{process.origin}{path}") as answer:
                        return answer.status < 400
            return False

        process = Process(
            name=name, kind=kind, command=command, environment=self.environment(own), log=self.logs / f"{name}.log",
            journal=self.journal, is_ready=is_ready,
        )  # fmt: skip
        self.processes[name] = process
        return process

    async def up(self, process: Process) -> Process:
        process.keep()
        await asyncio.wait_for(process.ready.wait(), 60)
        return process

    async def start_api(self) -> None:
        port = self.api.rsplit(":")[-1]
        process = await self.spawn("api", "api", [str(binaries() / "API")], {"PORT": port}, "/readyz")
        process.origin = self.api
        await self.up(process)

    async def start_sandbox(self) -> None:
        own = {
            "PORT": self.sandbox.rsplit(":")[-1],
            "STRIPE_SANDBOX_PUBLIC_URL": f"http://{self.sandbox}",
            "STRIPE_SANDBOX_WEBHOOK_URL": f"http://{self.api}/webhooks/stripe",
            "STRIPE_SANDBOX_EVENTS": ",".join(EVENTS),
            "LOG_LEVEL": "warning",
        }
        process = await self.spawn("sandbox", "sandbox", [str(binaries() / "StripeSandbox")], own, "/healthz")
        process.origin = self.sandbox
        await self.up(process)

    async def start_pool(self, pool: str, copies: int = 1, own: dict[str, str] | None = None) -> None:
        """Runs so many copies of a pool; they are there when they have given their sign of life."""
        before = set(await self.redis.client.keys("gittix:worker:*"))
        for number in range(1, copies + 1):
            name = pool if copies == 1 else f"{pool}-{number}"
            await self.up(await self.spawn(name, pool, [str(binaries() / "Workers"), pool], own))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            new = [key for key in set(await self.redis.client.keys("gittix:worker:*")) - before]
            pools = [await self.redis.client.hget(key, "pool") for key in new]
            if pools.count(pool) >= copies:
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{copies} of the pool {pool} did not start within 30 s: see {self.logs}")

    # Stopping

    async def stop_processes(self, *kinds: str) -> None:
        """Asks all of these kinds to end, and waits until they have."""

        async def stop(process: Process) -> None:
            process.wanted = False
            process.send(signal.SIGTERM)
            process.start_now()
            if process._keeper is not None:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.shield(process._keeper), 15)
            await process.end()

        gone = [process for process in self.processes.values() if process.kind in kinds]
        await asyncio.gather(*(stop(process) for process in gone))
        self.must_live()
        for process in gone:
            del self.processes[process.name]

    def must_live(self) -> None:
        """Fails when a process has ended by itself."""
        endings = [ending for process in self.processes.values() for ending in process.endings]
        if endings:
            raise RuntimeError(f"processes have ended: {endings}; see {self.logs}")

    async def stop(self) -> None:
        await asyncio.gather(*(process.end() for process in self.processes.values()), return_exceptions=True)
        await asyncio.gather(self.redis.stop(), self.postgres.stop(), return_exceptions=True)
        self.journal.close()
        shutil.rmtree(self.data, ignore_errors=True)
        self.owner.close()

    # Looking

    async def value(self, sql: str) -> object:
        return (await self.postgres.rows(sql))[0][0]

    def database(self, name: str) -> str:
        """The URL of another database of the same server."""
        return f"{self.postgres.url.rsplit('/', 1)[0]}/{name}"

    def program(self, name: str) -> str:
        return str(postgres_programs() / name)
