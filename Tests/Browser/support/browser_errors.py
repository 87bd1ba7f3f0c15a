"""Errors that a browser reports during a test. Each one fails the test, unless the test expects it."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# Chromium logs this for every error page; the test itself checks the status.
FAILED_TO_LOAD = re.compile(r"^Failed to load resource: the server responded with a status of (\d+)")


class BrowserErrors:
    def __init__(self, context: BrowserContext):
        self.found: list[str] = []
        self._expected: list[re.Pattern] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._add(f"script error: {error.error}"))
        context.on("requestfailed", self._request_failed)
        context.on("response", self._response)
        context.on("dialog", self._dialog)

    def expect(self, pattern: str) -> None:
        """Allows errors that this test provokes."""
        self._expected.append(re.compile(pattern))

    def check(self) -> None:
        found, self.found = self.found, []
        unexpected = [error for error in found if not any(e.search(error) for e in self._expected)]
        assert not unexpected, "the browser reports errors:\n" + "\n".join(unexpected)

    def _add(self, error: str) -> None:
        self.found.append(error)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if FAILED_TO_LOAD.match(message.text):
            # _response reports it, with the request.
            return
        self._add(f"console {message.type} at {message.location.get('url')}: {message.text}")

    def _dialog(self, dialog) -> None:
        self._add(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _request_failed(self, request: Request) -> None:
        # The browser aborts requests itself when the page is left or a button is pressed twice.
        if request.failure == "net::ERR_ABORTED":
            return
        self._add(f"{request.method} {request.url} failed: {request.failure}")

    def _response(self, response: Response) -> None:
        request = response.request
        if response.status >= 500 or (response.status >= 400 and not request.is_navigation_request()):
            self._add(f"{request.method} {response.url} answered {response.status}")


def page_errors(page: Page) -> list[str]:
    """Texts of the errors beside fields and in the summary, for the messages of failed tests."""
    return page.locator(".error, [role=alert]").all_inner_texts()
