"""The system of a chaos run: two processes of each type, with a proxy for each connection that can break."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from chaos.builds import Builds
from chaos.proxy import Proxy
from harness.journal import Journal, now_ms
from harness.pooler import MODES, PgBouncer
from harness.ports import free_port
from harness.process import Process, responds
from harness.product import names_with_schema, service, service_names, services
from harness.servers import OwnServers
from harness.system import NO_ADDRESS_LIMITS, System

COUNT = 2
FAKETIME = "faketime/libfaketimeMT.so.1"


def faketime_library() -> str | None:
    """The library that changes the clock of a process."""
    return next((str(path) for path in Path("/usr/lib").glob(f"*/{FAKETIME}")), None)


@dataclass(frozen=True)
class Timing:
    """Settings that the load and the checker depend on."""

    hold_seconds: int = 12
    command_wait_seconds: int = 5
    reconcile_seconds: int = 5
    claim_idle_ms: int = 5000
    access_token_seconds: int = 900
    open_holds: int = 5
    # Few entries, so that the stream is trimmed past a paused follower's position within seconds.
    stream_entries: int = 200

    def variables(self) -> dict[str, int]:
        return {
            "HOLD_SECONDS": self.hold_seconds,
            "COMMAND_WAIT_SECONDS": self.command_wait_seconds,
            "RECONCILE_SECONDS": self.reconcile_seconds,
            "CLAIM_IDLE_MS": self.claim_idle_ms,
            "ACCESS_TOKEN_SECONDS": self.access_token_seconds,
            "OPEN_HOLDS_PER_BUYER": self.open_holds,
            "STREAM_BOUND_ENTRIES": self.stream_entries,
        }


class ChaosSystem(System):
    def __init__(self, directory: Path, seed: int, rng: random.Random, builds: Builds | None = None):
        self.seed = seed
        # Both builds of a mixed run.
        self.builds = builds
        self.timing = Timing()
        self.servers = OwnServers(directory / "logs")
        self.redis = self.servers.redis
        self.postgres = self.servers.postgres
        self.faults = Journal(directory / "faults.jsonl")
        super().__init__(
            directory, database_url=self.postgres.url, redis_url=self.redis.url, count=COUNT, journal=self.faults,
            restart_delay=lambda: rng.uniform(0.2, 1.5),
            settings=NO_ADDRESS_LIMITS | {"ACCOUNT_SIGN_INS_PER_MINUTE": "1000000"}
            | {name: str(value) for name, value in self.timing.variables().items()}
            # The other build of a mixed run may not sign its commands.
            | ({"ACCEPT_UNSIGNED_COMMANDS": "true"} if builds else {}),
            sandbox_settings={
                "STRIPE_SANDBOX_RETRY_MS": "500", "STRIPE_SANDBOX_ATTEMPTS": "6", "LOG_LEVEL": "warning",
            },
        )  # fmt: skip
        # The proxies, by the names of the process and the server: "orders-1", "redis".
        self.proxies: dict[tuple[str, str], Proxy] = {}
        # The name of each worker process's consumer in Redis.
        self.consumers: dict[str, str] = {}
        # The file with the offset of each process's clock.
        self.clocks: dict[str, Path] = {}
        # One service reaches its database through a pooler. In a mixed run there is no pooler, because the other build
        # might not work behind one.
        self.pooled = None if builds else rng.choice(names_with_schema())
        self.pooler = PgBouncer(
            free_port(), self.servers.data / "pgbouncer", self.logs / "pgbouncer.log", rng.choice(MODES),
            self.postgres.port,
        )  # fmt: skip
        # Ids of the accounts, listings, orders and performances that failovers have lost.
        self.lost_rows: set[str] = set()
        self.started_at = now_ms()
        self.description: dict[str, object] = {}

    # Starting

    async def start_servers(self) -> None:
        await self.servers.start()
        await self.pooler.start()

    async def settings_of(self, name: str, kind: str) -> dict[str, str]:
        """The process's proxy URLs. The second process of each type also gets a clock that faults can change."""
        settings = {"REDIS_URL": f"redis://127.0.0.1:{await self._proxy_port(name, 'redis', self.redis.port)}"}
        if kind == "api" or service(kind).has_schema:
            port = await self._proxy_port(
                name, "postgres", self.pooler.port if kind == self.pooled else self.postgres.port
            )
            settings["DATABASE_URL"] = f"postgresql://gittix@127.0.0.1:{port}/gittix"
        if kind == "payments":
            port = await self._proxy_port(name, "stripe", int(self.sandbox_origin.rsplit(":", 1)[1]))
            settings["STRIPE_API_BASE"] = f"http://127.0.0.1:{port}"
        if kind == "api":
            settings["STRIPE_API_BASE"] = self.sandbox_origin
        if name.endswith(f"-{COUNT}") and (library := faketime_library()):
            self.clocks[name] = self.directory / f"{name}.clock"
            self.clocks[name].write_text("+0\n")
            settings |= {
                "LD_PRELOAD": library,
                "FAKETIME_TIMESTAMP_FILE": str(self.clocks[name]),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DISABLE_SHM": "1",
                "NO_FAKE_STAT": "1",
            }
        return settings

    async def _proxy_port(self, name: str, server: str, upstream_port: int) -> int:
        proxy = Proxy(free_port(), upstream_port, parses_commits=server == "postgres")
        await proxy.start()
        self.proxies[name, server] = proxy
        return proxy.port

    async def add(self, kind: str, number: int, count: int) -> Process:
        """A worker is ready when it reads from Redis, which also shows its consumer name. In a mixed run the second
        process of each type begins with the other build."""
        process = await super().add(kind, number, count)
        if self.builds:
            self.builds.place(process, is_other=number % 2 == 0)
            if kind == "api":
                # `/readyz` of an older build may report that the database is ahead of it.
                process.is_ready = responds("/healthz")
        if kind != "api":
            process.is_ready = self._has_consumer
            process.before_start = lambda: self._watch_for_consumer(process)
        return process

    async def _has_consumer(self, process: Process) -> bool:
        return process.name in self.consumers

    def _watch_for_consumer(self, process: Process) -> None:
        self.consumers.pop(process.name, None)
        proxy = self.proxies[process.name, "redis"]
        group = rb"GROUP\r\n\$\d+\r\n" + process.kind.encode() + rb"\r\n"
        pattern = re.compile(rb"XREADGROUP\r\n\$5\r\n" + group + rb"\$\d+\r\n([^\r]+)\r\n")

        def watch(data: bytes) -> None:
            if found := pattern.search(data):
                self.consumers[process.name] = found.group(1).decode()
                proxy.watches.clear()

        proxy.watches[:] = [watch]

    # Using it

    @property
    def killable(self) -> list[Process]:
        """Every process but the sandbox, which takes Stripe's place."""
        return self.of_kind("api", *service_names())

    def describe(self, **more: object) -> None:
        """Writes run.json, which the checker reads."""
        self.description |= more
        known = {
            "seed": self.seed,
            "startedAt": self.started_at,
            "databaseUrl": self.postgres.url,
            "redisUrl": self.redis.url,
            "prefix": "gittix",
            "sandboxOrigin": self.sandbox_origin,
            "stripeSecretKey": self.settings["STRIPE_SECRET_KEY"],
            "apiOrigins": self.api_origins,
            "processes": {
                name: {"kind": process.kind, "origin": process.origin} for name, process in self.processes.items()
            },
            "settings": self.timing.variables(),
            "pooler": {"service": self.pooled, "mode": self.pooler.mode},
            "services": [
                {"name": each.name, "follows": each.follows, "schema": each.has_schema} for each in services()
            ],
            "limits": {
                # The wait for a reply, plus up to 20 s to measure the backlog before it and to read the inbox after it.
                "answerSeconds": self.timing.command_wait_seconds + 20,
                "expiryLateSeconds": 2 * self.timing.reconcile_seconds + 10,
                # The other build of a mixed run may not know the limit.
                "openHolds": None if self.builds else self.timing.open_holds,
                "streamEntries": None if self.builds else self.timing.stream_entries,
            },
        }
        (self.directory / "run.json").write_text(json.dumps(known | self.description, indent=2))

    async def stop(self) -> None:
        await self.kill()
        for proxy in self.proxies.values():
            await proxy.stop()
        await self.pooler.stop()
        await self.servers.stop()
        self.faults.close()
