"""Steps that many tests share. They find elements by their visible names."""

import re

from playwright.sync_api import expect

from support.users import PASSWORD, User, email, starts_at

EMAIL = re.compile("^(new )?e-?mail", re.I)
PASSWORD_LABEL = re.compile("^(current |old |your )?password", re.I)
NEW_PASSWORD = re.compile("^new password", re.I)
TITLE = re.compile("^(title|event|what)", re.I)
VENUE = re.compile("^venue", re.I)
CITY = re.compile("^city", re.I)
STARTS = re.compile("^(starts|start|when|date)", re.I)
TIME_ZONE = re.compile("time ?zone", re.I)
SECTION = re.compile("^section", re.I)
ROW = re.compile("^row", re.I)
NOTE = re.compile("^note", re.I)
PRICE = re.compile("^price", re.I)
QUANTITY = re.compile("^(quantity|how many|number|tickets)", re.I)
SEARCH = re.compile("^(search|what|find|event)", re.I)
PAY = re.compile("^Pay")
REASON = re.compile("^reason|^why", re.I)


def sign_up(user: User, name: str) -> None:
    user.email = email(name)
    user.follow("Sign up")
    user.is_at("/signup.*")
    user.fill(EMAIL, user.email)
    user.fill(PASSWORD_LABEL, PASSWORD)
    user.press("Sign up")
    expect(user.button("Sign out")).to_be_visible()


def sign_in(user: User, fails: str | None = None) -> None:
    """Signs in on the sign-in page. `fails` is the expected error, if any."""
    user.fill(EMAIL, user.email)
    user.fill(PASSWORD_LABEL, PASSWORD)
    user.press("Sign in")
    if fails:
        user.sees(re.compile(fails, re.I))
    else:
        expect(user.button("Sign out")).to_be_visible()


def sell(user: User, title: str) -> None:
    user.follow("Sell tickets")
    user.is_at("/sell")
    describe_event(user)
    fill_in_sale(user, title)
    user.press("List tickets")
    user.is_at("/tickets/[0-9a-f-]{36}")
    user.sees_heading(title)


def describe_event(user: User) -> None:
    """Opens the form for an event that is not in the catalogue. If the catalogue is empty, it is open already."""
    if user.link("List without adding it").count():
        user.follow("List without adding it")


def fill_in_sale(user: User, title: str) -> None:
    user.fill(TITLE, title)
    user.fill(VENUE, "Tempodrom")
    user.fill(CITY, "Berlin")
    user.fill(STARTS, starts_at())
    user.fill(TIME_ZONE, "Europe/Berlin")
    user.fill(SECTION, "Block C")
    user.fill(ROW, "4")
    user.fill(NOTE, "Collect them at the box office.")
    user.fill(PRICE, "45.00")
    user.fill(QUANTITY, "2")
