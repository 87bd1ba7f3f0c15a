"""The Stripe sandbox in a separate process, with a receiver of its webhooks and Stripe's SDK as its client."""

import http.server
import json
import os
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import stripe

from harness.ports import free_port
from harness.process import killed_with_harness

SECRET_KEY = "sk_test_sdk0123456789"
WEBHOOK_SECRET = "whsec_of_the_sdk_tests"
GOOD_CARD = "4242424242424242"
STARTS_WITHIN_SECONDS = 20


class WebhookReceiver:
    """An endpoint that takes webhooks, and keeps each one's body and signature."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[bytes, str]] = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.put((body, self.headers["Stripe-Signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next_of_type(self, name: str) -> tuple[bytes, str]:
        """The body and signature of the next webhook of a type. Raises if none comes within ten seconds."""
        deadline = time.monotonic() + 10
        while True:
            body, signature = self.received.get(timeout=max(0.1, deadline - time.monotonic()))
            if json.loads(body)["type"] == name:
                return body, signature

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Sandbox:
    """A running sandbox."""

    def __init__(self, directory: Path) -> None:
        self.webhooks = WebhookReceiver()
        self.origin = f"http://127.0.0.1:{free_port()}"
        settings = {
            "PORT": self.origin.rsplit(":", 1)[1],
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_SANDBOX_WEBHOOK_URL": self.webhooks.url,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        self.log = directory / "sandbox.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                killed_with_harness([str(Path(os.environ["GITTIX_BINARIES"]) / "StripeSandbox")]),
                env={"PATH": os.environ["PATH"]} | settings, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_until_ready()
        # Without retries, so that each test sees the first response.
        self.client = self.new_client()

    def new_client(self, key: str = SECRET_KEY, **options: Any) -> stripe.StripeClient:
        defaults: dict[str, Any] = {"max_network_retries": 0, "base_addresses": {"api": self.origin}}
        return stripe.StripeClient(key, **(defaults | options))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.origin}/healthz", timeout=5):
                    return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the sandbox does not start:\n{self.log.read_text()}") from None
                time.sleep(0.05)

    def control(self, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{self.origin}/_sandbox/{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def advance_clock(self, seconds: int) -> None:
        self.control("clock", {"advanceSeconds": seconds})

    def add_fault(self, **fault: Any) -> None:
        self.control("faults", fault)

    def pay(self, session: Any, card: str = GOOD_CARD) -> int:
        """Fills in the payment page like a buyer, and returns the status of the response."""
        form = {"number": card, "expiry": "12 / 39", "cvc": "123", "name": "Ada Buyer"}
        return self._post(session.url, form)

    def authenticate(self, session: Any) -> int:
        """Confirms the payment on the bank's page."""
        return self._post(f"{session.url}/authenticate", {"action": "complete"})

    def _post(self, url: str, form: dict[str, str]) -> int:
        try:
            with _opener.open(url, urllib.parse.urlencode(form).encode(), timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self.webhooks.stop()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)
