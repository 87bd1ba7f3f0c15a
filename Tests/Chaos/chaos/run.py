"""One run: the system, its load, the faults, and the checker."""

import asyncio
import contextlib
import importlib.util
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from chaos.builds import Builds
from chaos.faults.context import FaultContext
from chaos.faults.postgres import set_up
from chaos.faults.forgery import remove_forged
from chaos.faults.poison import check_doctor
from chaos.heal import heal
from chaos.load.load import Load
from chaos.quiescence import wait_until_quiescent
from chaos.report import Report
from chaos.scheduler import Scheduler
from chaos.system import ChaosSystem
from harness.journal import now_ms
from harness.process import killed_with_harness
from harness.servers import postgres_programs

# The directory of the packages `chaos` and `checker`.
HERE = Path(__file__).resolve().parents[1]
QUIESCENCE_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    seed: int
    minutes: float
    groups: list[str]
    keeps_files: bool = False
    # Both builds of a mixed run.
    builds: Builds | None = None


def log(text: str) -> None:
    print(text, flush=True)


async def run(plan: Plan) -> Report:
    directory = Path(tempfile.mkdtemp(prefix=f"gittix-chaos-run-{plan.seed}-"))
    directory.chmod(0o711)
    report = Report(directory, plan.seed, plan.groups, plan.minutes)
    # Separate generators, so that the choices of one part do not affect another part.
    system = ChaosSystem(directory, plan.seed, random.Random(f"{plan.seed} system"), plan.builds)
    load = Load(system, plan.seed, directory)
    context = FaultContext(system, load, plan.minutes, random.Random(f"{plan.seed} faults"))
    scheduler = Scheduler(context, plan.groups, plan.minutes, random.Random(f"{plan.seed} schedule"))
    recorder: asyncio.subprocess.Process | None = None
    log(f"==> Seed {plan.seed}: starting the system, in {directory}")
    if plan.builds:
        log(f"==> The second process of each type begins with the build {plan.builds.name}")
        report.numbers["otherBuild"] = plan.builds.name
    try:
        await system.start_servers()
        await system.start(lambda: _prepare(system))
        system.describe()
        recorder = await _checker(directory, "checker.recorder", log=directory / "logs" / "history.log")
        await load.start()
        log(f"==> Injecting faults for {plan.minutes:g} minutes: {', '.join(plan.groups)}")
        loop = asyncio.get_running_loop()
        background = [loop.create_task(_show_progress(context, load)), loop.create_task(_record_stalls(context))]
        try:
            await scheduler.run(plan.minutes * 60)
        finally:
            for task in background:
                task.cancel()
        log("==> Ending all faults, and waiting until nothing changes any more")
        for violation in await heal(context):
            report.add_violation("commands of a newer version are kept", violation)
        healed = now_ms()
        await load.end()
        system.describe(healedAt=healed, loadStoppedAt=load.stopped_at)
        seconds, activity = await wait_until_quiescent(system, QUIESCENCE_SECONDS)
        system.describe(quietAt=now_ms() if seconds is not None else None)
        if seconds is None:
            report.add_violation("the system comes to rest within two minutes of the last fault", "; ".join(activity))
        else:
            report.numbers["quietSeconds"] = round(seconds, 1)
        await remove_forged(context)
        await _run_doctor(system, report)
        for violation in await check_doctor(system):
            report.add_violation("the doctor names and repairs damaged counters", violation)
        await _end(recorder)
        recorder = None
        report.gather(system, load, context, scheduler)
        await _count_webhooks(system, report)
        report.check_coverage(context)
        await _judge(directory, report)
        if not report.is_good or plan.keeps_files:
            await _save(system, directory)
    except asyncio.CancelledError:
        log(f"==> The files of the run are in {directory}")
        raise
    except Exception as error:  # noqa: BLE001  # a run that did not finish is not good
        report.gather(system, load, context, scheduler)
        report.errors.append(f"{type(error).__name__}: {error}")
        report.lines += ["", system.new_log_lines()]
        with contextlib.suppress(Exception):
            await _save(system, directory)
    finally:
        await _end(recorder)
        await load.close()
        await system.stop()
    report.write()
    return report


