#!/usr/bin/env python3
"""Applies mutants to a copy of GitTix and runs their detectors. bin/mutants calls it.

    run.py [--together COUNT] [NAME ...]

It tries one mutant at a time, or up to COUNT in one build. The mutants of one build change different files and are
detected by different suites, so that a mutant seldom makes another mutant's test fail. Their tests run together; then
the tests of the mutants that were not caught run one after another. A mutant that is not caught in a shared build is
tried again alone.

A mutant with `caught-by: test FILTER: NAME | NAME` is caught if one of the named tests fails in
`swift test --filter FILTER`; with `caught-by: test FILTER`, any failed test counts. A mutant with
`caught-by: chaos ARGUMENTS` is caught if `bin/chaos ARGUMENTS` finds a violation. A mutant that does not build, or
whose run ends in another way, is not caught.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutants import ROOT, Malformed, Mutant, changed_files, check, named_tests, read_all, read_named

HOME = ROOT / ".build-mutants"
TREE = HOME / "tree"
LOGS = HOME / "logs"
TEST_SECONDS = 900
# Longer than the time limit of a test: each test prints a line when it ends.
SILENT_SECONDS = 90

FAILED = re.compile(r'✘ Test (?!run with)(?:case .*? to )?(".*?"|[^ (]+)(?:\([^)]*\))?.*? (?:recorded an issue|failed)')


@dataclass
class MutantResult:
    is_caught: bool
    reason: str


def run(
    command: list[str], log: Path, seconds: float = float("inf"), silent_seconds: float = float("inf"),
    is_enough: Callable[[str], bool] = lambda _: False,
) -> tuple[int, str]:
    """Runs a command and returns its exit code and output. The code is -1 on a timeout, if the command prints nothing
    for `silent_seconds`, or when `is_enough` ends it."""
    end = time.monotonic() + seconds
    size, changed = 0, time.monotonic()
    with log.open("w") as output:
        # Its own process group, so that its child processes end with it.
        process = subprocess.Popen(
            command, cwd=TREE, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
        code = None
        try:
            while code is None:
                try:
                    code = process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    if time.monotonic() > end:
                        code = -1
                    elif log.stat().st_size != size:
                        size, changed = log.stat().st_size, time.monotonic()
                        if is_enough(log.read_text(errors="replace")):
                            code = -1
                    elif time.monotonic() > changed + silent_seconds:
                        code = -1
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return code, log.read_text(errors="replace")


def synchronise() -> None:
    """Makes the copy equal to the working tree. Files that are already equal are not touched, so that the build stays
    incremental."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
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


class DoesNotBuild(Malformed):
    """The copy does not build. `files` are the paths in which the compiler found errors."""

    def __init__(self, output: str) -> None:
        errors = [line for line in output.splitlines() if "error:" in line]
        super().__init__(f"it does not build: {errors[0] if errors else output[-500:]}")
        self.files = {line.split(":")[0].removeprefix(f"{TREE}/") for line in errors}


def build(log: Path) -> None:
    code, output = run(["swift", "build", "--build-tests"], log)
    if code != 0:
        raise DoesNotBuild(output)


def failures(output: str) -> set[str]:
    return {found.group(1).strip('"') for found in FAILED.finditer(output)}


def test(pattern: str, log: Path, names: list[str] | None = None) -> tuple[int, set[str]]:
    """Runs tests. If `names` is given, stops as soon as one of these tests fails (or any test, if `names` is empty), so
    that no time is lost when another test hangs."""

    def is_caught(so_far: str) -> bool:
        failed = failures(so_far)
        return names is not None and bool(failed & set(names) if names else failed)

    command = ["swift", "test", "--skip-build", "--disable-xctest", "--filter", pattern]
    code, output = run(command, log, TEST_SECONDS, is_enough=is_caught)
    if code == 0 and not re.search(r"Test run with [1-9]", output):
        raise Malformed(f"no test matches {pattern}")
    return code, failures(output)


def detect(mutant: Mutant) -> MutantResult:
    log = LOGS / f"{mutant.name}.log"
    if mutant.caught_by.startswith("chaos "):
        code, output = run(["bin/chaos", *mutant.caught_by.split()[1:]], log)
        violations = [line.strip() for line in output.splitlines() if "violation" in line.lower()]
        reason = violations[0] if violations else f"bin/chaos ended with {code}"
        return MutantResult(code == 1 and bool(violations), reason)
    pattern, names = named_tests(mutant)
    code, failed = test(pattern, log, names)
    expected = sorted(failed & set(names)) if names else sorted(failed)
    if code != 0 and expected:
        return MutantResult(True, ", ".join(expected))
    if code == 0:
        return MutantResult(False, f"all of {pattern} passed")
    return MutantResult(False, f"it failed otherwise, see {log.relative_to(ROOT)}: {', '.join(sorted(failed)) or code}")


def run_unchanged(mutants: list[Mutant]) -> None:
    """Checks that the detecting tests pass without any mutant."""
    patterns = sorted({named_tests(mutant)[0] for mutant in mutants if mutant.caught_by.startswith("test ")})
    print("==> Building the unchanged copy and running its tests", flush=True)
    build(LOGS / "build.log")
    if not patterns:
        return
    log = LOGS / "unchanged.log"
    code, failed = test("|".join(f"({pattern})" for pattern in patterns), log)
    if code != 0:
        raise Malformed(f"these fail without any mutant: {', '.join(sorted(failed)) or log}")


