"""Forms that come too late, or twice, or at once: what happened is said, the next step is offered, and nothing is done
twice."""

import re

import pytest
from playwright.sync_api import Page, expect

from support.people import Person, unique
from support.sandbox import is_on_stripes_page
from support.steps import PAY, PRICE, QUANTITY, fill_in_sale, sign_in
from support.wait import eventually

BOTH = pytest.mark.parametrize("way", ["script", "no script"])


def orders_of(person: Person, *, status: str | None = None) -> int:
    condition = f" AND status = '{status}'" if status else ""
    return person.system.count(f"SELECT count(*) FROM orders.orders WHERE user_id = '{person.id}'{condition}")


def tickets_of(person: Person) -> int:
    return person.system.count(f"SELECT count(*) FROM tickets.tickets WHERE seller_id = '{person.id}'")


def press_at(page: Page, name: str, when: float) -> None:
    """Presses a button at an instant, without waiting for what comes of it."""
    page.get_by_role("button", name=name).first.evaluate(
        "(button, when) => { setTimeout(() => button.click(), when - Date.now()) }", when
    )


# ---- At once.


@pytest.mark.parametrize("attempt", range(3))
def test_two_browsers_race_for_the_last_unit(attempt: int, someone, system) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=1)
    racers = [someone().signed_up("racer") for _ in range(2)]
    for racer in racers:
        racer.open(f"/tickets/{ticket['id']}")
    start = racers[0].page.evaluate("() => Date.now() + 300")
    for racer in racers:
        press_at(racer.page, "Hold tickets", start)
    for racer in racers:
        racer.page.wait_for_url(re.compile(r"/orders(/|$)|/tickets/.+/orders"))
    winners = [racer for racer in racers if re.search("/orders/[0-9a-f-]{36}$", racer.page.url)]
    assert len(winners) == 1, [racer.page.url for racer in racers]
    [loser] = [racer for racer in racers if racer not in winners]
    winners[0].sees_status("awaiting_payment")
    loser.sees(re.compile("sold out|nothing left|none left|all .* held|gone", re.I))
    expect(loser.page.locator("main").get_by_role("link").first).to_be_visible()
    assert orders_of(winners[0]) == 1 and orders_of(loser) == 0
    assert system.count(f"SELECT count(*) FROM orders.allocations WHERE ticket_id = '{ticket['id']}'") == 1


# ---- Too late. Without a script: with one, the page would have changed by itself.


def test_the_price_changed_meanwhile(someone) -> None:
    seller = someone().signed_up("seller")
    ticket = seller.has_ticket(price=4500)
    buyer = someone("no script").signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    seller.api("PUT", f"/api/tickets/{ticket['id']}", {"price": 5100})
    buyer.press("Hold tickets")
    buyer.sees(re.compile("price .*(changed|now)|changed .*price", re.I))
    buyer.sees(re.compile(r"51[.,]00"))
    assert orders_of(buyer) == 0
    # Who agrees goes on from there.
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees(re.compile(r"51[.,]00"))


def test_sold_out_meanwhile(someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=1)
    buyer = someone("no script").signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    someone().signed_up("quicker").has_order(ticket)
    buyer.press("Hold tickets")
    buyer.sees(re.compile("sold out|nothing left|none left|all .* held|gone", re.I))
    expect(buyer.page.locator("main").get_by_role("link").first).to_be_visible()
    assert orders_of(buyer) == 0


def test_fewer_left_meanwhile(someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=3)
    buyer = someone("no script").signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    someone().signed_up("quicker").has_order(ticket, 2)
    buyer.fill(QUANTITY, "3")
    buyer.press("Hold tickets")
    buyer.sees(re.compile(r"\b(1|one)\b", re.I))
    assert orders_of(buyer) == 0
    buyer.fill(QUANTITY, "1")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")


def test_withdrawn_meanwhile(someone) -> None:
    seller = someone().signed_up("seller")
    ticket = seller.has_ticket()
    buyer = someone("no script").signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    seller.api("DELETE", f"/api/tickets/{ticket['id']}")
    buyer.press("Hold tickets")
    buyer.sees(re.compile("withdrawn|no longer|not on sale", re.I))
    assert orders_of(buyer) == 0


def test_the_hold_expired_meanwhile(someone, hasty) -> None:
    ticket = someone(at=hasty).signed_up("seller").has_ticket()
    buyer = someone("no script", at=hasty).signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    eventually("the hold is over", lambda: orders_of(buyer, status="cancelled") == 1)
    buyer.press(PAY)
    buyer.sees(re.compile("ran out|expired|time is up|over", re.I))
    expect(buyer.page.locator("main").get_by_role("link").first).to_be_visible()


