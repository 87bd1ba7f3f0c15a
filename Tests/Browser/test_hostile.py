"""Texts that nobody should type, in every field: each is shown as what it is, or refused beside its field with what was
typed kept; it runs nothing and breaks no layout."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from support.axe import overflow
from support.people import PASSWORD, Person, starts_at, unique

TEXTS = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)></title></textarea><b>bold",
    "attributes": "\" autofocus onfocus=alert(3) x='",
    "a quote with an overlay": "\"\u0338 onfocus=alert(4) autofocus ",
    "a quote with a joiner": "\"\u200d onfocus=alert(5) autofocus '\u200d",
    "a bracket with an accent": "<\u0301img src=x onerror=alert(6)>&lt;&amp;amp;",
    "templates": "{{title}} {{{user}}} {{#a}}b ${7*7} %s %00 ../../",
    "SQL": "'; DROP TABLE users.users; -- \\ % _",
    "right to left": "\u202egpj.exe",
    "right-to-left letters": "שלום (עולם) 12",
    "isolates": "\u2067abc",
    "four bytes": "🎟️𝕿𝖎𝖈𝖐𝖊𝖙 👩‍👩‍👧‍👦 🇩🇪",
    "many accents": "Z" + "\u0301\u0327\u0338" * 12,
    "control characters": "a\x01b\x07c\x1b[31md\x7f",
    "lines": "one\r\ntwo\u2028three",
    "nothing to see": "\u200b\u2060\u3164",
    "a wide word": "W" * 40,
    "a very long word": "W" * 5000,
}

FIELDS = ["title", "venue", "city", "section", "row", "note"]
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())

# Elements and attributes that none of our pages has: one would be a text that became markup.
ALIEN = """() => [...document.querySelectorAll("b, img, [onfocus], [onerror], [autofocus], script:not([src])")]
    .filter(element => element.type !== "application/ld+json").map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def cast(system, browser) -> Iterator[dict[str, Person]]:
    """Who types all of it."""
    cast = {name: Person(system, browser).signed_up(name) for name in ("seller", "buyer", "admin", "victim")}
    cast["nobody"] = Person(system, browser)
    admin = cast["admin"]
    system.gittix("users", "promote", admin.email)
    admin.api("POST", "/api/users/signin", {"email": admin.email, "password": PASSWORD}, 200)
    yield cast
    for person in cast.values():
        person.leave()


@pytest.fixture(autouse=True)
def nothing_is_complained_of(cast) -> Iterator[None]:
    yield
    for person in cast.values():
        person.complaints.check()


def send(person: Person, button: str, **values: str) -> None:
    """Sends the form that has the button, past what the browser itself checks."""
    form = person.page.locator("form", has=person.button(button)).first
    form.evaluate(
        """form => {
            form.noValidate = true;
            for (const field of form.elements) field.removeAttribute('maxlength');
            for (const details of form.querySelectorAll('details')) details.open = true;
        }"""
    )
    for name, value in values.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("field => field.localName") == "select":
            field.select_option(value)
        else:
            field.fill(value)
    person.press(button)


def holds_together(page: Page) -> None:
    assert page.evaluate(ALIEN) == [], page.url
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 900})
    assert overflow(page) == [], page.url
    page.set_viewport_size(size)


def as_read(text: str) -> str:
    """As a reader of a page has it: white space runs together."""
    return re.sub(r"\s+", " ", text).strip()


def bare(text: str) -> str:
    """Without its white space: fields of one line, and forms, have their own ways with it."""
    return "".join(text.split())


def refused(page: Page) -> list[str]:
    return [error.get_attribute("id").removesuffix("-error") for error in page.locator(".error[id$=-error]").all()]


