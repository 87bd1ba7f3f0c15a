#!/usr/bin/env python3
"""Breaks a copy of the product, one mutant after the other, and runs what has to notice: bin/mutants calls it.

`caught-by: test FILTER: NAME | NAME` is caught when `swift test --filter FILTER` fails in one of the tests named; of
`caught-by: test FILTER` any failed test will do. `caught-by: chaos WORDS` is caught when `bin/chaos WORDS` finds a
violation. What does not build, or ends in another way, is not caught.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutants import ROOT, Malformed, Mutant, changed, check, every, named

HOME = ROOT / ".build-mutants"
TREE = HOME / "tree"
LOGS = HOME / "logs"
TEST_SECONDS = 900

FAILED = re.compile(r'✘ Test (?!run with)(?:case .*? to )?(".*?"|[^ (]+)(?:\([^)]*\))?.*? (?:recorded an issue|failed)')


@dataclass
class Verdict:
    is_caught: bool
    says: str


def run(
    words: list[str], log: Path, seconds: float = float("inf"), enough: Callable[[str], bool] = lambda _: False
) -> tuple[int, str]:
    """Ends with its output in the log; -1 when it took too long, or has said enough."""
    end = time.monotonic() + seconds
    with log.open("w") as output:
        # A group of its own: what it has started ends with it.
        process = subprocess.Popen(
            words, cwd=TREE, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
        code = None
        try:
            while code is None:
                try:
                    code = process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    if time.monotonic() > end or enough(log.read_text(errors="replace")):
                        code = -1
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return code, log.read_text(errors="replace")


def synchronise() -> None:
    """Makes the copy what the working tree is, and leaves alone what is so already: its build goes on from there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    files = {Path(os.fsdecode(name)) for name in listed.split(b"\0") if name}
    files = {file for file in files | {Path("Package.resolved")} if (ROOT / file).is_file()}
    for file in sorted(files):
        source, target = ROOT / file, TREE / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
        shutil.copymode(source, target)
    for folder, names, entries in os.walk(TREE):
        names[:] = [name for name in names if not name.startswith((".build", ".venv")) and name != "__pycache__"]
        for entry in entries:
            if (Path(folder) / entry).relative_to(TREE) not in files:
                (Path(folder) / entry).unlink()


def build(log: Path) -> None:
    code, output = run(["swift", "build", "--build-tests"], log)
    if code != 0:
        errors = [line for line in output.splitlines() if "error:" in line]
        raise Malformed(f"it does not build: {errors[0] if errors else output[-500:]}")


def wanted(mutant: Mutant) -> tuple[str, list[str]]:
    """The filter of its test, and the names of those that may fail."""
    words = mutant.caught_by.removeprefix("test ")
    pattern, _, names = words.partition(": ")
    return pattern.strip(), [name.strip() for name in names.split(" | ") if name.strip()]


def failures(output: str) -> set[str]:
    return {found.group(1).strip('"') for found in FAILED.finditer(output)}


def test(pattern: str, log: Path, names: list[str] | None = None) -> tuple[int, set[str]]:
    """Ends as soon as one of the tests named has failed, or, of an empty list, any: what a break lets hang need not be
    waited for."""

    def is_caught(so_far: str) -> bool:
        failed = failures(so_far)
        return names is not None and bool(failed & set(names) if names else failed)

    words = ["swift", "test", "--skip-build", "--disable-xctest", "--filter", pattern]
    code, output = run(words, log, TEST_SECONDS, is_caught)
    if code == 0 and not re.search(r"Test run with [1-9]", output):
        raise Malformed(f"no test is called {pattern}")
    return code, failures(output)


def judge(mutant: Mutant) -> Verdict:
    log = LOGS / f"{mutant.name}.log"
    if mutant.caught_by.startswith("chaos "):
        code, output = run(["bin/chaos", *mutant.caught_by.split()[1:]], log)
        violations = [line.strip() for line in output.splitlines() if "violation" in line.lower()]
        return Verdict(code == 1 and bool(violations), violations[0] if violations else f"bin/chaos ended with {code}")
    pattern, names = wanted(mutant)
    code, failed = test(pattern, log, names)
    right = sorted(failed & set(names)) if names else sorted(failed)
    if code != 0 and right:
        return Verdict(True, ", ".join(right))
    if code == 0:
        return Verdict(False, f"all of {pattern} passed")
    return Verdict(False, f"it failed otherwise, see {log.relative_to(ROOT)}: {', '.join(sorted(failed)) or code}")


def clean_run(mutants: list[Mutant]) -> None:
    """What is to notice a break must be content with what is whole."""
    patterns = sorted({wanted(mutant)[0] for mutant in mutants if mutant.caught_by.startswith("test ")})
    print("==> Building the copy, and running its tests unbroken", flush=True)
    build(LOGS / "build.log")
    if not patterns:
        return
    code, failed = test("|".join(f"({pattern})" for pattern in patterns), LOGS / "unbroken.log")
    if code != 0:
        raise Malformed(f"unbroken, these fail already: {', '.join(sorted(failed)) or LOGS / 'unbroken.log'}")


def main(names: list[str]) -> int:
    if check() != 0:
        return 1
    mutants = [named(name) for name in names] or [each for each in every() if not each.caught_by.startswith("model")]
    LOGS.mkdir(parents=True, exist_ok=True)
    synchronise()
    clean_run(mutants)
    width = max(len(mutant.name) for mutant in mutants)
    missed = 0
    for mutant in mutants:
        started = time.monotonic()
        for file, content in changed(mutant, TREE).items():
            (TREE / file).write_text(content)
        try:
            build(LOGS / f"{mutant.name}.build.log")
            verdict = judge(mutant)
        except Malformed as error:
            verdict = Verdict(False, str(error))
        finally:
            synchronise()
        missed += not verdict.is_caught
        word = "caught" if verdict.is_caught else "NOT CAUGHT"
        print(f"{mutant.name:{width}}  {word:10}  {time.monotonic() - started:4.0f} s  {verdict.says}", flush=True)
    print(f"{len(mutants)} mutants, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Malformed, OSError) as error:
        sys.exit(f"bin/mutants: {error}")