@BOTH
def test_signed_out_in_another_tab(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone(way).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    buyer.api("POST", "/api/users/signout", {})
    buyer.press("Hold tickets")
    buyer.sees(re.compile("sign(ed)? (in|out)", re.I))
    assert orders_of(buyer) == 0
    # Signing in leads back to the ticket.
    buyer.go_by(buyer.page.locator("main").get_by_role("link", name="Sign in"))
    sign_in(buyer)
    buyer.is_at(f"/tickets/{ticket['id']}")


@BOTH
def test_an_edit_of_what_was_changed_meanwhile(way: str, someone) -> None:
    seller = someone(way).signed_up("seller")
    ticket = seller.has_ticket(price=4500)
    seller.open(f"/tickets/{ticket['id']}/edit")
    seller.api("PUT", f"/api/tickets/{ticket['id']}", {"price": 4700})
    seller.fill(PRICE, "49.00")
    seller.press("Save changes")
    seller.sees(re.compile("changed", re.I))
    assert seller.api("GET", f"/api/tickets/{ticket['id']}").json()["price"] == 4700
    seller.press("Save changes")
    seller.is_at(f"/tickets/{ticket['id']}")
    assert seller.api("GET", f"/api/tickets/{ticket['id']}").json()["price"] == 4900


# ---- Twice.


@BOTH
def test_a_double_click_holds_once(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=5)
    buyer = someone(way).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    buyer.button("Hold tickets").dblclick()
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert orders_of(buyer) == 1


@BOTH
def test_a_double_click_lists_once(way: str, someone) -> None:
    seller = someone(way).signed_up("seller")
    seller.open("/sell")
    fill_in_sale(seller, unique("Front row"))
    seller.button("List tickets").dblclick()
    seller.is_at("/tickets/[0-9a-f-]{36}")
    assert tickets_of(seller) == 1


@BOTH
def test_a_double_click_pays_once(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=5)
    buyer = someone(way).signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    buyer.button(PAY).dblclick()
    is_on_stripes_page(buyer)
    page = buyer.page.url
    # And the page of before leads to the same payment.
    buyer.page.go_back()
    buyer.press(PAY)
    is_on_stripes_page(buyer)
    assert buyer.page.url == page
    assert buyer.system.count(f"SELECT count(*) FROM payments.attempts WHERE order_id = '{order['id']}'") == 1


@BOTH
def test_back_and_again_holds_once(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=5)
    buyer = someone(way).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    order = buyer.path()
    # Where the form was, one is led to what it has made.
    buyer.page.go_back()
    buyer.is_at(f"/tickets/{ticket['id']}")
    assert buyer.button("Hold tickets").count() == 0
    buyer.follow("Go on to your order")
    buyer.is_at(order)
    assert orders_of(buyer) == 1
    # Who wants more has to say so, once for each time.
    buyer.page.go_back()
    buyer.follow("Hold more")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert orders_of(buyer) == 2
    buyer.page.go_back()
    expect(buyer.link("Go on to your order")).to_be_visible()
    assert buyer.button("Hold tickets").count() == 0


@BOTH
def test_back_and_again_lists_once(way: str, someone) -> None:
    seller = someone(way).signed_up("seller")
    seller.open("/sell")
    title = unique("Front row")
    fill_in_sale(seller, title)
    seller.press("List tickets")
    seller.is_at("/tickets/[0-9a-f-]{36}")
    listed = seller.page.url
    seller.page.go_back()
    seller.is_at("/sell")
    # Either it is the same listing again, or the form has come back empty, and misses what was not typed: then the
    # browser itself may refuse to send it.
    seller.hands.press(seller.button("List tickets"))
    expect(seller.page.get_by_role("alert").or_(seller.page.get_by_role("heading", name=title))).to_be_visible()
    assert seller.page.url in (listed, seller.system.origin + "/sell")
    assert tickets_of(seller) == 1


@BOTH
def test_a_page_reloaded_after_its_form_does_nothing_again(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=5)
    buyer = someone(way).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.page.reload()
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert orders_of(buyer) == 1


@BOTH
def test_cancelling_what_is_cancelled(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone(way).signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}/cancel")
    buyer.api("DELETE", f"/api/orders/{order['id']}", expects=204)
    buyer.press("Cancel order")
    buyer.sees(re.compile("cancelled", re.I))
    assert orders_of(buyer, status="cancelled") == 1


# ---- Late answers.


@BOTH
def test_a_form_whose_work_takes_long_goes_on_by_itself(way: str, someone, hasty) -> None:
    ticket = someone(at=hasty).signed_up("seller").has_ticket()
    buyer = someone(way, at=hasty).signed_up("buyer")
    buyer.open(f"/tickets/{ticket['id']}")
    with hasty.workers_stopped():
        buyer.press("Hold tickets")
        buyer.is_at(r"/commands/[0-9a-f-]{36}\?next=.*")
        buyer.sees_heading("Working on it")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    assert orders_of(buyer) == 1
