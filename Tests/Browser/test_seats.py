"""Listings with seats: sellers type them, buyers see and choose them, and nobody else can list or get them."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from support.sandbox import pay_by_card
from support.steps import PAY, PRICE, ROW, SECTION
from support.system import System
from support.users import PASSWORD, User, unique
from support.wait import eventually

both_modes = pytest.mark.parametrize("mode", ["script", "no script"])

SEATS = re.compile("^Seat numbers", re.I)
WHICH = re.compile("^Which seats", re.I)


def create_performance(system: System, admin: User) -> dict:
    system.gittix("users", "promote", admin.email)
    admin.api("POST", "/api/users/signin", {"email": admin.email, "password": PASSWORD}, 200)
    body = {
        "title": unique("Seated Evening"), "category": "concert", "venue": unique("Opera"), "city": "Berlin",
        "country": "DE", "timeZone": "Europe/Berlin",
        "startsAt": (datetime.now() + timedelta(days=50)).strftime("%Y-%m-%dT19:30:00Z"),
    }  # fmt: skip
    return admin.api("POST", "/api/performances", body, 201).json()


def fill_in_seats(user: User, performance: dict, seats: str) -> None:
    user.open(f"/sell?performance={performance['id']}")
    user.fill(SECTION, "Stalls")
    user.fill(ROW, "7")
    user.fill(SEATS, seats)
    user.press("Next: the price")
    user.fill(PRICE, "45.00")
    user.press("Next: check everything")


def list_seats(user: User, performance: dict, seats: list[str], **facts) -> dict:
    body = {
        "performanceId": performance["id"], "price": 4500, "currency": "EUR", "section": "Stalls", "row": "7",
        "seats": seats,
    }  # fmt: skip
    return user.api("POST", "/api/tickets", body | facts, 201).json()


@both_modes
def test_a_buyer_holds_the_seats_that_they_chose_and_pays(mode: str, new_user, system) -> None:
    performance = create_performance(system, new_user().signed_up("admin"))
    seller = new_user(mode).signed_up("seller")
    fill_in_seats(seller, performance, "11-14")
    expect(seller.page.locator(".seats li")).to_have_count(4)
    seller.press("List tickets")
    seller.is_at("/tickets/[0-9a-f-]{36}")
    seller.sees("11–14")
    path = seller.path()

    buyer = new_user(mode).signed_up("buyer")
    buyer.open(f"/performances/{performance['id']}?quantity=2")
    buyer.sees("Stalls, row 7, seats 11–12 together")
    buyer.open(path)
    buyer.page.get_by_label(WHICH).select_option(label="11–12 (2 tickets)")
    buyer.press("Get tickets")
    buyer.is_at("/orders/[0-9a-f-]{36}")
    buyer.sees("11–12 together")
    buyer.press(PAY)
    pay_by_card(buyer)
    buyer.is_at(r"/orders/[0-9a-f-]{36}(\?.*)?")
    buyer.sees_status("complete")

    other = new_user(mode).signed_up("other")
    other.open(path)
    expect(other.page.locator(".seats .taken")).to_have_count(2)
    options = other.page.get_by_label(WHICH).locator("option").all_inner_texts()
    assert options[1:] == ["13 (1 ticket)", "14 (1 ticket)", "13–14 (2 tickets)"]


@pytest.mark.parametrize("attempt", range(3))
def test_two_sellers_race_for_a_seat(attempt: int, new_user, system) -> None:
    performance = create_performance(system, new_user().signed_up("admin"))
    racers = [new_user().signed_up("racer") for _ in range(2)]
    for racer, seats in zip(racers, ["11, 12", "12, 13"], strict=True):
        fill_in_seats(racer, performance, seats)
    start = racers[0].page.evaluate("() => Date.now() + 300")
    for racer in racers:
        racer.page.get_by_role("button", name="List tickets").evaluate(
            "(button, when) => { setTimeout(() => button.click(), when - Date.now()) }", start
        )
    for racer in racers:
        # The winner's listing, or the last step with the error.
        listed = racer.page.locator("h1", has_text=performance["title"])
        expect(listed.or_(racer.page.get_by_role("alert"))).to_be_visible()
    [loser] = [racer for racer in racers if racer.page.get_by_role("alert").count()]
    loser.sees("Seat 12 is already listed.")
    claimed = "SELECT count(*) FROM tickets.seats WHERE claimed AND performance_id = "
    assert system.count(f"{claimed}'{performance['id']}'") == 2


def test_a_seller_of_a_row_of_pairs_never_ends_with_a_single(new_user, short_holds) -> None:
    performance = create_performance(short_holds, new_user(at=short_holds).signed_up("admin"))
    seller = new_user(at=short_holds).signed_up("seller")
    listing = list_seats(seller, performance, ["1", "2", "3", "4"], splitRule="pairs")
    buyers = [new_user(at=short_holds).signed_up("buyer") for _ in range(3)]

    def order(buyer: User, status: int, **wanted) -> dict:
        body = {"ticketId": listing["id"], "price": 4500} | wanted
        return buyer.api("POST", "/api/orders", body, status).json()

    assert order(buyers[0], 409, seats=["2", "3"])["splits"] == [2, 4]
    assert order(buyers[0], 409, quantity=1)["splits"] == [2, 4]
    assert order(buyers[0], 201, quantity=2)["seats"] == ["1", "2"]
    assert order(buyers[1], 201, seats=["3", "4"])["seats"] == ["3", "4"]
    assert order(buyers[2], 409, quantity=2)["type"].endswith("sold-out")
    free = f"SELECT count(*) FROM orders.free_units WHERE ticket_id = '{listing['id']}'"
    seen: set[int] = set()

    def all_came_back() -> bool:
        seen.add(short_holds.count(free))
        return 4 in seen

    eventually("all seats came back", all_came_back)
    assert seen <= {0, 2, 4}
    assert order(buyers[2], 201, quantity=4)["seats"] == ["1", "2", "3", "4"]
