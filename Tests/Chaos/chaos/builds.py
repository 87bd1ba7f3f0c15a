"""The two builds of a mixed run: this one, and the build of another commit, as during a deploy and a rollback."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.process import Process
from harness.product import ROOT, binaries


@dataclass(frozen=True)
class Builds:
    """The executables of both builds. The next start of a process uses the build that `place` chose last."""

    this: Path
    other: Path
    # The name of the other build in the report.
    name: str
    # The kinds of processes that the other build has. The others run this build only.
    kinds: frozenset[str]

    def place(self, process: Process, *, is_other: bool) -> None:
        directory = self.other if is_other and process.kind in self.kinds else self.this
        process.command[0] = str(directory / Path(process.command[0]).name)

    def is_other(self, process: Process) -> bool:
        return Path(process.command[0]).parent == self.other

    def switch(self, process: Process) -> None:
        """Makes the next start use the build that the current process does not run."""
        self.place(process, is_other=not self.is_other(process))


def find(commit: str) -> Builds:
    """The executables of a commit (a tag or a hash; empty for the last tag) beside the executables of this build.

    `GITTIX_OTHER_BINARIES` names a directory of executables that are built already.
    """
    if directory := os.environ.get("GITTIX_OTHER_BINARIES"):
        other = Path(directory)
    else:
        output = subprocess.run(
            [str(ROOT / "bin" / "build-commit"), *filter(None, [commit])], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        other = Path(output.strip().splitlines()[-1])
    for executable in ("API", "Workers"):
        if not (other / executable).exists():
            raise RuntimeError(f"{other} has no {executable}")
    return Builds(binaries(), other, commit or str(other), kinds(other))


def kinds(directory: Path) -> frozenset[str]:
    """The kinds of processes of a build. Its `Workers` names all services when it refuses an unknown one."""
    refusal = subprocess.run([directory / "Workers", "unknown"], env={}, capture_output=True, text=True).stderr
    return frozenset(["api", *re.findall(r"[a-z]+", refusal)])
