"""A whole GitTix: API processes, workers and the Stripe sandbox, on one PostgreSQL and one Redis."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from harness.journal import Journal
from harness.ports import free_port
from harness.process import Process, ReadyCheck, responds, workers_started
from harness.product import base_environment, binaries, services

# All users of a test have one address, and some of them send many commands.
NO_ADDRESS_LIMITS = {"SIGN_UPS_PER_MINUTE": "1000000", "SIGN_INS_PER_MINUTE": "1000000",
                     "COMMANDS_PER_MINUTE": "1000000"}
# The load of a test or benchmark comes from one address, and from a few users who order and sell a lot.
NO_REQUEST_LIMITS = {"SEARCHES_PER_MINUTE": "1000000000", "RENEWALS_PER_MINUTE": "1000000000"}
NO_HOLD_LIMITS = {"OPEN_HOLDS_PER_BUYER": "0", "UNITS_PER_BUYER": "0", "LAPSED_HOLDS_PER_BUYER": "0"}
NO_SELLER_LIMITS = {"NEW_SELLER_LISTINGS": "0", "NEW_SELLER_UNITS": "0"}


class System:
    def __init__(
        self,
        directory: Path,
        *,
        database_url: str,
        redis_url: str,
        settings: dict[str, str] | None = None,
        sandbox_settings: dict[str, str] | None = None,
        # The number of processes of each type.
        count: int = 1,
        # The process types of the workers: by default one for each service. `all` runs every service in one process.
        worker_kinds: Sequence[str] | None = None,
        # See `Process`.
        restart_delay: Callable[[], float] | None = None,
        journal: Journal | None = None,
    ):
        self.directory = directory
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.count = count
        self._worker_kinds = worker_kinds
        self.restart_delay = restart_delay
        self.journal = journal
        self.sandbox_origin = f"http://127.0.0.1:{free_port()}"
        self.api_origins = [f"http://127.0.0.1:{free_port()}" for _ in range(count)]
        self.settings = {
            "ENVIRONMENT": "development",
            "LOG_FORMAT": "text",
            "LOG_LEVEL": "info",
            "PUBLIC_URL": self.api_origins[0],
            "SIGNING_SECRET": secrets.token_hex(24),
            "STRIPE_SECRET_KEY": "sk_test_" + secrets.token_hex(16),
            "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(16),
        } | NO_HOLD_LIMITS | NO_SELLER_LIMITS | NO_REQUEST_LIMITS | (settings or {})
        self.urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "STRIPE_API_BASE": self.sandbox_origin}
        self.sandbox_settings = sandbox_settings or {}
        self.processes: dict[str, Process] = {}

    @property
    def worker_kinds(self) -> Sequence[str]:
        return self._worker_kinds or [service.process for service in services()]

    # Starting

    async def start(self, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        """Migrates the database and starts every process. `prepare` runs between the two."""
        await self.gittix("migrate")
        if prepare:
            await prepare()
        added = [self._add_sandbox()]
        for kind in ("api", *self.worker_kinds):
            added += [await self.add(kind, number, self.count) for number in range(1, self.count + 1)]
        await self.start_processes(*added, within_seconds=120)

    async def start_kind(self, kind: str, count: int = 1) -> None:
        """Starts `api` or workers, and waits until they are ready."""
        await self.start_processes(*[await self.add(kind, number, count) for number in range(1, count + 1)])

    async def start_processes(self, *processes: Process, within_seconds: float = 60) -> None:
        for process in processes:
            process.start()
        try:
            async with asyncio.timeout(within_seconds):
                await asyncio.gather(*(process.wait_until_ready() for process in processes))
        except TimeoutError:
            raise RuntimeError(f"not ready after {within_seconds:g} s: {self.not_up()}; see {self.logs}") from None

    async def wait_until_ready(self) -> None:
        for process in self.processes.values():
            await process.wait_until_ready()

    def not_up(self) -> str:
        return ", ".join(name for name, process in self.processes.items() if not process.is_up)

    def add_process(
        self, name: str, kind: str, command: list[str], environment: dict[str, str],
        is_ready: ReadyCheck | None = None, origin: str | None = None,
    ) -> Process:  # fmt: skip
        """Adds a process without starting it."""
        self.processes[name] = Process(
            name, kind, command, environment, self.logs / f"{name}.log", is_ready=is_ready, origin=origin,
            journal=self.journal, restart_delay=self.restart_delay,
        )  # fmt: skip
        return self.processes[name]

    async def add(self, kind: str, number: int, count: int) -> Process:
        """Adds `api` or workers without starting them. `number` is from 1 to `count`."""
        name = kind if count == 1 else f"{kind}-{number}"
        environment = self.environment(await self.settings_of(name, kind))
        if kind == "api":
            origin = self.api_origins[number - 1]
            environment["PORT"] = origin.rsplit(":", 1)[1]
            return self.add_process(name, kind, [str(binaries() / "API")], environment, responds("/readyz"), origin)
        return self.add_process(name, kind, [str(binaries() / "Workers"), kind], environment, workers_started)

    def _add_sandbox(self) -> Process:
        environment = base_environment() | {
            "PORT": self.sandbox_origin.rsplit(":", 1)[1],
            "STRIPE_SECRET_KEY": self.settings["STRIPE_SECRET_KEY"],
            "STRIPE_WEBHOOK_SECRET": self.settings["STRIPE_WEBHOOK_SECRET"],
            # Browsers do not use the proxy through which a worker may call the sandbox.
            "STRIPE_SANDBOX_PUBLIC_URL": self.sandbox_origin,
            # Each API process gets every webhook: a repeated webhook has no further effect.
            "STRIPE_SANDBOX_WEBHOOK_URL": ",".join(f"{origin}/webhooks/stripe" for origin in self.api_origins),
        }
        return self.add_process(
            "sandbox", "sandbox", [str(binaries() / "StripeSandbox")], environment | self.sandbox_settings,
            responds("/healthz"), self.sandbox_origin,
        )  # fmt: skip

    async def settings_of(self, name: str, kind: str) -> dict[str, str]:
        """The settings of one process alone: the URLs of its servers. A subclass may route them through proxies."""
        return self.urls

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        return base_environment() | self.settings | settings

    # Using it

    async def gittix(self, *arguments: str, settings: dict[str, str] | None = None, within_seconds: float = 120) -> str:
        """Runs the operator's command and returns its output. Raises if it fails."""
        code, output, errors = await self._run_gittix(arguments, settings, within_seconds)
        if code != 0:
            raise RuntimeError(f"gittix {' '.join(arguments)} failed:\n{(output + errors)[-2000:]}")
        return output + errors

    async def doctor(self, *arguments: str, within_seconds: float = 120) -> tuple[int, str]:
        """Runs `gittix doctor`. Returns its exit status, which is 1 if it finds damage, and its output."""
        code, output, errors = await self._run_gittix(("doctor", *arguments), None, within_seconds)
        if code not in (0, 1):
            raise RuntimeError(f"gittix doctor failed:\n{(output + errors)[-2000:]}")
        return code, output

    async def _run_gittix(
        self, arguments: Sequence[str], settings: dict[str, str] | None, within_seconds: float
    ) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "gittix"), *arguments, env=self.environment(self.urls | (settings or {})),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            output, errors = await asyncio.wait_for(process.communicate(), within_seconds)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise RuntimeError(f"gittix {' '.join(arguments)} takes longer than {within_seconds:g} s") from None
        assert process.returncode is not None
        return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")

    def of_kind(self, *kinds: str) -> list[Process]:
        return [process for process in self.processes.values() if process.kind in kinds]

    def check_no_exits(self) -> None:
        """Raises if a process has exited unexpectedly."""
        exits = [exit for process in self.processes.values() for exit in process.exits]
        if exits:
            raise RuntimeError(f"processes have exited: {exits}; see {self.logs}")

    def new_log_lines(self) -> str:
        """The last lines of each log that were not returned before."""
        return "\n".join(filter(None, (process.new_log_lines() for process in self.processes.values())))

    # Stopping

    async def stop_kinds(self, *kinds: str) -> None:
        """Stops all processes of these kinds, and removes them."""
        stopped = self.of_kind(*kinds)
        await asyncio.gather(*(process.stop() for process in stopped))
        self.check_no_exits()
        for process in stopped:
            del self.processes[process.name]

    async def kill(self) -> None:
        """Kills every process."""
        await asyncio.gather(*(process.kill() for process in self.processes.values()), return_exceptions=True)
