"""The whole product as processes: two of each, every one with proxies of its own to what it needs."""

import asyncio
import contextlib
import fcntl
import json
import os
import random
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from chaos.journal import Journal, now_ms
from chaos.ports import Ports
from chaos.process import Process
from chaos.proxy import Proxy
from chaos.servers import OwnPostgres, OwnRedis

POOLS = ("users", "tickets", "orders", "payments", "expiration")
PREFIX = "gittix"
COPIES = 2

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def binaries() -> Path:
    """Where swift build has put the executables; bin/chaos says."""
    path = os.environ.get("GITTIX_BINARIES")
    if not path:
        raise RuntimeError("GITTIX_BINARIES is not set: run it by bin/chaos")
    return Path(path)


def faketime() -> str | None:
    """The library by which a process can be told another time."""
    for path in [FAKETIME, *map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))]:
        if Path(path).exists():
            return path
    return None


DATA_PREFIX = "gittix-chaos-"


def forget_the_dead() -> None:
    """Deletes the data of runs whose harness was killed."""
    for data in Path("/var/tmp").glob(f"{DATA_PREFIX}*"):
        with contextlib.suppress(OSError), (data / "owner").open() as owner:
            # Whoever lives has it locked.
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(data, ignore_errors=True)


@dataclass(frozen=True)
class Settings:
    """Of the product's processes, as the checker must know them."""

    hold_seconds: int = 12
    command_wait_seconds: int = 5
    reconcile_seconds: int = 5
    claim_idle_ms: int = 5000
    access_token_seconds: int = 900

    def variables(self) -> dict[str, str]:
        return {
            "HOLD_SECONDS": str(self.hold_seconds),
            "COMMAND_WAIT_SECONDS": str(self.command_wait_seconds),
            "RECONCILE_SECONDS": str(self.reconcile_seconds),
            "CLAIM_IDLE_MS": str(self.claim_idle_ms),
            "ACCESS_TOKEN_SECONDS": str(self.access_token_seconds),
        }


