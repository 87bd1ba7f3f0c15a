"""What people do on many a page, by the names that they see there."""

import re

from playwright.sync_api import expect

from support.people import PASSWORD, Person, email, starts_at

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


def sign_up(person: Person, name: str) -> None:
    person.email = email(name)
    person.follow("Sign up")
    person.is_at("/signup.*")
    person.fill(EMAIL, person.email)
    person.fill(PASSWORD_LABEL, PASSWORD)
    person.press("Sign up")
    expect(person.button("Sign out")).to_be_visible()


def sign_in(person: Person, fails: str | None = None) -> None:
    """On the page for it; with the words that it fails with, if it should."""
    person.fill(EMAIL, person.email)
    person.fill(PASSWORD_LABEL, PASSWORD)
    person.press("Sign in")
    if fails:
        person.sees(re.compile(fails, re.I))
    else:
        expect(person.button("Sign out")).to_be_visible()


def sell(person: Person, title: str) -> None:
    person.follow("Sell tickets")
    person.is_at("/sell")
    fill_in_sale(person, title)
    person.press("List tickets")
    person.is_at("/tickets/[0-9a-f-]{36}")
    person.sees_heading(title)


def fill_in_sale(person: Person, title: str) -> None:
    person.fill(TITLE, title)
    person.fill(VENUE, "Tempodrom")
    person.fill(CITY, "Berlin")
    person.fill(STARTS, starts_at())
    person.fill(TIME_ZONE, "Europe/Berlin")
    person.fill(SECTION, "Block C")
    person.fill(ROW, "4")
    person.fill(NOTE, "Collect them at the box office.")
    person.fill(PRICE, "45.00")
    person.fill(QUANTITY, "2")
