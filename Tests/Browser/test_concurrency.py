"""Forms that are submitted too late, twice, or at the same time: the page says what happened and offers the next step,
and nothing is done twice."""

import re

import pytest
from playwright.sync_api import Page, expect

from support.sandbox import is_on_stripe_page
from support.steps import PAY, PRICE, QUANTITY, fill_in_sale, sign_in
from support.users import User, unique
from support.wait import eventually

both_modes = pytest.mark.parametrize("mode", ["script", "no script"])


def count_orders(user: User, *, status: str | None = None) -> int:
    condition = f" AND status = '{status}'" if status else ""
    return user.system.count(f"SELECT count(*) FROM orders.orders WHERE user_id = '{user.id}'{condition}")


def count_listings(user: User) -> int:
    return user.system.count(f"SELECT count(*) FROM tickets.tickets WHERE seller_id = '{user.id}'")


def press_at_time(page: Page, name: str, when: float) -> None:
    """Presses a button at a given time, without waiting for the result."""
    page.get_by_role("button", name=name).first.evaluate(
        "(button, when) => { setTimeout(() => button.click(), when - Date.now()) }", when
    )


# ---- At the same time.


@pytest.mark.parametrize("attempt", range(3))
def test_two_browsers_race_for_the_last_unit(attempt: int, new_user, system) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=1)
    racers = [new_user().signed_up("racer") for _ in range(2)]
    for racer in racers:
        racer.open(f"/tickets/{listing['id']}")
    start = racers[0].page.evaluate("() => Date.now() + 300")
    for racer in racers:
        press_at_time(racer.page, "Get tickets", start)
    for racer in racers:
        racer.page.wait_for_url(re.compile(r"/orders(/|$)|/tickets/.+/orders"))
    winners = [racer for racer in racers if re.search("/orders/[0-9a-f-]{36}$", racer.page.url)]
    assert len(winners) == 1, [racer.page.url for racer in racers]
    [loser] = [racer for racer in racers if racer not in winners]
    winners[0].sees_status("awaiting_payment")
    loser.sees(re.compile("no tickets left", re.I))
    expect(loser.page.locator("main").get_by_role("link").first).to_be_visible()
    assert count_orders(winners[0]) == 1 and count_orders(loser) == 0
    assert system.count(f"SELECT count(*) FROM orders.allocations WHERE ticket_id = '{listing['id']}'") == 1


# ---- Too late. These tests run without scripts, because a script would have updated the page.


def test_a_changed_price_must_be_accepted(new_user) -> None:
    seller = new_user().signed_up("seller")
    listing = seller.create_listing(price=4500)
    buyer = new_user("no script").signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    seller.api("PUT", f"/api/tickets/{listing['id']}", {"price": 5100})
    buyer.press("Get tickets")
    buyer.sees(re.compile("price .*(changed|now)|changed .*price", re.I))
    buyer.sees(re.compile(r"51[.,]00"))
    assert count_orders(buyer) == 0
    # A buyer who accepts the new price continues from there.
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees(re.compile(r"51[.,]00"))


def test_a_sold_out_listing_is_refused(new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=1)
    buyer = new_user("no script").signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    new_user().signed_up("quicker").create_order(listing)
    buyer.press("Get tickets")
    buyer.sees(re.compile("no tickets left", re.I))
    expect(buyer.page.locator("main").get_by_role("link").first).to_be_visible()
    assert count_orders(buyer) == 0


def test_too_few_tickets_left_are_offered(new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=3)
    buyer = new_user("no script").signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    new_user().signed_up("quicker").create_order(listing, 2)
    buyer.fill(QUANTITY, "3")
    buyer.press("Get tickets")
    buyer.sees(re.compile(r"\b(1|one)\b", re.I))
    assert count_orders(buyer) == 0
    buyer.fill(QUANTITY, "1")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")


def test_a_withdrawn_listing_is_refused(new_user) -> None:
    seller = new_user().signed_up("seller")
    listing = seller.create_listing()
    buyer = new_user("no script").signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    seller.api("DELETE", f"/api/tickets/{listing['id']}")
    buyer.press("Get tickets")
    buyer.sees(re.compile("no longer on sale", re.I))
    assert count_orders(buyer) == 0


def test_paying_after_the_hold_is_refused(new_user, short_holds) -> None:
    listing = new_user(at=short_holds).signed_up("seller").create_listing()
    buyer = new_user("no script", at=short_holds).signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    eventually("the hold is over", lambda: count_orders(buyer, status="cancelled") == 1)
    buyer.press(PAY)
    buyer.sees(re.compile("time to pay ran out", re.I))
    expect(buyer.page.locator("main").get_by_role("link").first).to_be_visible()


