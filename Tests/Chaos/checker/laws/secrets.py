"""No secret is in a log or in an event.

The logs of all processes of a run and the history of the streams contain no Stripe key, no signed token and no password
hash. There are no exceptions.
"""

import re
from collections.abc import Iterator

from ..report import LawResult
from ..system import System

REQUIRES = ("run",)

#: The three parts of a JSON Web Token, and the start of an encoded Argon2 hash.
SECRETS = {
    "a token": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password hash": re.compile(r"\$argon2\w+\$"),
}


def check(system: System, result: LawResult) -> None:
    secrets = dict(SECRETS)
    key = system.run.info.get("stripeSecretKey")
    if key:
        secrets["the Stripe key"] = re.compile(re.escape(key))
    for name, line in _lines(system, result):
        for what, secret in secrets.items():
            if secret.search(line):
                result.add_violation(name, f"{what} is in a log or an event", line=secret.sub("(secret)", line)[:300])


def _lines(system: System, result: LawResult) -> Iterator[tuple[str, str]]:
    for file in sorted((system.run.path / "logs").glob("*.log")):
        result.count("logs", 1)
        with file.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                yield f"{file.name}:{number}", line
    for entry in system.run.history:
        result.count("stream entries", 1)
        yield f"{entry.get('stream')}:{entry.get('id')}", str(entry.get("fields"))
