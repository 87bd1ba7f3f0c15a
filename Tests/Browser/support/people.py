"""People at their browsers, and what they have (by the JSON API, where a test is about something else)."""

import itertools
import re
import secrets
from datetime import datetime, timedelta

from playwright.sync_api import APIResponse, Browser, BrowserContext, Locator, Page, expect

from support.complaints import Complaints, page_errors
from support.hands import Keyboard, Pointer
from support.system import System

PASSWORD = "correct horse battery"
NUMBERS = itertools.count(1)

# How a journey is done: with script, without, and with the keyboard alone.
WAYS = ["script", "no script", "keyboard"]


def unique(words: str) -> str:
    """A name that nothing else has, so that one system serves every test."""
    return f"{words} {next(NUMBERS)}{secrets.token_hex(3)}"


def email(name: str) -> str:
    return f"{name.lower()}-{next(NUMBERS)}-{secrets.token_hex(3)}@example.com"


def starts_at(days: int = 90) -> str:
    """An evening to come, as a date and time field takes it."""
    day = datetime.now() + timedelta(days=days)
    return day.strftime("%Y-%m-%dT19:30")


class Person:
    """One browser context with one page."""

    def __init__(self, system: System, browser: Browser, way: str = "script", **context_options):
        self.system = system
        self.has_script = context_options.pop("java_script_enabled", way != "no script")
        self.context: BrowserContext = browser.new_context(
            base_url=system.origin,
            java_script_enabled=self.has_script,
            **{
                "locale": "en-GB",
                "timezone_id": "Europe/Berlin",
                "reduced_motion": "reduce",
                "viewport": {"width": 1280, "height": 900},
                **context_options,
            },
        )
        self.context.set_default_timeout(15_000)
        self.context.set_default_navigation_timeout(20_000)
        self.complaints = Complaints(self.context)
        self.page: Page = self.context.new_page()
        self.hands = Keyboard(self.page) if way == "keyboard" else Pointer(self.page)
        self.email = ""
        self.id = ""

    # ---- What they have, by the JSON API.

    def api(self, method: str, path: str, data: dict | None = None, expects: int | None = None, **headers) -> APIResponse:
        """Asks the JSON API with this browser's cookies."""
        options: dict = {"method": method, "headers": headers, "timeout": 30_000}
        if data is not None:
            options["data"] = data
        answer = self.context.request.fetch(path, **options)
        wanted = answer.ok if expects is None else answer.status == expects
        assert wanted, f"{method} {path}: {answer.status} {answer.text()[:500]}"
        return answer

    def signed_up(self, name: str = "fan") -> "Person":
        self.email = email(name)
        answer = self.api("POST", "/api/users/signup", {"email": self.email, "password": PASSWORD}, 201).json()
        self.id = answer["id"]
        return self

    def has_ticket(self, title: str | None = None, price: int = 4500, currency: str = "EUR", quantity: int = 3, **facts):
        """Lists a ticket; answers what the API says of it."""
        start = datetime.now() + timedelta(days=90)
        body = {
            "title": title or unique("Front row"),
            "price": price,
            "currency": currency,
            "quantity": quantity,
            "venue": "Tempodrom",
            "city": "Berlin",
            "startsAt": start.strftime("%Y-%m-%dT19:30:00+01:00"),
            "timeZone": "Europe/Berlin",
        } | facts
        return self.api("POST", "/api/tickets", {key: value for key, value in body.items() if value is not None}, 201).json()

    def has_order(self, ticket: dict, quantity: int = 1) -> dict:
        return self.api("POST", "/api/orders", {"ticketId": ticket["id"], "quantity": quantity}, 201).json()

    # ---- What they do.

    def open(self, path: str, status: int = 200) -> None:
        """Types an address."""
        response = self.page.goto(path)
        assert response is not None and response.status == status, (
            f"{path} answered {response and response.status}, not {status}: {self.page.locator('main').inner_text()[:300]}"
        )
        self.hands.arrived()

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def button(self, name: str | re.Pattern) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str | re.Pattern) -> Locator:
        fields = self.page.locator("input, select, textarea")
        return self.page.get_by_label(label).and_(fields).first

    def go_by(self, target: Locator) -> None:
        """Presses a link or a form's button, and waits for the page that it leads to: much of what is to be seen there
        stands on the page before as well, and who typed or went on too early would do so on a page that goes away."""
        with self.page.expect_navigation():
            self.hands.press(target)

    def follow(self, name: str) -> None:
        self.go_by(self.link(name).first)

    def press(self, name: str | re.Pattern) -> None:
        self.go_by(self.button(name).first)

    def fill(self, label: str | re.Pattern, value: str) -> None:
        self.hands.fill(self.field(label), value)

    # ---- What they see.

    def sees(self, text: str | re.Pattern) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_heading(self, text: str | re.Pattern) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible()

    def is_at(self, pattern: str) -> None:
        """The page's path, after whatever redirects."""
        try:
            expect(self.page).to_have_url(re.compile(re.escape(self.system.origin) + pattern + "$"))
        except AssertionError as error:
            errors = "; ".join(page_errors(self.page))
            raise AssertionError(f"at {self.page.url}, not {pattern}; errors: {errors or 'none'}") from error

    def sees_status(self, status: str) -> None:
        """An order's state: by itself with script; by looking again without."""
        shown = self.page.locator(f'[data-status="{status}"]')
        if self.has_script:
            expect(shown).to_be_visible(timeout=30_000)
            return
        for _ in range(400):
            if shown.count():
                return
            self.page.reload()
        raise AssertionError(f"{self.page.url} does not become {status}: {self.page.locator('main').inner_text()}")

    def path(self) -> str:
        return self.page.url.removeprefix(self.system.origin)

    def leave(self) -> None:
        self.context.close()


class StayedOnPage:
    """Proves that a page changed by itself: nothing was loaded meanwhile."""

    def __init__(self, page: Page):
        self.page = page
        self.loads: list[str] = []

    def __enter__(self) -> "StayedOnPage":
        self.page.on("framenavigated", self._loaded)
        return self

    def __exit__(self, kind, *_) -> None:
        self.page.remove_listener("framenavigated", self._loaded)
        if kind is None:
            assert not self.loads, f"the page was loaded again: {self.loads}"

    def _loaded(self, frame) -> None:
        self.loads.append(frame.url)
