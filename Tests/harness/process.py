"""A process of GitTix: start, readiness, logs, restart, end."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.journal import Journal, now_ms

# A longer log is cut to its second half at the next start, so that long runs fit on the disk.
MAX_LOG_BYTES = 64 << 20

CRASH_SIGNALS = {signal.SIGSEGV, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE}


def killed_with_harness(command: list[str]) -> list[str]:
    """The command, extended so that the kernel kills it when the harness dies. Linux only."""
    return ["setpriv", "--pdeathsig", "KILL", *command] if shutil.which("setpriv") else command


@dataclass(frozen=True)
class Exit:
    """An exit that the harness did not cause."""

    name: str
    # Epoch milliseconds.
    at: int
    code: int
    uptime_seconds: float

    @property
    def is_crash(self) -> bool:
        return -self.code in CRASH_SIGNALS


ReadyCheck = Callable[["Process"], Awaitable[bool]]


def responds(path: str) -> ReadyCheck:
    """Ready once a GET of the path is answered with 200."""

    async def check(process: "Process") -> bool:
        assert process.origin is not None
        url = urllib.parse.urlsplit(process.origin)
        request = f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n"
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(url.hostname, url.port)
                try:
                    writer.write(request.encode())
                    return (await reader.readline()).split()[1:2] == [b"200"]
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError):
            return False

    return check


async def workers_started(process: "Process") -> bool:
    """Ready once a worker process has logged that it started."""
    return process.has_logged("Workers started")


@dataclass
class Process:
    """One entry of the formation. A restart replaces the operating system's process, not this object."""

    name: str
    # `api`, `sandbox`, or the process type of the workers.
    kind: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    # If None, the process is ready as soon as it has started.
    is_ready: ReadyCheck | None = None
    # Only for a process that serves HTTP.
    origin: str | None = None
    journal: Journal | None = None
    # Seconds until the process is started again after an exit. If None, it is not started again.
    restart_delay: Callable[[], float] | None = None
    # Called before each start.
    before_start: Callable[[], None] | None = None

    process: asyncio.subprocess.Process | None = None
    # If False, the process is not started again.
    is_wanted: bool = True
    # True after the harness has sent SIGTERM or SIGKILL.
    is_exit_expected: bool = False
    is_suspended: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    starts: int = 0
    started_at: float = 0.0
    # Unexpected exits.
    exits: list[Exit] = field(default_factory=list)
    _start_offset: int = 0
    _shown_bytes: int = 0
    _supervisor: asyncio.Task | None = None
    _ready_task: asyncio.Task | None = None
    _wakeup: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process and self.process.returncode is None else None

    @property
    def is_up(self) -> bool:
        return self.pid is not None and self.ready.is_set() and not self.is_suspended

    # Starting

    def start(self) -> None:
        """Starts it, and restarts it after every exit if it has a `restart_delay`."""
        self._supervisor = asyncio.get_running_loop().create_task(self._supervise(), name=f"supervisor of {self.name}")

    def restart_now(self) -> None:
        """Ends the delay before a restart."""
        self._wakeup.set()

    async def wait_until_ready(self) -> None:
        """Waits until it is ready. Raises if it exits before it is ready, and is not restarted."""
        assert self._supervisor is not None
        ready = asyncio.get_running_loop().create_task(self.ready.wait())
        try:
            await asyncio.wait({ready, self._supervisor}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not self.ready.is_set():
            self._supervisor.result()
            raise RuntimeError(f"{self.name} exited before it was ready:\n{self.new_log_lines()}")

    async def _supervise(self) -> None:
        while self.is_wanted:
            await self._spawn()
            assert self.process is not None
            self._ready_task = asyncio.get_running_loop().create_task(self._set_ready())
            code = await self.process.wait()
            self._ready_task.cancel()
            self.ready.clear()
            self.is_suspended = False
            if not self.is_exit_expected:
                self._record_exit(code)
            self.is_exit_expected = False
            if self.restart_delay is None:
                return
            if self.is_wanted:
                self._wakeup.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wakeup.wait(), self.restart_delay())

    async def _spawn(self) -> None:
        if self.before_start:
            self.before_start()
        self._limit_log()
        with self.log.open("ab") as log:
            self._start_offset = log.tell()
            # The process has a separate session, so that Ctrl-C in the terminal reaches only the harness.
            self.process = await asyncio.create_subprocess_exec(
                *killed_with_harness(self.command), env=self.environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.starts += 1
        self.started_at = time.monotonic()

    async def _set_ready(self) -> None:
        began = now_ms()
        while self.is_ready is not None and not await self.is_ready(self):
            await asyncio.sleep(0.05)
        self.ready.set()
        if self.journal:
            self.journal.write({"t0": began, "t1": now_ms(), "kind": "start", "target": self.name, "detail": {}})

    def _record_exit(self, code: int) -> None:
        uptime = time.monotonic() - self.started_at
        self.exits.append(Exit(self.name, now_ms(), code, uptime))
        if self.journal:
            self.journal.write(
                {"t0": now_ms(), "t1": None, "kind": "ended", "target": self.name,
                 "detail": {"code": code, "livedSeconds": round(uptime, 3)}}
            )  # fmt: skip

    # Signals and the end

    def send(self, number: signal.Signals) -> bool:
        """Sends a signal. Returns false if the process is not running."""
        if self.pid is None:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.is_exit_expected = True
            self.ready.clear()
            # A process that is about to exit may still answer that it is ready.
            if self._ready_task is not None:
                self._ready_task.cancel()
        if number == signal.SIGSTOP:
            self.is_suspended = True
        if number == signal.SIGCONT:
            self.is_suspended = False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    async def stop(self, within_seconds: float = 15) -> None:
        """Sends SIGTERM and waits for the exit. Kills the process if it takes longer."""
        self.is_wanted = False
        self.send(signal.SIGTERM)
        self.restart_now()
        if self._supervisor is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._supervisor), within_seconds)
        await self.kill()

    async def kill(self) -> None:
        """Kills it, waits for the exit, and does not start it again."""
        self.is_wanted = False
        self.is_exit_expected = True
        self.restart_now()
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._supervisor is not None:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._supervisor, 10)

    # The log

    def has_logged(self, text: str) -> bool:
        """True if a line since the last start contains the text."""
        with self.log.open("rb") as log:
            log.seek(self._start_offset)
            return text.encode() in log.read()

    def new_log_lines(self, max_lines: int = 15) -> str:
        """The last lines that were not returned before, without successful requests. Empty if there are none."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            start = self._shown_bytes if self._shown_bytes <= size else 0
            log.seek(max(start, size - 65_536))
            lines = log.read().decode(errors="replace").splitlines()
            self._shown_bytes = size
            shown = [line[:500] for line in lines if ": Request  " not in line or "status=5" in line][-max_lines:]
            if shown:
                return "\n".join([f"──── {self.name}, complete log in {self.log}", *shown])
        return ""

    def _limit_log(self) -> None:
        with contextlib.suppress(OSError):
            size = self.log.stat().st_size
            if size > MAX_LOG_BYTES:
                with self.log.open("rb") as log:
                    log.seek(size // 2)
                    rest = log.read()
                self.log.write_bytes(b"[the older half was deleted]\n" + rest)
