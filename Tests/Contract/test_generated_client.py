"""Sells, buys, cancels and pays with a client that openapi-python-client generates from the OpenAPI document."""

import importlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conftest import PASSWORD
from harness.blocking import BlockingSystem


@pytest.fixture(scope="module")
def package(document: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the generated package, which can be imported."""
    directory = tmp_path_factory.mktemp("client")
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [str(programs / "openapi-python-client"), "generate", "--path", str(document),
         "--output-path", str(directory / "project"), "--meta", "none", "--fail-on-warning"],
        capture_output=True, text=True, cwd=directory,
        # The generator formats its output with ruff.
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (directory / "project").rename(directory / "gittix_client")
    sys.path.insert(0, str(directory))
    return "gittix_client"


class Shop:
    """The generated modules, by name: `shop.call("orders.create_order", …)`, `shop.models.NewOrder`."""

    def __init__(self, package: str, origin: str):
        self._package = package
        self.origin = origin
        self.models: ModuleType = importlib.import_module(f"{package}.models")
        self.client: Any = importlib.import_module(f"{package}.client")

    def call(self, operation: str, client: Any, **arguments: Any) -> Any:
        """Calls an operation, such as `orders.create_order`, and returns the response with its parsed body."""
        return importlib.import_module(f"{self._package}.api.{operation}").sync_detailed(client=client, **arguments)

    def sign_up(self, name: str) -> Any:
        """A client with the token of a new user."""
        anonymous = self.client.Client(self.origin, raise_on_unexpected_status=True)
        email = f"{name}@example.org"
        signed_up = self.call(
            "users.sign_up", anonymous, body=self.models.NewCredentials(email=email, password=PASSWORD)
        )
        assert signed_up.status_code == 201 and signed_up.parsed.email == email
        tokens = self.call("users.token", anonymous, body=self.models.Credentials(email=email, password=PASSWORD))
        return self.client.AuthenticatedClient(
            self.origin, tokens.parsed.access_token, raise_on_unexpected_status=True
        )


@pytest.fixture(scope="module")
def shop(package: str, system: BlockingSystem) -> Shop:
    return Shop(package, system.origin)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def pay(url: str) -> None:
    """Pays by card on the payment provider's page, like a browser."""
    card = {"number": "4242424242424242", "expiry": "12/39", "cvc": "737", "name": "Bo Buyer"}
    try:
        urllib.request.build_opener(NoRedirect).open(url, urllib.parse.urlencode(card).encode(), timeout=30)
    except urllib.error.HTTPError as error:
        assert error.code == 303, error.read()[:500]


def test_a_program_sells_buys_cancels_and_pays(shop: Shop) -> None:
    models = shop.models
    seller, buyer = shop.sign_up("client-seller"), shop.sign_up("client-buyer")
    created = shop.call(
        "tickets.create_ticket", seller, body=models.NewTicket(
            title="Radio Nord", price=4500, quantity=3, venue="Tempodrom", city="Berlin",
            starts_at=datetime(2099, 5, 31, 18, tzinfo=UTC), time_zone="Europe/Berlin",
        ),
    )  # fmt: skip
    assert created.status_code == 201 and created.headers["etag"].startswith('"1.3-')
    listing = created.parsed
    own = shop.call("tickets.list_tickets", seller, seller=models.ListTicketsSeller.ME)
    assert [ticket.id for ticket in own.parsed] == [listing.id]
    found = shop.call("tickets.list_tickets", buyer, q="radio nord")
    assert listing.id in [ticket.id for ticket in found.parsed]

    body = models.NewOrder(
        ticket_id=listing.id, quantity=2, price=listing.price,
        currency=models.Currency(listing.currency.value),
    )  # fmt: skip
    first = shop.call("orders.create_order", buyer, body=body, idempotency_key="once")
    again = shop.call("orders.create_order", buyer, body=body, idempotency_key='"once"')
    assert first.status_code == again.status_code == 201
    assert first.parsed.id == again.parsed.id and again.headers["idempotent-replayed"] == "true"
    order = first.parsed.id
    refused = shop.call("orders.create_order", buyer, body=body)
    assert refused.status_code == 409 and refused.parsed.type_ == "urn:gittix:problem:sold-out"

    cancelled = shop.call("orders.cancel_order", buyer, id=order)
    assert cancelled.status_code == 204
    assert shop.call("orders.show_order", buyer, id=order).parsed.status == "cancelled"

    order = shop.call("orders.create_order", buyer, body=body).parsed.id
    checkout = shop.call("payments.start_payment", buyer, body=models.NewPayment(order_id=order))
    assert checkout.status_code == 201
    pay(checkout.parsed.url)
    deadline = time.monotonic() + 60
    while (status := shop.call("orders.show_order", buyer, id=order).parsed.status) != "complete":
        assert time.monotonic() < deadline, status
        time.sleep(0.1)

    shown = shop.call("tickets.show_ticket", buyer, id=listing.id)
    assert shown.parsed.available == 1
    known = shop.call("tickets.show_ticket", buyer, id=listing.id, if_none_match=shown.headers["etag"])
    assert known.status_code == 304
    changed = shop.call(
        "tickets.change_ticket", seller, id=listing.id, body=models.TicketChange(price=4000),
        if_match=shown.headers["etag"],
    )  # fmt: skip
    assert changed.status_code == 200 and changed.parsed.price == 4000
    stale = shop.call(
        "tickets.change_ticket", seller, id=listing.id, body=models.TicketChange(price=3000),
        if_match=shown.headers["etag"],
    )  # fmt: skip
    assert stale.status_code == 412
