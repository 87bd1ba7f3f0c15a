"""The system of a benchmark: release builds, one process of each type, and its own servers."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from harness.journal import Journal
from harness.product import binaries
from harness.servers import OwnServers, postgres_programs
from harness.system import System

#: Differences from PostgreSQL's defaults; fsync and synchronous_commit are on.
POSTGRES = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
}
#: Differences from the defaults of docs/SETTINGS.md, for all processes.
SETTINGS = {
    # Allows plain HTTP to the sandbox.
    "ENVIRONMENT": "development",
    # As in production.
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
    # Requests must wait, not be shed: a shed request costs nothing and sells nothing.
    "SHED_BACKLOG": "50000",
    "SHED_AGE_SECONDS": "60",
    # The harness turns the limits on a buyer's holds off. Their defaults are set again, so that benchmarks include the
    # cost of the limits.
    "OPEN_HOLDS_PER_BUYER": "5",
    "UNITS_PER_BUYER": "20",
    "LAPSED_HOLDS_PER_BUYER": "3",
}
#: The events that the endpoint at Stripe must have enabled: docs/decisions/payments.md.
EVENTS = (
    "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.succeeded",
    "payment_intent.canceled", "payment_intent.payment_failed", "charge.failed", "charge.expired", "charge.refunded",
    "refund.created", "refund.updated",
)  # fmt: skip


def tools() -> Path:
    """The directory of load, BareRoute and DrainWorker."""
    return Path(os.environ.get("GITTIX_BENCHMARK_BINARIES") or binaries())


class BenchmarkSystem(System):
    def __init__(self, directory: Path):
        self.servers = OwnServers(directory / "logs", POSTGRES)
        self.redis = self.servers.redis
        self.postgres = self.servers.postgres
        super().__init__(
            directory, database_url=self.postgres.url, redis_url=self.redis.url, settings=SETTINGS,
            sandbox_settings={"STRIPE_SANDBOX_EVENTS": ",".join(EVENTS), "LOG_LEVEL": "warning"},
            restart_delay=lambda: 0.5, journal=Journal(directory / "processes.jsonl"),
        )  # fmt: skip

    @property
    def api_address(self) -> str:
        """`host:port`, as the load generator takes it."""
        return self.api_origins[0].removeprefix("http://")

    @property
    def sandbox_address(self) -> str:
        return self.sandbox_origin.removeprefix("http://")

    async def start(self, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        await self.servers.start()
        await super().start(prepare)

    async def stop(self) -> None:
        await self.kill()
        await self.servers.stop()

    def program(self, name: str) -> str:
        """The path of one of PostgreSQL's programs."""
        return str(postgres_programs() / name)
