"""The results as a table and as JSON."""

import json
import os
import platform
import statistics
import subprocess
from pathlib import Path

from bench.outcome import Figure
from bench.system import POSTGRES, SETTINGS
from harness.servers import postgres_programs


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except OSError:
        return "not found"


def machine() -> dict:
    cpu_lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "cpu": cpu_lines[0].split(":", 1)[1].strip() if cpu_lines else platform.processor(),
        "cores": os.cpu_count(), "memory": memory.split(":")[1].strip(), "kernel": platform.release(),
    }  # fmt: skip


def versions() -> dict:
    return {
        "redis": output_of("redis-server", "--version"),
        "postgres": output_of(str(postgres_programs() / "postgres"), "--version"),
        "swift": (output_of("swift", "--version").splitlines() or ["not found"])[0],
        "commit": output_of("git", "rev-parse", "--short", "HEAD"),
    }


def settings() -> dict:
    return {
        "postgres": POSTGRES | {"fsync": "on", "synchronous_commit": "on"},
        "redis": {"appendonly": "yes", "appendfsync": "everysec", "save": ""},
        "gittix": SETTINGS,
    }


def number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def row(figures: list[Figure], check: str) -> list[str]:
    """Returns the table row of one figure. For several runs it shows the median and the range."""
    first = figures[0]

    def median(values: list[float]) -> str:
        text = number(statistics.median(values))
        if len(values) > 1:
            text += f" ({number(min(values))} – {number(max(values))})"
        return text

    ratio = ""
    if first.ratio is not None:
        ratio = median([figure.ratio or 0.0 for figure in figures]) + f" × {first.ratio_to}"
    compared = statistics.median([figure.compared for figure in figures])
    met = ""
    if first.required is not None:
        sign = -1 if first.is_limit else 1
        met = "no"
        if sign * compared >= sign * first.required:
            met = "yes"
        if first.target is not None and sign * compared >= sign * first.target:
            met = "target"
    return [
        first.scenario, first.what, f"{median([figure.value for figure in figures])} {first.unit}".strip(), ratio,
        "" if first.required is None else number(first.required),
        "" if first.target is None else number(first.target), met, check,
    ]  # fmt: skip


def costs(details: list[dict]) -> str:
    """Processor time of one order in µs, by process, in the last run."""
    lines = []
    for name, detail in details[-1].items() if details else []:
        each = detail.get("perOrder") if isinstance(detail, dict) else None
        if each:
            parts = sorted(each["cpuMicroseconds"].items(), key=lambda part: -part[1])
            lines.append(f"{name}: " + ", ".join(f"{process} {value:.0f}" for process, value in parts if value >= 0.5))
    return "\n".join(["Processor time of one order in µs:", *lines]) if lines else ""


HEAD = ["scenario", "figure", "value", "ratio", "required", "target", "met", "laws"]


def table(runs: list[list[Figure]], checks: dict[str, str]) -> str:
    keys: list[tuple[str, str]] = []
    for run in runs:
        keys += [figure.key for figure in run if figure.key not in keys]
    rows = [HEAD]
    for key in keys:
        found = [figure for run in runs for figure in run if figure.key == key]
        rows.append(row(found, checks.get(key[0], "")))
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
        for cells in rows
    ]  # fmt: skip
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(path: Path, runs: list[list[Figure]], checks: dict[str, str], details: list[dict]) -> None:
    medians = {}
    for key in {figure.key: None for run in runs for figure in run}:
        found = [figure for run in runs for figure in run if figure.key == key]
        medians[" / ".join(key)] = {
            "unit": found[0].unit, "median": statistics.median(figure.value for figure in found),
            "runs": [figure.value for figure in found], "ratioTo": found[0].ratio_to,
            "ratios": [figure.ratio for figure in found] if found[0].ratio is not None else None,
            "atLeast": found[0].required, "aim": found[0].target, "lessIsBetter": found[0].is_limit,
        }  # fmt: skip
    results = {
        "machine": machine(), "versions": versions(), "settings": settings(), "figures": medians, "laws": checks,
        "details": details,
    }  # fmt: skip
    path.write_text(json.dumps(results, indent=1) + "\n")
