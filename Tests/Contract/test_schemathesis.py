"""schemathesis sends valid and invalid requests for every operation, alone and in sequences, as each kind of user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import User, sign_up
from harness.blocking import BlockingSystem

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SECONDS = 60
# The seed makes every run send the same requests. Other seeds may find more problems.
SEED = os.environ.get("CONTRACT_SEED", "1")
# Operations that would end the session of the test, or that wait forever.
EXCLUDED = [
    "--exclude-path-regex", "^/live/",
    "--exclude-operation-id", "endOtherSessions",
]  # fmt: skip
# `positive_data_acceptance` demands that every request that fits its schema succeeds. GitTix refuses some of these
# requests, because a schema cannot say that, for example, an order exists.
EXCLUDED_CHECKS = ["--exclude-checks", "positive_data_acceptance"]
SHOW = {
    "venue": "Tempodrom", "city": "Berlin", "startsAt": "2099-05-31T20:00:00+02:00", "timeZone": "Europe/Berlin",
}  # fmt: skip


@pytest.fixture(scope="module")
def users(system: BlockingSystem) -> dict[str, User | None]:
    member, seller, admin = (sign_up(system, name) for name in ("member", "seller", "admin"))
    for number in range(3):
        seller.send("POST", "/api/tickets", SHOW | {"title": f"A concert {number}", "price": 4500, "quantity": 9})
    listing = seller.send("GET", "/api/tickets")[0]
    member.send("POST", "/api/orders", {"ticketId": listing["id"], "quantity": 1, "price": 4500, "currency": "USD"})
    system.gittix("users", "promote", admin.email)
    admin.get_token()
    return {"nobody": None, "member": member, "seller": seller, "admin": admin}


@pytest.mark.parametrize("role", ["nobody", "member", "seller", "admin"])
def test_the_api_is_as_documented(
    role: str, users: dict[str, User | None], system: BlockingSystem, document: Path, tmp_path: Path
) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIGURATION), "run", str(document),
        "--url", system.origin,
        "--seed", SEED, "--max-time", str(SECONDS), "--max-examples", "30",
        # With Python 3.11, two threads that parse at the same time fail
        # (https://github.com/python/cpython/issues/106905).
        "--workers", "1", "--continue-on-failure", "--max-failures", "20", "--generation-database", "none",
        "--no-color", "--warnings", "off",
        "--request-timeout", "30", "--suppress-health-check", "all", *EXCLUDED, *EXCLUDED_CHECKS,
    ]  # fmt: skip
    if user := users[role]:
        command += ["--header", f"Authorization: Bearer {user.token}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=SECONDS * 3)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    # GitTix has logged no error either.
    assert " error " not in system.new_log_lines()
