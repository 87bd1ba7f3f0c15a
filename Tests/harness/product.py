"""The built product: its executables, and its list of services."""

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binaries() -> Path:
    """The directory of the executables: `GITTIX_BINARIES`, which the scripts in bin/ set, or the debug build."""
    path = Path(os.environ.get("GITTIX_BINARIES") or ROOT / ".build" / "debug")
    if not (path / "gittix").exists():
        raise RuntimeError(f"{path} has no gittix: run swift build, or set GITTIX_BINARIES")
    return path


def base_environment() -> dict[str, str]:
    """The variables that every process gets from the environment of the harness."""
    return {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}


@dataclass(frozen=True)
class Service:
    name: str
    # The process type of its workers: `Workers PROCESS` runs them.
    process: str
    # The services whose events it reads.
    follows: tuple[str, ...]
    has_schema: bool

    @property
    def streams(self) -> list[str]:
        """The keys of the streams that its workers read, each with a consumer group of the service's name."""
        return [command_stream(self.name), *map(event_stream, self.follows)]


def command_stream(service: str) -> str:
    return f"gittix:commands:{{{service}}}"


def event_stream(service: str) -> str:
    return f"gittix:events:{{{service}}}"


@cache
def services() -> tuple[Service, ...]:
    """Every service, in the order of ServiceRegistry."""
    command = [str(binaries() / "gittix"), "services", "--json"]
    output = subprocess.run(command, env=base_environment(), check=True, stdout=subprocess.PIPE, timeout=60).stdout
    return tuple(
        Service(each["name"], each["process"], tuple(each["follows"]), each["schema"]) for each in json.loads(output)
    )


def service_names() -> list[str]:
    return [service.name for service in services()]


def names_with_schema() -> list[str]:
    """The services with a database schema. These have an outbox."""
    return [service.name for service in services() if service.has_schema]


def service(name: str) -> Service:
    [found] = [service for service in services() if service.name == name]
    return found