class System:
    def __init__(self, directory: Path, seed: int, chance: random.Random, settings: Settings | None = None):
        self.directory = directory
        self.seed = seed
        self.settings = settings or Settings()
        self.logs = directory / "logs"
        self.logs.mkdir(exist_ok=True)
        # The servers' user must be able to walk there, which a private directory of another user does not let it.
        forget_the_dead()
        self.data = Path(tempfile.mkdtemp(prefix=DATA_PREFIX, dir="/var/tmp"))
        self.data.chmod(0o711)
        self.owner = (self.data / "owner").open("w")
        fcntl.flock(self.owner, fcntl.LOCK_EX)
        self.ports = Ports()
        self.chance = chance
        self.faults = Journal(directory / "faults.jsonl")
        self.redis = OwnRedis(self.ports.take(), self.data / "redis", self.logs / "redis.log")
        self.postgres = OwnPostgres(self.ports.take(), self.data / "postgres", self.logs / "postgres.log")
        self.sandbox_port = self.ports.take()
        self.sandbox_origin = f"http://127.0.0.1:{self.sandbox_port}"
        self.stripe_secret = "sk_test_" + secrets.token_hex(16)
        self.webhook_secret = "whsec_" + secrets.token_hex(16)
        self.api_ports = [self.ports.take() for _ in range(COPIES)]
        self.api_origins = [f"http://127.0.0.1:{port}" for port in self.api_ports]
        self.processes: dict[str, Process] = {}
        # By process and server: "orders-1", "redis".
        self.proxies: dict[tuple[str, str], Proxy] = {}
        # The name of the consumer that a worker reads by, as its reads tell.
        self.consumers: dict[str, str] = {}
        self.clocks: dict[str, Path] = {}
        self.started_at = now_ms()
        self.common = {
            "ENVIRONMENT": "development",
            "LOG_FORMAT": "text",
            "LOG_LEVEL": "info",
            "PUBLIC_URL": self.api_origins[0],
            "SIGNING_SECRET": secrets.token_hex(24),
            "STRIPE_SECRET_KEY": self.stripe_secret,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            # All clients come from one address.
            "SIGN_UPS_PER_MINUTE": "1000000",
            "SIGN_INS_PER_MINUTE": "1000000",
            "ACCOUNT_SIGN_INS_PER_MINUTE": "1000000",
        } | self.settings.variables()

    # Starting

    async def start(self, prepare: Callable[[], Awaitable[None]]) -> None:
        """Everything; the database is prepared once it has its tables, before anybody uses it."""
        await self.postgres.initialise()
        await asyncio.gather(self.redis.start(), self.postgres.start())
        await self.postgres.create_database()
        await self.gittix("migrate")
        await prepare()
        await self._add_sandbox()
        for kind in ("api", *POOLS):
            for number in range(1, COPIES + 1):
                await self._add(kind, number)
        for process in self.processes.values():
            process.keep()
        try:
            await asyncio.wait_for(self.all_ready(), 120)
        except asyncio.TimeoutError:
            late = [name for name, process in self.processes.items() if not process.is_up]
            raise RuntimeError(f"not ready after two minutes: {', '.join(late)}; see {self.logs}") from None

    async def all_ready(self) -> None:
        for process in self.processes.values():
            await process.ready.wait()

    def direct(self) -> dict[str, str]:
        """What a process needs to reach the servers past every proxy."""
        return {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url, "STRIPE_API_BASE": self.sandbox_origin}

    def environment(self, own: dict[str, str]) -> dict[str, str]:
        return {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | self.common | own

    async def gittix(self, *words: str, within_seconds: float = 60) -> str:
        """Runs the operator's command, past every proxy."""
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "gittix"), *words, env=self.environment(self.direct()),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), within_seconds)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise RuntimeError(f"gittix {' '.join(words)} takes longer than {within_seconds} s") from None
        if process.returncode != 0:
            raise RuntimeError(f"gittix {' '.join(words)} failed:\n{output.decode(errors='replace')[-2000:]}")
        return output.decode(errors="replace")

    async def _add_sandbox(self) -> None:
        self.processes["sandbox"] = Process(
            name="sandbox", kind="sandbox", command=[str(binaries() / "StripeSandbox")],
            environment={key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
            | {
                "PORT": str(self.sandbox_port),
                "STRIPE_SECRET_KEY": self.stripe_secret,
                "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
                # Browsers don't go through the proxy that the workers call it by.
                "STRIPE_SANDBOX_PUBLIC_URL": self.sandbox_origin,
                # Each process gets every webhook: one that comes twice is one.
                "STRIPE_SANDBOX_WEBHOOK_URL": ",".join(f"{origin}/webhooks/stripe" for origin in self.api_origins),
                "STRIPE_SANDBOX_RETRY_MS": "500",
                "STRIPE_SANDBOX_ATTEMPTS": "6",
                "LOG_LEVEL": "warning",
            },
            log=self.logs / "sandbox.log", journal=self.faults, is_ready=self._answers("/healthz"),
            origin=self.sandbox_origin,
        )  # fmt: skip

    async def _add(self, kind: str, number: int) -> None:
        name = f"{kind}-{number}"
        own: dict[str, str] = {}
        wanted = ["redis"] if kind == "expiration" else ["redis", "postgres"]
        if kind == "payments":
            wanted.append("stripe")
        for server in wanted:
            upstream = {
                "redis": self.redis.port,
                "postgres": self.postgres.port,
                "stripe": self.sandbox_port,
            }[server]
            proxy = Proxy(f"{name}:{server}", self.ports.take(), upstream)
            proxy.knows_commits = server == "postgres"
            await proxy.start()
            self.proxies[name, server] = proxy
        own["REDIS_URL"] = f"redis://127.0.0.1:{self.proxies[name, 'redis'].port}"
        if "postgres" in wanted:
            own["DATABASE_URL"] = f"postgresql://gittix@127.0.0.1:{self.proxies[name, 'postgres'].port}/gittix"
        if kind == "payments":
            own["STRIPE_API_BASE"] = f"http://127.0.0.1:{self.proxies[name, 'stripe'].port}"
        if kind == "api":
            own["STRIPE_API_BASE"] = self.sandbox_origin
            own["PORT"] = str(self.api_ports[number - 1])
        # One of each two lives in a time of its own, which a fault can change.
        if number == COPIES and (library := faketime()):
            clock = self.directory / f"{name}.clock"
            clock.write_text("+0\n")
            self.clocks[name] = clock
            own |= {
                "LD_PRELOAD": library,
                "FAKETIME_TIMESTAMP_FILE": str(clock),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DISABLE_SHM": "1",
                "NO_FAKE_STAT": "1",
            }
        command = [str(binaries() / "API")] if kind == "api" else [str(binaries() / "Workers"), kind]
        process = Process(
            name=name, kind=kind, command=command, environment=self.environment(own), log=self.logs / f"{name}.log",
            journal=self.faults, is_ready=self._answers("/readyz") if kind == "api" else self._reads,
            origin=self.api_origins[number - 1] if kind == "api" else None,
            restart_pause=lambda: self.chance.uniform(0.2, 1.5),
        )  # fmt: skip
        self.processes[name] = process
        if kind != "api":
            process.before_start = lambda: self._listen_for_consumer(name, kind)

    def _listen_for_consumer(self, name: str, pool: str) -> None:
        """A worker is ready, and its name known, when it asks Redis for work."""
        self.consumers.pop(name, None)
        proxy = self.proxies[name, "redis"]
        group = rb"GROUP\r\n\$\d+\r\n" + pool.encode() + rb"\r\n"
        pattern = re.compile(rb"XREADGROUP\r\n\$5\r\n" + group + rb"\$\d+\r\n([^\r]+)\r\n")

        def watch(data: bytes) -> None:
            if found := pattern.search(data):
                self.consumers[name] = found.group(1).decode()
                proxy.watches.clear()

        proxy.watches[:] = [watch]

    async def _reads(self, process: Process) -> bool:
        return process.name in self.consumers

    @staticmethod
    def _answers(path: str):
        async def answers(process: Process) -> bool:
            with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                timeout = aiohttp.ClientTimeout(total=5)
                async with aiohttp.ClientSession(timeout=timeout) as session:
                    async with session.get(f"{process.origin}{path}") as answer:
                        return answer.status == 200
            return False

        return answers

    # Using it

    def of_kind(self, *kinds: str) -> list[Process]:
        return [process for process in self.processes.values() if process.kind in kinds]

    @property
    def workers(self) -> list[Process]:
        return self.of_kind(*POOLS)

    @property
    def victims(self) -> list[Process]:
        """What may be killed: all but the sandbox, which stands for another company."""
        return self.of_kind("api", *POOLS)

    def process_of_port(self, server: str, port: int) -> Process | None:
        """Whose connection the server sees come from that port."""
        for (name, which), proxy in self.proxies.items():
            if which == server and any(link.server_side_port == port for link in proxy.links):
                return self.processes[name]
        return None

    def describe(self, **more: object) -> None:
        """Writes run.json, which the checker begins with."""
        settings = self.settings
        self.description = getattr(self, "description", {}) | more
        (self.directory / "run.json").write_text(
            json.dumps(
                {
                    "seed": self.seed,
                    "startedAt": self.started_at,
                    "databaseUrl": self.postgres.url,
                    "redisUrl": self.redis.url,
                    "prefix": PREFIX,
                    "sandboxOrigin": self.sandbox_origin,
                    "stripeSecretKey": self.stripe_secret,
                    "apiOrigins": self.api_origins,
                    "processes": {
                        name: {"kind": process.kind, "origin": process.origin}
                        for name, process in self.processes.items()
                    },
                    "settings": {key: int(value) for key, value in settings.variables().items()},
                    "limits": {
                        # The wait for a reply; before it the look at the backlog, after it the look into the inbox.
                        "answerSeconds": settings.command_wait_seconds + 20,
                        "expiryLateSeconds": 2 * settings.reconcile_seconds + 10,
                    },
                }
                | self.description,
                indent=2,
            )
        )

    # Ending

    async def stop(self) -> None:
        await asyncio.gather(*(process.end() for process in self.processes.values()), return_exceptions=True)
        for proxy in self.proxies.values():
            await proxy.stop()
        await asyncio.gather(self.redis.stop(), self.postgres.stop(), return_exceptions=True)
        self.faults.close()
        shutil.rmtree(self.data, ignore_errors=True)
        self.owner.close()

    def tails(self, lines: int = 12) -> str:
        """The last that each process has written, without the requests that went well."""
        told = []
        for name, process in self.processes.items():
            with contextlib.suppress(OSError):
                size = process.log.stat().st_size
                with process.log.open("rb") as log:
                    log.seek(max(0, size - 65536))
                    written = log.read().decode(errors="replace").splitlines()
                kept = [line[:400] for line in written if " answered" not in line][-lines:]
                told.append("\n".join([f"──── {name}, all in {process.log}", *kept]))
        return "\n".join(told)

    @property
    def age_seconds(self) -> float:
        return time.time() - self.started_at / 1000
