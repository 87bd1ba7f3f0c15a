"""Runs the load generator and reads its report."""

import asyncio
import json
from dataclasses import dataclass

from bench.system import BenchmarkSystem, tools


@dataclass
class LoadReport:
    """A report of `load`; see Benchmarks/LoadGenerator/Report.swift."""

    raw: dict

    @property
    def rate(self) -> float:
        return self.raw["flow"]["goodPerSecond"]

    def milliseconds(self, which: str, step: str | None = None) -> float:
        """A latency, such as `p50`, of a step or of the whole flow."""
        part = self.raw["steps"][step] if step else self.raw["flow"]
        return part["latencyMicroseconds"][which] / 1000

    @property
    def statuses(self) -> dict[str, int]:
        return self.raw["flow"]["statuses"]

    def require(self, *statuses: int) -> "LoadReport":
        """Raises unless every flow ended with one of these statuses."""
        bad = {status: count for status, count in self.statuses.items() if int(status) not in statuses}
        if bad or self.raw["broken"] or self.raw["unanswered"]:
            raise RuntimeError(
                f"unexpected responses: {bad}, broken {self.raw['broken']}, unanswered "
                f"{self.raw['unanswered']}: {self.raw['samples'][:2]}"
            )
        return self


async def generate(system: BenchmarkSystem, name: str, plan: dict) -> LoadReport:
    path = system.directory / f"plan-{name}.json"
    path.write_text(json.dumps(plan))
    process = await asyncio.create_subprocess_exec(
        str(tools() / "load"), str(path), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    limit = plan.get("warmUpSeconds", 0) + plan["seconds"] + plan.get("graceSeconds", 15) + 30
    try:
        output, errors = await asyncio.wait_for(process.communicate(), limit)
    except TimeoutError:
        process.kill()
        raise RuntimeError(f"the load generator took more than {limit} s for {name}") from None
    if process.returncode != 0:
        raise RuntimeError(f"the load generator failed for {name}: {errors.decode(errors='replace')[-500:]}")
    raw = json.loads(output)
    (system.directory / f"load-{name}.json").write_text(output.decode())
    return LoadReport(raw)


def order_plan(system: BenchmarkSystem, tokens: str, ids: str, **more: object) -> dict:
    """A plan in which many buyers order one unit each. `tokens` and `ids` are files."""
    return {
        "targets": {"api": [system.api_address]},
        "connections": 256,
        "tokens": tokens,
        "ids": ids,
        "steps": [
            {
                "name": "order",
                "target": "api",
                "method": "POST",
                "path": "/api/orders",
                "headers": {"Content-Type": "application/json", "Authorization": "Bearer {token}"},
                "body": '{"ticketId":"{id}","quantity":1,"price":4500}',
            }
        ],
    } | more


#: Number of concurrent readers, of the API and of the bare route. The API runs two searches at a time and lets 32 wait,
#: so it refuses none of these.
READERS = 32


def read_plan(address: str, path: str, seconds: float) -> dict:
    """A plan in which `READERS` readers get one path."""
    return {
        "targets": {"server": [address]}, "connections": READERS, "inFlight": READERS, "warmUpSeconds": 1.5,
        "seconds": seconds, "steps": [{"name": "read", "target": "server", "method": "GET", "path": path}],
    }  # fmt: skip
