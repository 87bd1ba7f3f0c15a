#!/usr/bin/env python3
"""Mutants: deliberate breaks of the product, each of which something must notice.

A mutant is a file NAME.mutant in this folder:

    # Why it is wrong, in a sentence or two.
    caught-by: model
    file: Sources/Marketplace/Orders/OrdersDesk.swift
    --- old
            guard order.expiresAt <= now else {
    --- new
            guard true else {
    --- end

The old text is whole lines and stands in the file exactly once; an empty new text takes it away. More changes follow
after `--- end`, of the same file or of another `file:`. `caught-by` names who has to notice: `model` (and the scenario
that is likely to) is run by bin/model --mutants; any other word by bin/mutants.

    mutants.py list [WORD]        names, of all or of those with this caught-by
    mutants.py words NAME         the caught-by of one
    mutants.py why NAME           its comment
    mutants.py files NAME         the files that it changes
    mutants.py check              every old text is still where it was, once: fails with those that are not
    mutants.py apply NAME DIR     breaks the copy of the repository at DIR, never the working tree
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


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
            raise Malformed(f"{path.name}:{number}: what is this? {line}")
    mutant.why = " ".join(why)
    if section or not mutant.changes or not mutant.caught_by or not mutant.why:
        raise Malformed(f"{path.name}: it needs a comment, caught-by: and a change that ends")
    return mutant


def text(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def every() -> list[Mutant]:
    return [read(path) for path in sorted(HERE.glob("*.mutant"))]


def named(name: str) -> Mutant:
    return read(HERE / f"{name}.mutant")


def changed(mutant: Mutant, root: Path) -> dict[str, str]:
    """The files as the mutant makes them."""
    files: dict[str, str] = {}
    for change in mutant.changes:
        if change.file not in files:
            files[change.file] = (root / change.file).read_text()
        # From the start of a line: a text that is less indented stands in one that is more.
        before = "\n" + files[change.file]
        count = before.count("\n" + change.old)
        if count != 1:
            raise Malformed(f"{mutant.name}: its old text stands {count} times in {change.file}")
        files[change.file] = before.replace("\n" + change.old, "\n" + change.new)[1:]
    return files


def check() -> int:
    wrong = 0
    mutants = every()
    for mutant in mutants:
        try:
            changed(mutant, ROOT)
        except (Malformed, OSError) as error:
            print(error, file=sys.stderr)
            wrong += 1
    print(f"{len(mutants)} mutants, {wrong} that no longer fit the sources")
    return 1 if wrong else 0


def apply(name: str, directory: Path) -> None:
    if directory.resolve() == ROOT:
        raise Malformed("a mutant is not applied to the working tree")
    for file, content in changed(named(name), directory).items():
        (directory / file).write_text(content)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["list"]:
            print(*(mutant.name for mutant in every()), sep="\n")
        case ["list", word]:
            print(*(mutant.name for mutant in every() if mutant.caught_by.split()[0] == word), sep="\n")
        case ["words", name]:
            print(named(name).caught_by)
        case ["why", name]:
            print(named(name).why)
        case ["files", name]:
            print(*sorted({change.file for change in named(name).changes}), sep="\n")
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
