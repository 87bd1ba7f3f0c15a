"""Whole journeys of buyers, sellers and admins: with scripts, without scripts, and with the keyboard alone."""

import re
from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from support.sample_data import wait_for_status
from support.sandbox import DECLINED_CARD, is_on_stripe_page, pay_by_card, pay_without_browser
from support.steps import CITY, EMAIL, NEW_PASSWORD, PASSWORD_LABEL, PAY, PRICE, QUANTITY, REASON, SEARCH, TITLE
from support.steps import sell, sign_in, sign_up
from support.users import PASSWORD, MODES, StayedOnPage, email, unique

every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
def test_a_buyer_signs_up_and_pays(mode: str, new_user) -> None:
    title = unique("Radio Nord")
    seller = new_user(mode)
    seller.open("/")
    sign_up(seller, "seller")
    sell(seller, title)
    seller.follow("Listings")
    seller.is_at("/listings")
    seller.sees(title)

    buyer = new_user(mode)
    buyer.open("/")
    sign_up(buyer, "buyer")
    buyer.follow("Browse")
    buyer.fill(SEARCH, title)
    buyer.press("Search")
    buyer.is_at(r"/\?.*")
    buyer.follow(title)
    buyer.sees_heading(title)
    buyer.fill(QUANTITY, "2")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees_status("awaiting_payment")
    buyer.sees(re.compile(r"90[.,]00"))

    # A second tab shows the order, and the user does nothing in it.
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


@every_mode
def test_the_page_shows_that_the_hold_expired(mode: str, new_user, short_holds) -> None:
    seller = new_user(mode, at=short_holds).signed_up("seller")
    buyer = new_user(mode, at=short_holds).signed_up("buyer")
    listing = seller.create_listing(quantity=1)
    buyer.open(f"/tickets/{listing['id']}")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees_status("awaiting_payment")
    with StayedOnPage(buyer.page) if buyer.has_script else nullcontext():
        buyer.sees_status("cancelled")
    buyer.sees(re.compile("time to pay ran out", re.I))
    assert buyer.button(PAY).count() == 0
    buyer.follow(listing["title"])
    expect(buyer.button("Get tickets")).to_be_visible()


@every_mode
def test_a_buyer_cancels_an_order(mode: str, new_user, system) -> None:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user(mode).signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    cancel = buyer.page.get_by_role("link", name="Cancel order").or_(buyer.button("Cancel order"))
    buyer.navigate_by(cancel.first)
    buyer.is_at(f"/orders/{order['id']}/cancel")
    buyer.press("Cancel order")
    buyer.is_at(f"/orders/{order['id']}")
    buyer.sees_status("cancelled")
    assert system.rows(f"SELECT status FROM orders.orders WHERE id = '{order['id']}'") == [["cancelled"]]


