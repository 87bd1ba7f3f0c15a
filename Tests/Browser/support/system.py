"""The whole product as processes: own databases on the servers that TEST_DATABASE_URL and TEST_REDIS_URL name."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def binaries() -> Path:
    """Where swift build has put the executables; bin/browser-tests says."""
    path = os.environ.get("GITTIX_BINARIES")
    if not path:
        raise RuntimeError("GITTIX_BINARIES is not set: run the browser tests by bin/browser-tests")
    return Path(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One of the product's, with what it writes in a file."""

    def __init__(self, name: str, arguments: list[str], settings: dict[str, str], directory: Path):
        self.title = " ".join([name, *arguments])
        self.lines_told = 0
        self.log = directory / (self.title.replace(" ", "-") + ".log")
        command = [str(binaries() / name), *arguments]
        # It ends with the tests even when they are killed.
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | settings
        with self.log.open("wb") as log:
            # A group of its own: Ctrl-C in the terminal is for the tests, which end it in order.
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )

    def written(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until(self, is_ready, within_seconds: float = 60) -> None:
        deadline = time.monotonic() + within_seconds
        while not is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.title} ended before it was ready:\n{self.written()[-4000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.title} is not ready after {within_seconds} s:\n{self.written()[-4000:]}")
            time.sleep(0.02)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def news(self) -> str:
        """What it has written since it was asked last, without the requests that went well."""
        lines = self.written().splitlines()
        new, self.lines_told = lines[self.lines_told :], len(lines)
        told = [line[:500] for line in new if " answered" not in line or "status=5" in line][-15:]
        return "\n".join([f"──── {self.title}, all in {self.log}", *told]) if told else ""


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


class System:
    """An API process, every pool of workers in one process, and Stripe's stand-in."""

    def __init__(self, name: str, settings: dict[str, str] | None = None):
        self.name = name
        self.directory = Path(tempfile.mkdtemp(prefix=f"gittix-browser-{name}-"))
        self.processes: list[Process] = []
        api_port, sandbox_port = free_port(), free_port()
        self.origin = f"http://127.0.0.1:{api_port}"
        self.sandbox = f"http://127.0.0.1:{sandbox_port}"
        server = os.environ["TEST_DATABASE_URL"]
        self.database = f"browser_{name}_{secrets.token_hex(4)}"
        self.database_url = server.rsplit("/", 1)[0] + "/" + self.database
        self.settings = {
            "ENVIRONMENT": "development",
            "LOG_FORMAT": "text",
            "LOG_LEVEL": "info",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": os.environ["TEST_REDIS_URL"],
            "REDIS_KEY_PREFIX": self.database,
            "PUBLIC_URL": self.origin,
            "SIGNING_SECRET": secrets.token_hex(24),
            "STRIPE_SECRET_KEY": "sk_test_" + secrets.token_hex(16),
            "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(16),
            "STRIPE_API_BASE": self.sandbox,
            # Everybody in the tests comes from one address.
            "SIGN_UPS_PER_MINUTE": "1000000",
            "SIGN_INS_PER_MINUTE": "1000000",
            # Processes of a test machine that is busy may answer late; nothing here is about shedding.
            "SHED_AGE_SECONDS": "60",
        } | (settings or {})
        sandbox_settings = {
            "PORT": str(sandbox_port),
            "STRIPE_SECRET_KEY": self.settings["STRIPE_SECRET_KEY"],
            "STRIPE_WEBHOOK_SECRET": self.settings["STRIPE_WEBHOOK_SECRET"],
            "STRIPE_SANDBOX_WEBHOOK_URL": f"{self.origin}/webhooks/stripe",
            "STRIPE_SANDBOX_RETRY_MS": "200",
        }
        self._psql(server, f'CREATE DATABASE "{self.database}"')
        try:
            self.gittix("migrate")
            api = self._start("API", [], self.settings | {"PORT": str(api_port)})
            workers = self._start("Workers", ["all"], self.settings)
            sandbox = self._start("StripeSandbox", [], sandbox_settings)
            api.wait_until(lambda: answers(self.origin + "/readyz"))
            workers.wait_until(lambda: "Workers start" in workers.written())
            sandbox.wait_until(lambda: answers(self.sandbox + "/healthz"))
        except BaseException:
            self.end()
            raise

    def _start(self, name: str, arguments: list[str], settings: dict[str, str]) -> Process:
        process = Process(name, arguments, settings, self.directory)
        self.processes.append(process)
        return process

    def gittix(self, *words: str) -> str:
        """Runs the operator's command."""
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | self.settings
        done = subprocess.run(
            [str(binaries() / "gittix"), *words], env=environment, capture_output=True, text=True, timeout=120
        )
        if done.returncode != 0:
            raise RuntimeError(f"gittix {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def rows(self, sql: str) -> list[list[str]]:
        """What is in the database, by psql: the product has no hand in it."""
        output = self._psql(self.database_url, sql)
        return [line.split("\x1f") for line in output.split("\n") if line]

    def count(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    @staticmethod
    def _psql(url: str, sql: str) -> str:
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", url, "-c", sql],
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}\n{sql}")
        return done.stdout

    @contextmanager
    def workers_stopped(self) -> Iterator[None]:
        """While it lasts, commands are taken in and nobody does them."""
        [workers] = [process for process in self.processes if process.title.startswith("Workers")]
        workers.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            workers.process.send_signal(signal.SIGCONT)

    def logs(self) -> str:
        """What the processes have written since this was asked last."""
        return "\n".join(filter(None, (process.news() for process in self.processes)))

    def end(self) -> None:
        for process in reversed(self.processes):
            process.end()
        self.processes = []

    def forget(self) -> None:
        """Deletes its logs."""
        shutil.rmtree(self.directory, ignore_errors=True)
