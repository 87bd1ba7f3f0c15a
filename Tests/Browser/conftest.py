import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from support.people import Person
from support.system import ROOT, System

# Ended from outside, the tests end their processes as after Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# A page of a busy machine may be late, but not for ever.
expect.set_options(timeout=15_000)

FAILURES = ROOT / "screenshots" / "failures"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            # Only this product's pages are opened, and root has no sandbox.
            chromium_sandbox=False,
            args=["--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


def running(session: pytest.Session, name: str, settings: dict[str, str] | None = None) -> Iterator[System]:
    system = System(name, settings)
    try:
        yield system
    finally:
        system.end()
        if session.testsfailed == 0:
            system.forget()


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """What most tests share."""
    yield from running(request.session, "main")


@pytest.fixture(scope="session")
def hasty(request: pytest.FixtureRequest) -> Iterator[System]:
    """A system whose holds are over after some seconds, and whose forms wait for their work but briefly."""
    yield from running(request.session, "hasty", {"HOLD_SECONDS": "6", "COMMAND_WAIT_SECONDS": "1"})


@pytest.fixture
def people(request: pytest.FixtureRequest, browser: Browser) -> Iterator[list[Person]]:
    """Everyone of this test. What their browsers complained of fails it."""
    people: list[Person] = []
    yield people
    failed = getattr(request.node, "failed", False)
    try:
        for number, person in enumerate(people):
            if failed:
                picture(request.node.name, number, person)
            else:
                person.complaints.check()
    finally:
        for person in people:
            person.leave()


@pytest.fixture
def someone(request: pytest.FixtureRequest, browser: Browser, people: list[Person]) -> Callable[..., Person]:
    """Makes a person with a browser of their own: someone("keyboard"), someone(color_scheme="dark")."""

    def make(way: str = "script", at: System | None = None, **context_options) -> Person:
        person = Person(at or request.getfixturevalue("system"), browser, way, **context_options)
        people.append(person)
        return person

    return make


def picture(test: str, number: int, person: Person) -> None:
    FAILURES.mkdir(parents=True, exist_ok=True)
    path = FAILURES / (re.sub(r"[^\w-]+", "-", f"{test}-{number}") + ".png")
    try:
        person.page.screenshot(path=path, full_page=True)
    except Exception as error:
        print(f"no picture of {person.page.url}: {error}")
        return
    print(f"{person.page.url} as it was seen: {Path(path).relative_to(ROOT)}")
    for complaint in person.complaints.found:
        print(f"  the browser complained: {complaint}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True
        for name in ("system", "hasty"):
            system = getattr(item, "funcargs", {}).get(name) or loaded(item, name)
            logs = system.logs() if isinstance(system, System) else ""
            if logs:
                report.sections.append((f"the processes of the system {name}", logs))
    return report


def loaded(item: pytest.Item, name: str) -> System | None:
    """A system that a test asked for while it ran."""
    definitions = item.session._fixturemanager.getfixturedefs(name, item)
    cached = definitions[-1].cached_result if definitions else None
    return cached[0] if cached and cached[2] is None else None