@every_text
def test_in_a_listing(text: str, cast) -> None:
    seller, buyer = cast["seller"], cast["buyer"]
    seller.open("/sell")
    plain = {
        "startsAt": starts_at(),
        "timeZone": "Europe/Berlin",
        "price": "12.00",
        "quantity": "2",
    }
    send(seller, "List tickets", **{name: text for name in FIELDS}, **plain)
    fields = refused(seller.page)
    if fields:
        # What is wrong stands beside each field, and what was typed in it.
        seller.is_at("/sell")
        holds_together(seller.page)
        for name in FIELDS:
            assert bare(seller.page.locator(f"[name={name}]").input_value()) == bare(text), name
        words = {name: unique("Plain")[: 20 if name == "row" else 40] for name in fields}
        send(seller, "List tickets", **words)
    else:
        words = {}
    seller.is_at("/tickets/[0-9a-f-]{36}")
    path = seller.path()
    for name in FIELDS:
        expect(seller.page.locator("main")).to_contain_text(as_read(words.get(name, text)))
    holds_together(seller.page)
    title = words.get("title", text)
    assert seller.page.title().startswith(as_read(title)[:50]) or as_read(title)[:20] in seller.page.title()

    seller.open(path + "/edit")
    holds_together(seller.page)
    assert seller.page.locator("[name=title]").input_value() == title.strip()
    for where in ("/listings", path + "/withdraw"):
        seller.open(where)
        expect(seller.page.locator("main")).to_contain_text(as_read(title))
        holds_together(seller.page)

    order = buyer.has_order({"id": path.rsplit("/", 1)[1]})
    for where in (path, f"/orders/{order['id']}", "/orders", f"/orders/{order['id']}/cancel"):
        buyer.open(where)
        expect(buyer.page.locator("main")).to_contain_text(as_read(title))
        holds_together(buyer.page)


@every_text
def test_in_a_search(text: str, cast) -> None:
    # All of it has to fit into an address.
    text = text[:700]
    fan = cast["nobody"]
    fan.open("/")
    form = fan.page.locator("form", has=fan.button("Search")).first
    names = form.evaluate("form => [...form.elements].filter(e => e.type === 'search' || e.type === 'text').map(e => e.name)")
    send(fan, "Search", **{name: text for name in names})
    holds_together(fan.page)
    for name in names:
        assert bare(fan.page.locator(f"[name={name}]").input_value()) == bare(text), name
    # And in the parts of the address that a form would not let one type in.
    for names in (["from", "to", "min", "max", "currency", "quantity", "sort", "next"], ["cursor"]):
        fan.page.goto("/?" + urlencode({name: text for name in names}))
        expect(fan.page.locator("h1")).to_be_visible()
        holds_together(fan.page)


@every_text
def test_in_signing_up_and_in(text: str, cast) -> None:
    fan = cast["nobody"]
    for path, button in (("/signup", "Sign up"), ("/signin", "Sign in")):
        fan.open(path + "?" + urlencode({"next": text}))
        holds_together(fan.page)
        send(fan, button, email=text, password=text)
        fan.is_at(path + ".*")
        holds_together(fan.page)
        assert bare(fan.page.locator("[name=email]").input_value()) == bare(text)
        assert fan.page.locator("[name=password]").input_value() == ""
        expect(fan.page.get_by_role("alert")).to_be_visible()


@every_text
def test_in_the_account(text: str, someone) -> None:
    # What a browser calls itself is a text of its user's as well: as much of it as a header can hold.
    name = re.sub(r"[^ -~]", "?", text)[:1000]
    fan = someone(user_agent=name).signed_up("fan")
    fan.open("/account")
    holds_together(fan.page)
    form = fan.page.locator("form[action='/account/email']")
    button = form.get_by_role("button").inner_text()
    send(fan, button, email=text, password=PASSWORD)
    holds_together(fan.page)
    assert refused(fan.page) == ["email"]


@every_text
def test_in_the_reason_of_a_ban(text: str, cast) -> None:
    admin, victim = cast["admin"], cast["victim"]
    admin.open(f"/admin/users?{urlencode({'q': text})}")
    holds_together(admin.page)
    admin.open(f"/admin/orders?{urlencode({'q': text})}")
    holds_together(admin.page)
    admin.open(f"/admin/users/{victim.id}")
    send(admin, "Ban", reason=text)
    holds_together(admin.page)
    if refused(admin.page):
        assert refused(admin.page) == ["reason"]
    else:
        expect(admin.page.locator("main")).to_contain_text(as_read(text))
        admin.press("Unban")
        expect(admin.button("Ban")).to_be_visible()
