"""The system that the browser tests use, on the servers that TEST_DATABASE_URL and TEST_REDIS_URL name."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from harness.blocking import BlockingSystem, psql
from harness.product import ROOT, binaries
from harness.system import NO_ADDRESS_LIMITS

__all__ = ["ROOT", "System", "binaries"]

# On a busy machine, commands may wait for a long time. So they are refused only when the oldest has waited for a
# minute. No test checks this refusal.
SETTINGS = NO_ADDRESS_LIMITS | {"SHED_AGE_SECONDS": "60"}


class System(BlockingSystem):
    def __init__(self, name: str, settings: dict[str, str] | None = None):
        super().__init__(
            f"browser_{name}", os.environ["TEST_DATABASE_URL"], os.environ["TEST_REDIS_URL"],
            SETTINGS | (settings or {}), sandbox_settings={"STRIPE_SANDBOX_RETRY_MS": "200"},
        )  # fmt: skip

    def rows(self, sql: str) -> list[list[str]]:
        return [line.split("\x1f") for line in psql(self.database_url, sql).split("\n") if line]

    def count(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    @contextmanager
    def workers_stopped(self) -> Iterator[None]:
        """Suspends the workers, so that commands are accepted but not processed."""
        workers = self.process("all")
        workers.send(signal.SIGSTOP)
        try:
            yield
        finally:
            workers.send(signal.SIGCONT)