def places(mutant: Mutant) -> set[str]:
    """The files that a mutant changes and the suites that detect it. No two mutants of a build may share any."""
    return {change.file for change in mutant.changes} | set(named_tests(mutant)[0].split("|"))


def grouped(mutants: list[Mutant], size: int) -> list[list[Mutant]]:
    """The mutants in groups of at most `size`, each of which is built once."""
    groups: list[list[Mutant]] = []
    used = Counter(place for mutant in mutants for place in places(mutant))
    # The mutants that fit into the fewest groups come first, so that few groups are left with one mutant.
    for mutant in sorted(mutants, key=lambda mutant: -max(used[place] for place in places(mutant))):
        is_test = mutant.caught_by.startswith("test ")
        for group in groups if is_test else []:
            taken = set().union(*map(places, group))
            if len(group) < size and group[0].caught_by.startswith("test ") and not taken & places(mutant):
                group.append(mutant)
                break
        else:
            groups.append([mutant])
    return groups


def apply(group: list[Mutant]) -> dict[str, MutantResult]:
    """Builds the copy with the mutants of a group. Those that do not build are left out, and returned."""
    broken: dict[str, MutantResult] = {}
    while group := [mutant for mutant in group if mutant.name not in broken]:
        for mutant in group:
            for file, content in changed_files(mutant, TREE).items():
                (TREE / file).write_text(content)
        try:
            build(LOGS / f"{group[0].name}.build.log")
            return broken
        except DoesNotBuild as error:
            synchronise()
            # Without an error in a changed file, the cause may be any mutant.
            causes = [mutant for mutant in group if any(change.file in error.files for change in mutant.changes)]
            broken |= {mutant.name: MutantResult(False, str(error)) for mutant in causes or group}
    return broken


def detect_together(group: list[Mutant]) -> dict[str, MutantResult]:
    """Runs the tests of all mutants of a build together, and returns the caught mutants.

    A failed test catches its mutant only if no other test has its name, because the output does not name the suite. If
    a mutant ends the test process, the tests of the other mutants run again in two halves."""
    sources = "".join(path.read_text() for path in sorted((TREE / "Tests").rglob("*.swift")))

    def is_unique(name: str) -> bool:
        return sum(map(sources.count, (f"func {name}(", f"func `{name}`(", f'@Test("{name}"'))) == 1

    named = {mutant.name: named_tests(mutant) for mutant in group if mutant.caught_by.startswith("test ")}
    expected = {mutant: set(filter(is_unique, names)) for mutant, (_, names) in named.items()}
    expected = {mutant: names for mutant, names in expected.items() if names}
    if len(expected) < 2:
        return {}

    def caught(output: str) -> dict[str, MutantResult]:
        failed = failures(output)
        found = {mutant: sorted(names & failed) for mutant, names in expected.items()}
        return {mutant: MutantResult(True, ", ".join(names)) for mutant, names in found.items() if names}

    pattern = "|".join(f"({named[mutant][0]})" for mutant in expected)
    command = ["swift", "test", "--skip-build", "--disable-xctest", "--filter", pattern]
    log = LOGS / f"{group[0].name}.together.log"
    _, output = run(command, log, TEST_SECONDS, SILENT_SECONDS, lambda output: len(caught(output)) == len(expected))
    results = caught(output)
    rest = [mutant for mutant in group if mutant.name in expected.keys() - results.keys()]
    if "unexpected signal code" in output and len(rest) > 2:
        half = len(rest) // 2
        results |= detect_together(rest[:half]) | detect_together(rest[half:])
    return results


def try_group(group: list[Mutant]) -> dict[str, MutantResult]:
    """Builds the copy with the mutants of a group and runs the detector of each."""
    results = apply(group)
    try:
        results |= detect_together([mutant for mutant in group if mutant.name not in results])
        for mutant in group:
            if mutant.name not in results:
                try:
                    results[mutant.name] = detect(mutant)
                except Malformed as error:
                    results[mutant.name] = MutantResult(False, str(error))
    finally:
        synchronise()
    return results


def main(names: list[str], together: int) -> int:
    if check() != 0:
        return 1
    mutants = [read_named(name) for name in names] or [
        mutant for mutant in read_all() if not mutant.caught_by.startswith("model")
    ]
    LOGS.mkdir(parents=True, exist_ok=True)
    synchronise()
    run_unchanged(mutants)
    width = max(len(mutant.name) for mutant in mutants)
    missed = 0
    groups = grouped(mutants, together)
    while groups:
        group = groups.pop(0)
        started = time.monotonic()
        results = try_group(group)
        seconds = (time.monotonic() - started) / len(group)
        for mutant in group:
            result = results[mutant.name]
            if not result.is_caught and len(group) > 1:
                groups.append([mutant])
                continue
            missed += not result.is_caught
            outcome = "caught" if result.is_caught else "NOT CAUGHT"
            print(f"{mutant.name:{width}}  {outcome:10}  {seconds:4.0f} s  {result.reason}", flush=True)
    print(f"{len(mutants)} mutants, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bin/mutants")
    parser.add_argument("--together", type=int, default=1, metavar="COUNT", help="up to COUNT mutants in one build")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    try:
        sys.exit(main(arguments.names, max(1, arguments.together)))
    except (Malformed, OSError) as error:
        sys.exit(f"bin/mutants: {error}")
