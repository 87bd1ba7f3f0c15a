import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.blocking import BlockingSystem
from harness.system import NO_ADDRESS_LIMITS
from stripe_sandbox import Sandbox

# On SIGTERM, the tests end their processes as on Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)

PASSWORD = "correct horse battery"
# The limits are so high that no request exceeds them, even if a busy machine responds late.
SETTINGS = NO_ADDRESS_LIMITS | {"SHED_AGE_SECONDS": "60", "ACCOUNT_SIGN_INS_PER_MINUTE": "1000000"}


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> Iterator[BlockingSystem]:
    system = BlockingSystem("contract", os.environ["TEST_DATABASE_URL"], os.environ["TEST_REDIS_URL"], SETTINGS)
    try:
        yield system
    finally:
        system.stop()
        if request.session.testsfailed == 0:
            system.delete_logs()


@pytest.fixture(scope="session")
def document(system: BlockingSystem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OpenAPI document, as the system serves it."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{system.origin}/openapi.json") as response:
        path.write_bytes(response.read())
    return path


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    try:
        yield sandbox
    finally:
        sandbox.stop()


@dataclass
class User:
    """A signed-up user, whose requests carry a token."""

    origin: str
    email: str
    token: str = ""

    def send(self, method: str, path: str, body: dict | None = None) -> dict | list:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.origin + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else {}

    def get_token(self) -> None:
        credentials = {"email": self.email, "password": PASSWORD}
        self.token = ""
        self.token = self.send("POST", "/api/users/token", credentials)["accessToken"]


def sign_up(system: BlockingSystem, name: str) -> User:
    user = User(system.origin, f"{name}@example.com")
    user.send("POST", "/api/users/signup", {"email": user.email, "password": PASSWORD})
    user.get_token()
    return user
