"""What fans do, from the first page to the last: with script, without any, and with the keyboard alone."""

import re
from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from support.people import PASSWORD, WAYS, StayedOnPage, email, unique
from support.sandbox import DECLINED_CARD, is_on_stripes_page, pay_by_card, pay_unseen
from support.steps import CITY, EMAIL, NEW_PASSWORD, PASSWORD_LABEL, PAY, PRICE, QUANTITY, REASON, SEARCH, TITLE
from support.steps import sell, sign_in, sign_up
from support.world import becomes

every_way = pytest.mark.parametrize("way", WAYS)


@every_way
def test_from_sign_up_to_complete(way: str, someone) -> None:
    title = unique("Radio Nord")
    seller = someone(way)
    seller.open("/")
    sign_up(seller, "seller")
    sell(seller, title)
    seller.follow("Listings")
    seller.is_at("/listings")
    seller.sees(title)

    buyer = someone(way)
    buyer.open("/")
    sign_up(buyer, "buyer")
    buyer.follow("Browse")
    buyer.fill(SEARCH, title)
    buyer.press("Search")
    buyer.is_at(r"/\?.*")
    buyer.follow(title)
    buyer.sees_heading(title)
    buyer.fill(QUANTITY, "2")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees_status("awaiting_payment")
    buyer.sees(re.compile(r"90[.,]00"))

    # In another tab the order is watched; it is the one that nobody touches.
    tab = buyer.context.new_page()
    tab.goto(buyer.path())
    expect(tab.locator('[data-status="awaiting_payment"]')).to_be_visible()
    stayed = StayedOnPage(tab)
    with stayed:
        buyer.press(PAY)
        pay_by_card(buyer)
        buyer.is_at(r"/orders/[0-9a-f-]{36}(\?.*)?")
        if buyer.has_script:
            expect(tab.locator('[data-status="complete"]')).to_be_visible()
    buyer.sees_status("complete")
    buyer.follow("Orders")
    buyer.sees(title)
    assert len(buyer.api("GET", "/api/orders").json()) == 1

    seller.page.reload()
    seller.sees(re.compile("2 sold|sold 2|sold out", re.I))