@both_modes
def test_signing_out_in_another_tab_asks_to_sign_in(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user(mode).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    buyer.api("POST", "/api/users/signout", {})
    buyer.press("Get tickets")
    buyer.sees(re.compile("sign(ed)? (in|out)", re.I))
    assert count_orders(buyer) == 0
    # Signing in returns to the listing.
    buyer.navigate_by(buyer.page.locator("main").get_by_role("link", name="Sign in"))
    sign_in(buyer)
    buyer.is_at(f"/tickets/{listing['id']}")


@both_modes
def test_an_edit_of_a_changed_listing_must_be_confirmed(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    listing = seller.create_listing(price=4500)
    seller.open(f"/tickets/{listing['id']}/edit")
    seller.api("PUT", f"/api/tickets/{listing['id']}", {"price": 4700})
    seller.fill(PRICE, "49.00")
    seller.press("Save changes")
    seller.sees(re.compile("changed", re.I))
    assert seller.api("GET", f"/api/tickets/{listing['id']}").json()["price"] == 4700
    seller.press("Save changes")
    seller.is_at(f"/tickets/{listing['id']}")
    assert seller.api("GET", f"/api/tickets/{listing['id']}").json()["price"] == 4900


# ---- Twice.


@both_modes
def test_a_double_click_holds_once(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=5)
    buyer = new_user(mode).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    buyer.button("Get tickets").dblclick()
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert count_orders(buyer) == 1


@both_modes
def test_a_double_click_lists_once(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    seller.open("/sell?event=other")
    fill_in_sale(seller, unique("Front row"))
    seller.button("List tickets").dblclick()
    seller.is_at("/tickets/[0-9a-f-]{36}")
    assert count_listings(seller) == 1


@both_modes
def test_a_double_click_pays_once(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=5)
    buyer = new_user(mode).signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    buyer.button(PAY).dblclick()
    is_on_stripe_page(buyer)
    page = buyer.page.url
    # The previous page leads to the same payment.
    buyer.page.go_back()
    buyer.press(PAY)
    is_on_stripe_page(buyer)
    assert buyer.page.url == page
    assert buyer.system.count(f"SELECT count(*) FROM payments.attempts WHERE order_id = '{order['id']}'") == 1


@both_modes
def test_going_back_and_submitting_again_holds_once(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=5)
    buyer = new_user(mode).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    order = buyer.path()
    # Instead of the form, the page links to the order.
    buyer.page.go_back()
    buyer.is_at(f"/tickets/{listing['id']}")
    assert buyer.button("Get tickets").count() == 0
    buyer.follow("Continue to payment")
    buyer.is_at(order)
    assert count_orders(buyer) == 1
    # A buyer who wants more must ask for the form, each time.
    buyer.page.go_back()
    buyer.follow("Add more")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert count_orders(buyer) == 2
    buyer.page.go_back()
    expect(buyer.link("Continue to payment")).to_be_visible()
    assert buyer.button("Get tickets").count() == 0


@both_modes
def test_going_back_and_submitting_again_lists_once(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    seller.open("/sell?event=other")
    title = unique("Front row")
    fill_in_sale(seller, title)
    seller.press("List tickets")
    seller.is_at("/tickets/[0-9a-f-]{36}")
    listed = seller.page.url
    seller.page.go_back()
    seller.is_at(r"/sell\?event=other")
    # Either the result is the same listing, or the form is empty again. The browser may refuse to submit an empty form.
    seller.input.press(seller.button("List tickets"))
    expect(seller.page.get_by_role("alert").or_(seller.page.get_by_role("heading", name=title))).to_be_visible()
    form = seller.system.origin + "/sell"
    assert seller.page.url in (listed, form, form + "?event=other")
    assert count_listings(seller) == 1


@both_modes
def test_reloading_after_a_form_does_nothing(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=5)
    buyer = new_user(mode).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.page.reload()
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert count_orders(buyer) == 1


@both_modes
def test_cancelling_twice_cancels_once(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user(mode).signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}/cancel")
    buyer.api("DELETE", f"/api/orders/{order['id']}", expects=204)
    buyer.press("Cancel order")
    buyer.sees(re.compile("cancelled", re.I))
    assert count_orders(buyer, status="cancelled") == 1


# ---- Late responses.


@both_modes
def test_a_slow_form_continues_by_itself(mode: str, new_user, short_holds) -> None:
    listing = new_user(at=short_holds).signed_up("seller").create_listing()
    buyer = new_user(mode, at=short_holds).signed_up("buyer")
    buyer.open(f"/tickets/{listing['id']}")
    with short_holds.workers_stopped():
        buyer.press("Get tickets")
        buyer.is_at(r"/commands/[0-9a-f-]{36}\?next=.*")
        buyer.sees_heading("Working on it")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert count_orders(buyer) == 1
