"""Users with a browser, and shortcuts through the JSON API for data that a test needs but does not examine."""

import itertools
import re
import secrets
import string
from datetime import datetime, timedelta

from playwright.sync_api import APIResponse, Browser, BrowserContext, Locator, Page, expect

from support.browser_errors import BrowserErrors, page_errors
from support.input_methods import Keyboard, Pointer
from support.system import System

PASSWORD = "correct horse battery"
NUMBERS = itertools.count(1)

# How a journey is done: with scripts, without scripts, and with the keyboard alone.
MODES = ["script", "no script", "keyboard"]


def unique(words: str) -> str:
    """A unique name, so that all tests can share one system."""
    # Letters, because six more digits would look like a telephone number, which a note must not have.
    return f"{words} {next(NUMBERS)}{''.join(secrets.choice(string.ascii_lowercase) for _ in range(6))}"


def email(name: str) -> str:
    return f"{name.lower()}-{next(NUMBERS)}-{secrets.token_hex(3)}@example.com"


def starts_at(days: int = 90) -> str:
    """A future evening, in the format of a datetime-local field."""
    day = datetime.now() + timedelta(days=days)
    return day.strftime("%Y-%m-%dT19:30")


class User:
    """One browser context with one page."""

    def __init__(self, system: System, browser: Browser, mode: str = "script", **context_options):
        self.system = system
        self.has_script = context_options.pop("java_script_enabled", mode != "no script")
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
        self.browser_errors = BrowserErrors(self.context)
        self.page: Page = self.context.new_page()
        self.input = Keyboard(self.page) if mode == "keyboard" else Pointer(self.page)
        self.email = ""
        self.id = ""

    # ---- Data, created through the JSON API.

    def api(
        self, method: str, path: str, data: dict | None = None, expects: int | None = None, **headers
    ) -> APIResponse:
        """Sends a request to the JSON API with this browser's cookies."""
        options: dict = {"method": method, "headers": headers, "timeout": 30_000}
        if data is not None:
            options["data"] = data
        response = self.context.request.fetch(path, **options)
        wanted = response.ok if expects is None else response.status == expects
        assert wanted, f"{method} {path}: {response.status} {response.text()[:500]}"
        return response

    def signed_up(self, name: str = "user") -> "User":
        self.email = email(name)
        response = self.api("POST", "/api/users/signup", {"email": self.email, "password": PASSWORD}, 201).json()
        self.id = response["id"]
        return self

    def create_listing(
        self, title: str | None = None, price: int = 4500, currency: str = "EUR", quantity: int = 3, **facts
    ) -> dict:
        """Lists tickets and returns the API's response."""
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
        given = {key: value for key, value in body.items() if value is not None}
        return self.api("POST", "/api/tickets", given, 201).json()

    def create_order(self, listing: dict, quantity: int = 1) -> dict:
        body = {"ticketId": listing["id"], "quantity": quantity, "price": listing.get("allIn", listing["price"])}
        return self.api("POST", "/api/orders", body, 201).json()

    # ---- Actions.

    def open(self, path: str, status: int = 200) -> None:
        """Opens a path, as if typed into the address bar."""
        response = self.page.goto(path)
        assert response is not None and response.status == status, (
            f"{path} answered {response and response.status}, not {status}: "
            f"{self.page.locator('main').inner_text()[:300]}"
        )
        self.input.page_loaded()

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def button(self, name: str | re.Pattern) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str | re.Pattern) -> Locator:
        fields = self.page.locator("input, select, textarea")
        return self.page.get_by_label(label).and_(fields).first

    def navigate_by(self, target: Locator) -> None:
        """Presses a link or a form's button and waits for the next page. The previous page may have the same elements,
        so without waiting the next step could act on a page that is about to be replaced."""
        with self.page.expect_navigation():
            self.input.press(target)

    def follow(self, name: str) -> None:
        self.navigate_by(self.link(name).first)

    def press(self, name: str | re.Pattern) -> None:
        self.navigate_by(self.button(name).first)

    def fill(self, label: str | re.Pattern, value: str) -> None:
        self.input.fill(self.field(label), value)

    # ---- Assertions.

    def sees(self, text: str | re.Pattern) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_heading(self, text: str | re.Pattern) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible()

    def is_at(self, pattern: str) -> None:
        """Asserts the page's path, after all redirects."""
        try:
            expect(self.page).to_have_url(re.compile(re.escape(self.system.origin) + pattern + "$"))
        except AssertionError as error:
            errors = "; ".join(page_errors(self.page))
            raise AssertionError(f"at {self.page.url}, not {pattern}; errors: {errors or 'none'}") from error

    def sees_status(self, status: str) -> None:
        """Asserts an order's status. With scripts, the page must update itself; without scripts, it is reloaded."""
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
    """Asserts that no navigation happens, so that a script has updated the page."""

    def __init__(self, page: Page):
        self.page = page
        self.loads: list[str] = []

    def __enter__(self) -> "StayedOnPage":
        self.page.on("framenavigated", self._loaded)
        return self

    def __exit__(self, kind, *_) -> None:
        self.page.remove_listener("framenavigated", self._loaded)
        if kind is None:
            assert not self.loads, f"the page was reloaded: {self.loads}"

    def _loaded(self, frame) -> None:
        self.loads.append(frame.url)