@every_way
def test_a_hold_expires_before_ones_eyes(way: str, someone, hasty) -> None:
    seller, buyer = someone(way, at=hasty).signed_up("seller"), someone(way, at=hasty).signed_up("buyer")
    ticket = seller.has_ticket(quantity=1)
    buyer.open(f"/tickets/{ticket['id']}")
    buyer.press("Hold tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees_status("awaiting_payment")
    with StayedOnPage(buyer.page) if buyer.has_script else nullcontext():
        buyer.sees_status("cancelled")
    buyer.sees(re.compile("ran out|expired|time is up|over", re.I))
    assert buyer.button(PAY).count() == 0
    buyer.follow(ticket["title"])
    expect(buyer.button("Hold tickets")).to_be_visible()


@every_way
def test_cancelling(way: str, someone, system) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone(way).signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    buyer.go_by(buyer.page.get_by_role("link", name="Cancel order").or_(buyer.button("Cancel order")).first)
    buyer.is_at(f"/orders/{order['id']}/cancel")
    buyer.press("Cancel order")
    buyer.is_at(f"/orders/{order['id']}")
    buyer.sees_status("cancelled")
    assert system.rows(f"SELECT status FROM orders.orders WHERE id = '{order['id']}'") == [["cancelled"]]


@every_way
def test_a_declined_card_may_be_tried_again(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone(way).signed_up("buyer")
    order = buyer.has_order(ticket)
    buyer.open(f"/orders/{order['id']}")
    buyer.press(PAY)
    pay_by_card(buyer, DECLINED_CARD)
    is_on_stripes_page(buyer)
    buyer.sees(re.compile("declined", re.I))
    pay_by_card(buyer)
    buyer.is_at(r"/orders/[0-9a-f-]{36}(\?.*)?")
    buyer.sees_status("complete")


@every_way
def test_selling_edited_and_withdrawn(way: str, someone) -> None:
    seller = someone(way).signed_up("seller")
    title = unique("The Last Waltz")
    ticket = seller.has_ticket()
    seller.open(f"/tickets/{ticket['id']}")
    seller.go_by(seller.page.get_by_role("link", name=re.compile("^edit|^change", re.I)).first)
    seller.is_at(f"/tickets/{ticket['id']}/edit")
    seller.fill(TITLE, title)
    seller.fill(PRICE, "39.50")
    seller.press("Save changes")
    seller.is_at(f"/tickets/{ticket['id']}")
    seller.sees_heading(title)
    seller.sees(re.compile(r"39[.,]50"))
    seller.go_by(seller.page.get_by_role("link", name=re.compile("^withdraw", re.I)).first)
    seller.is_at(f"/tickets/{ticket['id']}/withdraw")
    seller.press("Withdraw")
    fan = someone(way)
    fan.open(f"/tickets/{ticket['id']}")
    fan.sees(re.compile("withdrawn|no longer", re.I))
    assert fan.button("Hold tickets").count() == 0


@every_way
def test_a_banned_user_is_out(way: str, someone, system) -> None:
    admin = someone(way).signed_up("admin")
    system.gittix("users", "promote", admin.email)
    admin.open("/signin")
    victim = someone(way).signed_up("victim")
    victim.open("/account")

    admin.open("/admin/users")
    admin.fill(SEARCH, victim.email)
    admin.press("Search")
    admin.follow(victim.email)
    admin.is_at("/admin/users/[0-9a-f-]{36}")
    admin.fill(REASON, "Sold what was not there.")
    admin.press("Ban")
    admin.sees(re.compile("banned", re.I))
    expect(admin.button("Unban")).to_be_visible()

    victim.page.goto("/orders")
    victim.sees(re.compile("banned", re.I))
    victim.press("Sign out")
    expect(victim.link("Sign in").first).to_be_visible()
    victim.page.goto("/signin")
    sign_in(victim, fails="banned")

    admin.press("Unban")
    expect(admin.button("Ban")).to_be_visible()
    victim.page.goto("/signin")
    sign_in(victim)


@every_way
def test_the_account(way: str, someone) -> None:
    fan = someone(way).signed_up("fan")
    elsewhere = someone(way)
    elsewhere.email = fan.email
    elsewhere.open("/signin")
    sign_in(elsewhere)

    fan.open("/account")
    new = email("renamed")
    fan.fill(EMAIL, new)
    fan.hands.fill(fan.page.locator("form[action='/account/email']").get_by_label(PASSWORD_LABEL), PASSWORD)
    fan.press(re.compile("^(change|save) e-?mail", re.I))
    fan.sees(new)

    form = fan.page.locator("form[action='/account/password']")
    fan.hands.fill(form.get_by_label(PASSWORD_LABEL), PASSWORD)
    fan.hands.fill(form.get_by_label(NEW_PASSWORD), "another long password")
    fan.press(re.compile("^(change|save) password", re.I))
    fan.sees("Your password is changed")

    # A new password ends every other session.
    elsewhere.page.goto("/account")
    elsewhere.is_at("/signin.*")


@every_way
def test_signing_in_leads_back_to_where_one_was(way: str, someone) -> None:
    ticket = someone().signed_up("seller").has_ticket()
    fan = someone(way).signed_up("fan")
    fan.open(f"/tickets/{ticket['id']}")
    fan.press("Sign out")
    expect(fan.link("Sign in").first).to_be_visible()
    fan.page.goto(f"/tickets/{ticket['id']}")
    fan.follow("Sign in")
    sign_in(fan)
    fan.is_at(f"/tickets/{ticket['id']}")


@every_way
def test_searching(way: str, someone) -> None:
    seller = someone().signed_up("seller")
    word = unique("Zamzummim").split(" ")[1]
    cheap = seller.has_ticket(f"Zamzummim {word} Quartet", price=1500, city="Tromsø", quantity=1)
    dear = seller.has_ticket(f"Zamzummim {word} Orchestra", price=9900, city="Ålesund", quantity=6)
    fan = someone(way)
    fan.open("/")
    fan.fill(SEARCH, f"zamzummim {word}")
    fan.press("Search")
    expect(fan.link(cheap["title"])).to_be_visible()
    expect(fan.link(dear["title"])).to_be_visible()
    fan.fill(CITY, "tromso")
    fan.press("Search")
    expect(fan.link(cheap["title"])).to_be_visible()
    expect(fan.link(dear["title"])).to_have_count(0)
    # What was asked for is in the address and in the form, and can be sent to a friend.
    assert "city=tromso" in fan.page.url
    friend = someone(way)
    friend.open(fan.path())
    expect(friend.field(CITY)).to_have_value("tromso")
    expect(friend.link(cheap["title"])).to_be_visible()


def test_what_is_left_changes_before_ones_eyes(someone) -> None:
    seller, buyer, fan = someone().signed_up("seller"), someone().signed_up("buyer"), someone()
    ticket = seller.has_ticket(quantity=3)
    fan.open(f"/tickets/{ticket['id']}")
    fan.sees(re.compile(r"\b3\b.*(left|available)", re.I))
    with StayedOnPage(fan.page):
        order = buyer.has_order(ticket, 2)
        fan.sees(re.compile(r"\b1\b.*left|last", re.I))
        pay_unseen(buyer, order)
        becomes(buyer, order, "complete")
        buyer.has_order(ticket, 1)
        fan.sees(re.compile("sold out|none left|nothing left|held", re.I))


def test_what_one_types_stays_while_the_page_changes(someone) -> None:
    ticket = someone().signed_up("seller").has_ticket(quantity=5)
    fan = someone().signed_up("fan")
    fan.open(f"/tickets/{ticket['id']}")
    quantity = fan.field(QUANTITY)
    quantity.fill("2")
    fan.sees(re.compile(r"\b5\b.*(left|available)", re.I))
    with StayedOnPage(fan.page):
        someone().signed_up("buyer").has_order(ticket, 1)
        fan.sees(re.compile(r"\b4\b.*(left|available)", re.I))
    expect(quantity).to_have_value("2")
    expect(quantity).to_be_focused()
    fan.press("Hold tickets")
    fan.is_at("/orders/[0-9a-f-]{36}")
