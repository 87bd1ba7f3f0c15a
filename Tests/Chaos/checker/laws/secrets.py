"""No secret is in a log or in an event.

In the logs of all processes of a run and in the history of the streams: no key of Stripe's, no signed token, no hash of a
password. No exception.
"""

import re
from collections.abc import Iterator

from ..report import Finding
from ..world import World

NEEDS = ("run",)

#: Three parts of a JSON Web Token, and the beginning of an encoded hash.
SECRETS = {
    "a token": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a hash of a password": re.compile(r"\$argon2\w+\$"),
}


def judge(world: World, finding: Finding) -> None:
    secrets = dict(SECRETS)
    key = world.run.info.get("stripeSecretKey")
    if key:
        secrets["Stripe's key"] = re.compile(re.escape(key))
    for name, line in _lines(world, finding):
        for what, secret in secrets.items():
            if secret.search(line):
                finding.violate(name, f"{what} is in a log", line=secret.sub("(the secret)", line)[:300])


def _lines(world: World, finding: Finding) -> Iterator[tuple[str, str]]:
    for file in sorted((world.run.path / "logs").glob("*.log")):
        finding.look("logs", 1)
        with file.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                yield f"{file.name}:{number}", line
    for entry in world.run.history:
        finding.look("entries of streams", 1)
        yield f"{entry.get('stream')}:{entry.get('id')}", str(entry.get("fields"))
