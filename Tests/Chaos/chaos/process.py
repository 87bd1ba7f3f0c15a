"""A process of the product, and whoever starts it again when it has died, as a Procfile's host does."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaos.journal import Journal, now_ms

# A log is cut down to its second half when it has grown so long: a night must fit on the disk.
LOG_LIMIT_BYTES = 64 << 20

# By these the kernel ends a process for its own faults.
CRASHES = {signal.SIGSEGV, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE}


@dataclass
class Ending:
    """A process that the harness did not end."""

    name: str
    at: int
    code: int
    lived_seconds: float

    @property
    def is_crash(self) -> bool:
        return self.code < 0 and -self.code in {int(number) for number in CRASHES}


@dataclass
class Process:
    """One place in the formation: the process that fills it changes."""

    name: str
    # The kind of process: api, users, tickets, orders, payments, expiration, sandbox.
    kind: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    journal: Journal
    is_ready: Callable[["Process"], Awaitable[bool]]
    # Of an API process.
    origin: str | None = None
    process: asyncio.subprocess.Process | None = None
    # While false, nobody starts it again.
    wanted: bool = True
    # Whether the harness has sent it the signal that it is about to die of.
    expected: bool = False
    stopped: bool = False
    starts: int = 0
    endings: list[Ending] = field(default_factory=list)
    started_at: float = 0.0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    # Called at each start, before the process runs.
    before_start: Callable[[], None] | None = None
    restart_pause: Callable[[], float] = lambda: 0.5
    _keeper: asyncio.Task | None = None
    _watch: asyncio.Task | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process and self.process.returncode is None else None

    @property
    def is_up(self) -> bool:
        return self.pid is not None and self.ready.is_set() and not self.stopped

    def send(self, number: signal.Signals) -> bool:
        """Whether there was a process to send it to."""
        if self.pid is None:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.expected = True
            self.ready.clear()
            # One that is about to end may still say that it is ready.
            if self._watch is not None:
                self._watch.cancel()
        if number == signal.SIGSTOP:
            self.stopped = True
        if number == signal.SIGCONT:
            self.stopped = False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    def keep(self) -> None:
        """Starts it, and again whenever it has ended."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep(), name=f"keeper of {self.name}")

    async def _keep(self) -> None:
        while self.wanted:
            await self._spawn()
            assert self.process is not None
            self._watch = asyncio.get_running_loop().create_task(self._watch_ready())
            code = await self.process.wait()
            self._watch.cancel()
            self.ready.clear()
            self.stopped = False
            if not self.expected:
                lived = time.monotonic() - self.started_at
                self.endings.append(Ending(self.name, now_ms(), code, lived))
                self.journal.write(
                    {"t0": now_ms(), "t1": None, "kind": "ended", "target": self.name,
                     "detail": {"code": code, "livedSeconds": round(lived, 3)}}
                )  # fmt: skip
            self.expected = False
            if self.wanted:
                self._wake.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self.restart_pause())

    def start_now(self) -> None:
        """Ends the pause before the next start."""
        self._wake.set()

    async def _spawn(self) -> None:
        if self.before_start:
            self.before_start()
        self._bound_log()
        with self.log.open("ab") as log:
            # A group of its own: Ctrl-C in the terminal is for the harness, which ends it in order.
            self.process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", *self.command, env=self.environment,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.starts += 1
        self.started_at = time.monotonic()

    def _bound_log(self) -> None:
        with contextlib.suppress(OSError):
            size = self.log.stat().st_size
            if size > LOG_LIMIT_BYTES:
                with self.log.open("rb") as log:
                    log.seek(size // 2)
                    rest = log.read()
                self.log.write_bytes(b"[the older half was dropped]\n" + rest)

    async def _watch_ready(self) -> None:
        began = now_ms()
        while not await self.is_ready(self):
            await asyncio.sleep(0.1)
        self.ready.set()
        self.journal.write({"t0": began, "t1": now_ms(), "kind": "start", "target": self.name, "detail": {}})

    async def end(self) -> None:
        """For good."""
        self.wanted = False
        self.expected = True
        self._wake.set()
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._keeper is not None:
            with contextlib.suppress(asyncio.CancelledError, asyncio.TimeoutError):
                await asyncio.wait_for(self._keeper, 10)
