"""Reports of listings, and actions of admins on listings and sellers: with scripts, without scripts, and by keyboard
alone."""

import re

import pytest
from playwright.sync_api import expect

from support.sample_data import wait_for_status
from support.sandbox import pay_without_browser
from support.steps import REASON
from support.users import MODES
from support.wait import eventually

every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
def test_a_listing_is_reported_and_taken_down(mode: str, new_user, system) -> None:
    admin = new_user(mode).signed_up("admin")
    system.gittix("users", "promote", admin.email)
    seller = new_user(mode).signed_up("seller")
    buyer = new_user(mode).signed_up("buyer")
    listing = seller.create_listing()
    path = f"/tickets/{listing['id']}"

    buyer.open(path)
    buyer.follow("Report this listing")
    buyer.press("Send report")
    buyer.sees("Choose what is wrong.")
    buyer.fill("What's wrong?", "The details are wrong")
    buyer.fill("Tell us more", "This is in another hall.")
    buyer.press("Send report")
    buyer.sees_heading("Thanks for your report")
    order = buyer.create_order(listing)

    admin.open("/admin/reports")
    admin.follow(listing["title"])
    admin.sees("This is in another hall.")
    admin.fill("Reason", "Wrong details")
    admin.fill("Note for the seller", "Which hall is it?")
    admin.press("Take down")
    expect(admin.button("Put back")).to_be_visible()

    seller.open(path)
    seller.sees(re.compile("We removed this listing"))
    seller.sees("Which hall is it?")
    seller.open("/listings")
    expect(seller.button(re.compile("Put back on sale"))).to_have_count(0)
    wait_for_status(buyer, order, "cancelled")
    buyer.open(f"/orders/{order['id']}")
    buyer.sees(re.compile("We removed this listing"))

    admin.press("Put back")
    expect(admin.button("Take down")).to_be_visible()
    buyer.open(path)
    expect(buyer.button("Get tickets")).to_be_visible()


@every_mode
def test_a_ban_freezes_paid_orders(mode: str, new_user, system) -> None:
    admin = new_user(mode).signed_up("admin")
    system.gittix("users", "promote", admin.email)
    seller = new_user(mode).signed_up("seller")
    buyer = new_user(mode).signed_up("buyer")
    order = buyer.create_order(seller.create_listing())
    pay_without_browser(buyer, order)
    wait_for_status(buyer, order, "complete")
    buyer.open(f"/orders/{order['id']}")

    admin.open(f"/admin/users/{seller.id}")
    expect(admin.field("Freeze 1 paid order")).to_be_checked()
    admin.fill(REASON, "Sold what was not there.")
    admin.press("Ban")
    expect(admin.button("Unban")).to_be_visible()
    path = f"/api/orders/{order['id']}"
    eventually("the order is frozen", lambda: "frozenAt" in buyer.api("GET", path).json())
    if not buyer.has_script:
        buyer.page.reload()
    buyer.sees(re.compile("Don't rely on this ticket until we tell you"))

    admin.open("/admin/frozen")
    admin.open(f"/admin/orders/{order['id']}")
    admin.sees(seller.email)
    admin.press("Unfreeze")
    expect(admin.button("Unfreeze")).to_have_count(0)
    if not buyer.has_script:
        buyer.page.reload()
    buyer.sees(re.compile("the ticket is yours"))