@every_mode
def test_a_buyer_can_retry_after_a_declined_card(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user(mode).signed_up("buyer")
    order = buyer.create_order(listing)
    buyer.open(f"/orders/{order['id']}")
    buyer.press(PAY)
    pay_by_card(buyer, DECLINED_CARD)
    is_on_stripe_page(buyer)
    buyer.sees(re.compile("declined", re.I))
    pay_by_card(buyer)
    buyer.is_at(r"/orders/[0-9a-f-]{36}(\?.*)?")
    buyer.sees_status("complete")


@every_mode
def test_a_seller_edits_and_withdraws_a_listing(mode: str, new_user) -> None:
    seller = new_user(mode).signed_up("seller")
    title = unique("The Last Waltz")
    listing = seller.create_listing()
    seller.open(f"/tickets/{listing['id']}")
    seller.navigate_by(seller.page.get_by_role("link", name=re.compile("^edit|^change", re.I)).first)
    seller.is_at(f"/tickets/{listing['id']}/edit")
    seller.fill(TITLE, title)
    seller.fill(PRICE, "39.50")
    seller.press("Save changes")
    seller.is_at(f"/tickets/{listing['id']}")
    seller.sees_heading(title)
    seller.sees(re.compile(r"39[.,]50"))
    seller.navigate_by(seller.page.get_by_role("link", name=re.compile("^remove", re.I)).first)
    seller.is_at(f"/tickets/{listing['id']}/withdraw")
    seller.press("Remove listing")
    user = new_user(mode)
    user.open(f"/tickets/{listing['id']}")
    user.sees(re.compile("removed, .*no longer on sale", re.I))
    assert user.button("Get tickets").count() == 0


@every_mode
def test_a_banned_user_cannot_sign_in(mode: str, new_user, system) -> None:
    admin = new_user(mode).signed_up("admin")
    system.gittix("users", "promote", admin.email)
    admin.open("/signin")
    victim = new_user(mode).signed_up("victim")
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
    victim.sees(re.compile("suspended", re.I))
    victim.press("Sign out")
    expect(victim.link("Sign in").first).to_be_visible()
    victim.page.goto("/signin")
    sign_in(victim, fails="suspended")

    admin.press("Unban")
    expect(admin.button("Ban")).to_be_visible()
    victim.page.goto("/signin")
    sign_in(victim)


@every_mode
def test_a_user_changes_email_and_password(mode: str, new_user) -> None:
    user = new_user(mode).signed_up("user")
    elsewhere = new_user(mode)
    elsewhere.email = user.email
    elsewhere.open("/signin")
    sign_in(elsewhere)

    user.open("/account")
    new = email("renamed")
    user.fill(EMAIL, new)
    user.input.fill(user.page.locator("form[action='/account/email']").get_by_label(PASSWORD_LABEL), PASSWORD)
    user.press(re.compile("^(change|save) e-?mail", re.I))
    user.sees(new)

    form = user.page.locator("form[action='/account/password']")
    user.input.fill(form.get_by_label(PASSWORD_LABEL), PASSWORD)
    user.input.fill(form.get_by_label(NEW_PASSWORD), "another long password")
    user.press(re.compile("^(change|save) password", re.I))
    user.sees("Your password has been changed")

    # A new password ends every other session.
    elsewhere.page.goto("/account")
    elsewhere.is_at("/signin.*")


@every_mode
def test_signing_in_returns_to_the_previous_page(mode: str, new_user) -> None:
    listing = new_user().signed_up("seller").create_listing()
    user = new_user(mode).signed_up("user")
    user.open(f"/tickets/{listing['id']}")
    user.press("Sign out")
    expect(user.link("Sign in").first).to_be_visible()
    user.page.goto(f"/tickets/{listing['id']}")
    user.follow("Sign in")
    sign_in(user)
    user.is_at(f"/tickets/{listing['id']}")


@every_mode
def test_search_finds_listings(mode: str, new_user) -> None:
    seller = new_user().signed_up("seller")
    word = unique("Zamzummim").split(" ")[1]
    cheap = seller.create_listing(f"Zamzummim {word} Quartet", price=1500, city="Tromsø", quantity=1)
    dear = seller.create_listing(f"Zamzummim {word} Orchestra", price=9900, city="Ålesund", quantity=6)
    user = new_user(mode)
    user.open("/tickets")
    user.fill(SEARCH, f"zamzummim {word}")
    user.press("Search")
    expect(user.link(cheap["title"])).to_be_visible()
    expect(user.link(dear["title"])).to_be_visible()
    user.fill(CITY, "tromso")
    user.press("Search")
    expect(user.link(cheap["title"])).to_be_visible()
    expect(user.link(dear["title"])).to_have_count(0)
    # The address contains the search, so it can be sent to another user.
    assert "city=tromso" in user.page.url
    friend = new_user(mode)
    friend.open(user.path())
    expect(friend.field(CITY)).to_have_value("tromso")
    expect(friend.link(cheap["title"])).to_be_visible()


def test_the_page_updates_the_number_of_tickets_left(new_user) -> None:
    seller, buyer, user = new_user().signed_up("seller"), new_user().signed_up("buyer"), new_user()
    listing = seller.create_listing(quantity=3)
    user.open(f"/tickets/{listing['id']}")
    user.sees(re.compile(r"\b3\b.*(left|available)", re.I))
    with StayedOnPage(user.page):
        order = buyer.create_order(listing, 2)
        user.sees(re.compile(r"\b1\b.*left|last", re.I))
        pay_without_browser(buyer, order)
        wait_for_status(buyer, order, "complete")
        buyer.create_order(listing, 1)
        user.sees(re.compile("no tickets left", re.I))


def test_typed_input_stays_while_the_page_updates(new_user) -> None:
    listing = new_user().signed_up("seller").create_listing(quantity=5)
    user = new_user().signed_up("user")
    user.open(f"/tickets/{listing['id']}")
    quantity = user.field(QUANTITY)
    quantity.fill("2")
    user.sees(re.compile(r"\b5\b.*(left|available)", re.I))
    with StayedOnPage(user.page):
        new_user().signed_up("buyer").create_order(listing, 1)
        user.sees(re.compile(r"\b4\b.*(left|available)", re.I))
    expect(quantity).to_have_value("2")
    expect(quantity).to_be_focused()
    user.press("Get tickets")
    user.is_at("/orders/[0-9a-f-]{36}")
