#!/usr/bin/env python3
"""Mutants: deliberate defects in a copy of GitTix. A test, the model or a chaos run must detect each one.

A mutant is a file NAME.mutant in this folder:

    # What goes wrong, in a sentence or two.
    caught-by: model
    file: Sources/Marketplace/Orders/OrdersDecider.swift
    --- old
            guard order.expiresAt <= now else {
    --- new
            guard true else {
    --- end

The old text consists of whole lines and occurs in the file exactly once; an empty new text deletes it. More changes may
follow after `--- end`, to the same file or to another `file:`. `caught-by` names the detector. `bin/model --mutants`
runs the mutants of the detector `model`, after which the line may name the scenario that is most likely to fail;
bin/mutants runs all others.

    mutants.py list [DETECTOR]    the names, of all or of those with this detector
    mutants.py caught-by NAME     the detector of one mutant
    mutants.py why NAME           its comment
    mutants.py files NAME         the files that it changes
    mutants.py check              checks that each old text still occurs exactly once, and that each named test exists
    mutants.py apply NAME DIR     applies it to the copy of the repository in DIR, never to the working tree
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DETECTORS = ("model", "test", "chaos")


@dataclass
class Change:
    file: str
    old: str
    new: str


@dataclass
class Mutant:
    name: str
    why: str = ""
    caught_by: str = ""
    changes: list[Change] = field(default_factory=list)


class Malformed(Exception):
    pass


def read(path: Path) -> Mutant:
    mutant = Mutant(path.stem)
    why: list[str] = []
    file, section, old, new = "", "", [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line == "--- old":
            section, old, new = "old", [], []
        elif line == "--- new":
            section = "new"
        elif line == "--- end":
            if section != "new" or not file or not old:
                raise Malformed(f"{path.name}:{number}: a change needs file:, --- old and --- new before its end")
            mutant.changes.append(Change(file, text(old), text(new)))
            section = ""
        elif section:
            (old if section == "old" else new).append(line)
        elif line.startswith("#"):
            why.append(line.lstrip("# ").rstrip())
        elif line.startswith("caught-by:"):
            mutant.caught_by = line.removeprefix("caught-by:").strip()
        elif line.startswith("file:"):
            file = line.removeprefix("file:").strip()
        elif line.strip():
            raise Malformed(f"{path.name}:{number}: unknown line: {line}")
    mutant.why = " ".join(why)
    if mutant.caught_by.split(" ")[0] not in ("", *DETECTORS):
        raise Malformed(f"{path.name}: caught-by names none of {', '.join(DETECTORS)}")
    if section or not mutant.changes or not mutant.caught_by or not mutant.why:
        raise Malformed(f"{path.name}: it needs a comment, caught-by: and at least one change with --- end")
    return mutant


def text(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def read_all() -> list[Mutant]:
    return [read(path) for path in sorted(HERE.glob("*.mutant"))]


def read_named(name: str) -> Mutant:
    return read(HERE / f"{name}.mutant")


def changed_files(mutant: Mutant, root: Path) -> dict[str, str]:
    """The new contents of each file that the mutant changes."""
    files: dict[str, str] = {}
    for change in mutant.changes:
        if change.file not in files:
            files[change.file] = (root / change.file).read_text()
        # Match only from the start of a line: otherwise a less indented text also matches a more indented one.
        before = "\n" + files[change.file]
        count = before.count("\n" + change.old)
        if count != 1:
            raise Malformed(f"{mutant.name}: its old text occurs {count} times in {change.file}, not once")
        files[change.file] = before.replace("\n" + change.old, "\n" + change.new)[1:]
    return files


def named_tests(mutant: Mutant) -> tuple[str, list[str]]:
    """The filter and the names of `caught-by: test FILTER: NAME | NAME`."""
    pattern, _, names = mutant.caught_by.removeprefix("test ").partition(": ")
    return pattern.strip(), [name.strip() for name in names.split(" | ") if name.strip()]


def check() -> int:
    outdated = 0
    mutants = read_all()
    tests = "".join(path.read_text() for path in sorted(HERE.parent.rglob("*.swift")))
    for mutant in mutants:
        try:
            changed_files(mutant, ROOT)
            pattern, names = named_tests(mutant)
            for suite in pattern.split("|") if mutant.caught_by.startswith("test ") else []:
                name = re.escape(suite.strip().rpartition(".")[2])
                if not re.search(rf"\b(struct|class|extension) {name}\b", tests):
                    raise Malformed(f"{mutant.name}: there is no suite {suite}")
            for name in names:
                if not any(form in tests for form in (f"func {name}(", f"func `{name}`(", f'"{name}"')):
                    raise Malformed(f"{mutant.name}: there is no test {name}")
        except (Malformed, OSError) as error:
            print(error, file=sys.stderr)
            outdated += 1
    print(f"{len(mutants)} mutants, {outdated} of them outdated")
    return 1 if outdated else 0


def apply(name: str, directory: Path) -> None:
    if directory.resolve() == ROOT:
        raise Malformed("a mutant is not applied to the working tree")
    for file, content in changed_files(read_named(name), directory).items():
        (directory / file).write_text(content)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["list"]:
            print(*(mutant.name for mutant in read_all()), sep="\n")
        case ["list", detector]:
            print(*(mutant.name for mutant in read_all() if mutant.caught_by.split()[0] == detector), sep="\n")
        case ["caught-by", name]:
            print(read_named(name).caught_by)
        case ["why", name]:
            print(read_named(name).why)
        case ["files", name]:
            print(*sorted({change.file for change in read_named(name).changes}), sep="\n")
        case ["check"]:
            return check()
        case ["apply", name, directory]:
            apply(name, Path(directory))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Malformed, OSError) as error:
        print(f"mutants.py: {error}", file=sys.stderr)
        sys.exit(1)
