"""One run: a system, its load, what breaks, and the judgement."""

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

from chaos import quiet
from chaos.faults.postgres import set_up
from chaos.faults.stage import Stage
from chaos.heal import heal
from chaos.journal import now_ms
from chaos.load.load import Load
from chaos.report import Report
from chaos.scheduler import Scheduler
from chaos.servers import postgres_programs
from chaos.system import System

HERE = Path(__file__).resolve().parents[1]
QUIET_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    seed: int
    minutes: float
    groups: list[str]
    keeps: bool = False


def say(text: str) -> None:
    print(text, flush=True)


async def run(plan: Plan) -> Report:
    directory = Path(tempfile.mkdtemp(prefix=f"gittix-chaos-run-{plan.seed}-"))
    directory.chmod(0o711)
    report = Report(directory, plan.seed, plan.groups, plan.minutes)
    # Each part has a chance of its own, so that what one asks of it does not change what another gets.
    system = System(directory, plan.seed, random.Random(f"{plan.seed} system"))
    load = Load(system, plan.seed, directory)
    stage = Stage(system, load, random.Random(f"{plan.seed} faults"))
    scheduler = Scheduler(stage, plan.groups, random.Random(f"{plan.seed} schedule"))
    recorder: asyncio.subprocess.Process | None = None
    say(f"==> seed {plan.seed}: starting the system, in {directory}")
    try:
        await system.start(lambda: _prepare(system))
        system.describe()
        recorder = await _checker(directory, "checker.history", log=directory / "logs" / "history.log")
        await load.begin()
        say(f"==> breaking {', '.join(plan.groups)} for {plan.minutes:g} minutes")
        loop = asyncio.get_running_loop()
        beside = [loop.create_task(_tell(stage, load)), loop.create_task(_watch_itself(stage))]
        try:
            await scheduler.run(plan.minutes * 60)
        finally:
            for task in beside:
                task.cancel()
        say("==> healing, and waiting for quiet")
        for wrong in await heal(stage):
            report.violate("what a newer build can do is kept for it", wrong)
        healed = now_ms()
        await load.end()
        system.describe(healedAt=healed, loadStoppedAt=load.stopped_at)
        took, moving = await quiet.wait(system, QUIET_SECONDS)
        system.describe(quietAt=now_ms() if took is not None else None)
        if took is None:
            report.violate("quiet comes within two minutes of healing", "; ".join(moving))
        else:
            report.numbers["quietSeconds"] = round(took, 1)
        await _examine(system, report)
        await _end(recorder)
        recorder = None
        report.gather(system, load, stage, scheduler)
        await _count_webhooks(system, report)
        report.judge_counts(stage)
        await _judge(directory, report)
        if not report.is_good or plan.keeps:
            await _save(system, directory)
    except asyncio.CancelledError:
        say(f"==> what there is of the records lies in {directory}")
        raise
    except Exception as error:  # noqa: BLE001  # a run that could not be ended is no good run
        report.gather(system, load, stage, scheduler)
        report.errors.append(f"{type(error).__name__}: {error}")
        report.lines += ["", system.tails()]
        with contextlib.suppress(Exception):
            await _save(system, directory)
    finally:
        await _end(recorder)
        await load.close()
        await system.stop()
    report.write()
    return report


async def _examine(system: System, report: Report) -> None:
    """What the operator would be told of a system that is well."""
    try:
        await system.gittix("doctor", "--patience", "1")
    except RuntimeError as error:
        report.violate("the doctor finds nothing to mend in what has healed", str(error))


async def _tell(stage: Stage, load: Load) -> None:
    """Now and then, how it goes."""
    while True:
        await asyncio.sleep(30)
        counts = load.site.counts
        total = sum(counts.values())
        say(
            f"    {stage.process_kills} kills, {stage.hits.get('redis_flush', 0)} flushes, "
            f"{sum(stage.hits.values())} faults; {total} requests, {counts.get('order 201', 0)} orders, "
            f"{counts.get('pay paid', 0)} payments"
        )


async def _watch_itself(stage: Stage) -> None:
    """When the harness itself was late, so were its proxies and its clients."""
    while True:
        before, began = time.monotonic(), now_ms()
        await asyncio.sleep(0.25)
        late = time.monotonic() - before - 0.25
        if late > 0.5:
            stage.stalls += 1
            stage.system.faults.write(
                {"t0": began, "t1": now_ms(), "kind": "stall", "target": "harness",
                 "detail": {"seconds": round(late, 3)}}
            )  # fmt: skip


async def _prepare(system: System) -> None:
    """The triggers by which statements fail, and the checker's own, which write down each unit given and taken back.
    They stay: to drop them while others write is a deadlock."""
    await set_up(system.postgres)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "checker.ledger", "install", system.postgres.url, cwd=HERE,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, wrong = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the checker's ledger cannot be installed: {wrong.decode(errors='replace')[-1000:]}")


async def _checker(directory: Path, module: str, log: Path) -> asyncio.subprocess.Process | None:
    if importlib.util.find_spec(module) is None:
        return None
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", sys.executable, "-m", module, str(directory), cwd=HERE,
            env=os.environ, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip


async def _end(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 15)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()


async def _judge(directory: Path, report: Report) -> None:
    """What the checker finds; it shares nothing with the harness but the run's records."""
    log = directory / "logs" / "checker.log"
    process = await _checker(directory, "checker", log)
    if process is None:
        report.errors.append("there is no checker")
        return
    try:
        code = await asyncio.wait_for(process.wait(), 300)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        code = None
    verdict = directory / "verdict.json"
    if code not in (0, 1) or not verdict.exists():
        report.errors.append(f"the checker could not judge (exit {code}): {log.read_text()[-1500:]}")
        return
    report.add_verdict(verdict)


async def _count_webhooks(system: System, report: Report) -> None:
    """What the sandbox says it has lost."""
    with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            async with session.get(f"{system.sandbox_origin}/_sandbox/record") as answer:
                record = await answer.json()
        webhooks = record.get("webhooks") or {}
        report.numbers["webhooks"] = webhooks
        report.numbers["webhooksDropped"] = webhooks.get("dropped", 0)


async def _save(system: System, directory: Path) -> None:
    """What the databases had, for whoever looks into it."""
    dump = await asyncio.create_subprocess_exec(
        shutil.which("pg_dump") or str(postgres_programs() / "pg_dump"), "-d", system.postgres.url,
        "-f", str(directory / "database.sql"),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(dump.wait(), 60)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        async with session.get(f"{system.sandbox_origin}/_sandbox/record") as answer:
            (directory / "sandbox-record.json").write_bytes(await answer.read())
    with (directory / "redis.txt").open("w") as file:
        async for key in system.redis.client.scan_iter("gittix:*"):
            kind = await system.redis.client.type(key)
            what: object = ""
            if kind == "stream":
                what = await system.redis.client.xrange(key, count=200)
            elif kind == "zset":
                what = await system.redis.client.zrange(key, 0, 500, withscores=True)
            elif kind == "hash":
                what = await system.redis.client.hgetall(key)
            file.write(f"{key} {kind} {what}\n")
