"""A system for code without asyncio."""

import asyncio
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from harness.process import Process
from harness.system import System


class BlockingSystem:
    """One API process, one worker process for every service, and the Stripe sandbox, with a separate database and key
    prefix on running servers."""

    def __init__(
        self, name: str, server_url: str, redis_url: str, settings: dict[str, str],
        sandbox_settings: dict[str, str] | None = None,
    ):  # fmt: skip
        """`server_url` names any database of the server."""
        database = f"{name}_{secrets.token_hex(4)}"
        self.database_url = server_url.rsplit("/", 1)[0] + "/" + database
        self.directory = Path(tempfile.mkdtemp(prefix=f"gittix-{name}-"))
        self._system = System(
            self.directory, database_url=self.database_url, redis_url=redis_url, worker_kinds=["all"],
            settings={"REDIS_KEY_PREFIX": database} | settings, sandbox_settings=sandbox_settings,
        )  # fmt: skip
        self.origin = self._system.api_origins[0]
        self.sandbox = self._system.sandbox_origin
        # Every setting that a process of this system needs.
        self.settings = self._system.settings | self._system.urls
        self._loop = asyncio.new_event_loop()
        # The processes die with this thread, so it lives as long as the program.
        threading.Thread(target=self._loop.run_forever, name=f"system {name}", daemon=True).start()
        psql(server_url, f'CREATE DATABASE "{database}"')
        try:
            self._run(self._system.start())
        except BaseException:
            self.stop()
            raise

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def process(self, kind: str) -> Process:
        """The process of a kind: `api`, `all` (the workers) or `sandbox`."""
        [process] = self._system.of_kind(kind)
        return process

    def gittix(self, *arguments: str) -> str:
        """Runs the operator's command and returns its output. Raises if it fails."""
        return self._run(self._system.gittix(*arguments))

    def new_log_lines(self) -> str:
        """The last lines of each log, without those that an earlier call returned."""
        return self._system.new_log_lines()

    def stop_process(self, kind: str) -> None:
        """Stops one process by SIGTERM, and waits for its exit."""
        self._run(self.process(kind).stop(within_seconds=30))

    def stop(self) -> None:
        """Kills every process. The logs stay."""
        self._run(self._system.kill())

    def delete_logs(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


def psql(url: str, sql: str) -> str:
    """Runs SQL with psql, without GitTix. Returns one line for each row, with columns separated by U+001F."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", url, "-c", sql],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr}\n{sql}")
    return done.stdout