async def _run_doctor(system: ChaosSystem, report: Report) -> None:
    """The doctor must find nothing in the recovered system."""
    try:
        await system.gittix("doctor", "--confirm-after", "1")
    except RuntimeError as error:
        report.add_violation("the doctor finds nothing in the recovered system", str(error))


async def _show_progress(context: FaultContext, load: Load) -> None:
    while True:
        await asyncio.sleep(30)
        counts = load.shared.counts
        total = sum(counts.values())
        log(
            f"    {context.process_kills} kills, {context.injected.get('redis_flush', 0)} flushes, "
            f"{sum(context.injected.values())} faults; {total} requests, {counts.get('order 201', 0)} orders, "
            f"{counts.get('pay paid', 0)} payments"
        )


async def _record_stalls(context: FaultContext) -> None:
    """Records when the harness itself was blocked, because its proxies and clients were then blocked too."""
    while True:
        before, began = time.monotonic(), now_ms()
        await asyncio.sleep(0.25)
        late = time.monotonic() - before - 0.25
        if late > 0.5:
            context.stalls += 1
            context.system.faults.write(
                {"t0": began, "t1": now_ms(), "kind": "stall", "target": "harness",
                 "detail": {"seconds": round(late, 3)}}
            )  # fmt: skip


async def _prepare(system: ChaosSystem) -> None:
    """Installs the triggers that fail statements, and the checker's, which record allocations and states. They are not
    removed: dropping them under load could deadlock."""
    await set_up(system.postgres)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "checker.ledger", "install", system.postgres.url, cwd=HERE,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, error = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the checker's ledger cannot be installed: {error.decode(errors='replace')[-1000:]}")


async def _checker(directory: Path, module: str, log: Path) -> asyncio.subprocess.Process | None:
    if importlib.util.find_spec(module) is None:
        return None
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *killed_with_harness([sys.executable, "-m", module, str(directory)]), cwd=HERE, env=os.environ,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip


async def _end(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _judge(directory: Path, report: Report) -> None:
    """Adds the checker's verdict. From the harness, the checker gets only the files of the run."""
    log = directory / "logs" / "checker.log"
    process = await _checker(directory, "checker", log)
    if process is None:
        report.errors.append("there is no checker")
        return
    try:
        code = await asyncio.wait_for(process.wait(), 300)
    except TimeoutError:
        process.kill()
        await process.wait()
        code = None
    verdict = directory / "verdict.json"
    if code not in (0, 1) or not verdict.exists():
        report.errors.append(f"the checker failed (exit code {code}): {log.read_text()[-1500:]}")
        return
    report.add_verdict(verdict)


async def _count_webhooks(system: ChaosSystem, report: Report) -> None:
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            async with session.get(f"{system.sandbox_origin}/_sandbox/record") as response:
                record = await response.json()
        webhooks = record.get("webhooks") or {}
        report.numbers["webhooks"] = webhooks
        report.numbers["webhooksDropped"] = webhooks.get("dropped", 0)


async def _save(system: ChaosSystem, directory: Path) -> None:
    """Saves the contents of the databases and of the sandbox."""
    dump = await asyncio.create_subprocess_exec(
        shutil.which("pg_dump") or str(postgres_programs() / "pg_dump"), "-d", system.postgres.url,
        "-f", str(directory / "database.sql"),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(dump.wait(), 60)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        async with session.get(f"{system.sandbox_origin}/_sandbox/record") as response:
            (directory / "sandbox-record.json").write_bytes(await response.read())
    client = system.redis.client
    with (directory / "redis.txt").open("w") as file:
        async for key in client.scan_iter("gittix:*"):
            kind = await client.type(key)
            value: object = ""
            if kind == "stream":
                value = await client.xrange(key, count=200)
            elif kind == "zset":
                value = await client.zrange(key, 0, 500, withscores=True)
            elif kind == "hash":
                value = await client.hgetall(key)
            file.write(f"{key} {kind} {value}\n")
