import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from support.system import ROOT, System
from support.users import User

# On SIGTERM, the tests end their processes as on Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# A page may be slow on a busy machine.
expect.set_options(timeout=15_000)

FAILURES = ROOT / "screenshots" / "failures"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            # Chromium's sandbox does not work as root. Only pages of GitTix are opened.
            chromium_sandbox=False,
            args=["--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


def run_system(session: pytest.Session, name: str, settings: dict[str, str] | None = None) -> Iterator[System]:
    system = System(name, settings)
    try:
        yield system
    finally:
        system.stop()
        if session.testsfailed == 0:
            system.delete_logs()


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """The system that most tests share."""
    yield from run_system(request.session, "main")


@pytest.fixture(scope="session")
def short_holds(request: pytest.FixtureRequest) -> Iterator[System]:
    """A system whose holds end after 6 seconds, and whose forms wait for their command for 1 second."""
    yield from run_system(request.session, "short_holds", {"HOLD_SECONDS": "6", "COMMAND_WAIT_SECONDS": "1"})


@pytest.fixture
def users(request: pytest.FixtureRequest, browser: Browser) -> Iterator[list[User]]:
    """The users of this test. An error in one of their browsers fails the test."""
    users: list[User] = []
    yield users
    failed = getattr(request.node, "failed", False)
    try:
        for number, user in enumerate(users):
            if failed:
                take_screenshot(request.node.name, number, user)
            else:
                user.browser_errors.check()
    finally:
        for user in users:
            user.leave()


@pytest.fixture
def new_user(request: pytest.FixtureRequest, browser: Browser, users: list[User]) -> Callable[..., User]:
    """Creates a user with a browser context: new_user("keyboard"), new_user(color_scheme="dark")."""

    def make(mode: str = "script", at: System | None = None, **context_options) -> User:
        user = User(at or request.getfixturevalue("system"), browser, mode, **context_options)
        users.append(user)
        return user

    return make


def take_screenshot(test: str, number: int, user: User) -> None:
    FAILURES.mkdir(parents=True, exist_ok=True)
    path = FAILURES / (re.sub(r"[^\w-]+", "-", f"{test}-{number}") + ".png")
    try:
        user.page.screenshot(path=path, full_page=True)
    except Exception as error:
        print(f"no screenshot of {user.page.url}: {error}")
        return
    print(f"{user.page.url} screenshot: {Path(path).relative_to(ROOT)}")
    for error in user.browser_errors.found:
        print(f"  browser error: {error}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True
        for name in ("system", "short_holds"):
            system = getattr(item, "funcargs", {}).get(name) or requested_system(item, name)
            logs = system.new_log_lines() if isinstance(system, System) else ""
            if logs:
                report.sections.append((f"processes of the system {name}", logs))
    return report


def requested_system(item: pytest.Item, name: str) -> System | None:
    """A system that the test requested dynamically."""
    definitions = item.session._fixturemanager.getfixturedefs(name, item)
    cached = definitions[-1].cached_result if definitions else None
    return cached[0] if cached and cached[2] is None else None
