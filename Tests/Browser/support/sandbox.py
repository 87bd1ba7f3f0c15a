"""The Stripe sandbox: its hosted page in a browser, and its API."""

import json
import re
import urllib.parse
import urllib.request

from playwright.sync_api import expect

from support.system import System
from support.users import User

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


def is_on_stripe_page(user: User) -> None:
    expect(user.page).to_have_url(re.compile(re.escape(user.system.sandbox) + "/c/pay/"))


def pay_by_card(user: User, card: str = GOOD_CARD) -> None:
    """Fills in the hosted page and pays; the sandbox then redirects the browser to the order."""
    is_on_stripe_page(user)
    user.fill("Card number", card)
    user.fill("Expires", "12 / 39")
    user.fill("Security code", "737")
    user.fill("Name on card", "Bo Buyer")
    user.press(re.compile("^Pay "))


def pay_without_browser(user: User, order: dict) -> None:
    """Pays without opening a page."""
    checkout = user.api("POST", "/api/payments", {"orderId": order["id"]}, 201).json()
    card = {"number": "4242424242424242", "expiry": "12/39", "cvc": "737", "name": "Bo Buyer"}
    paid = user.context.request.post(checkout["url"], form=card, max_redirects=0)
    assert paid.status == 303, f"{paid.status} {paid.text()[:500]}"


def refund(system: System, order: dict) -> None:
    """Refunds an order's payment, as an operator would in Stripe's dashboard."""
    intents = stripe(system, "/v1/payment_intents?limit=100")["data"]
    [intent] = [intent for intent in intents if order["id"] in json.dumps(intent.get("metadata"))]
    stripe(system, "/v1/refunds", {"payment_intent": intent["id"]})


def stripe(system: System, path: str, form: dict | None = None) -> dict:
    request = urllib.request.Request(
        system.sandbox + path,
        data=urllib.parse.urlencode(form).encode() if form else None,
        headers={"Authorization": f"Bearer {system.settings['STRIPE_SECRET_KEY']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
