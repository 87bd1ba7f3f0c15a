"""Hostile texts in every field: each is shown as text, or is refused with an error beside its field, which keeps the
input. None runs as a script or breaks the layout."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from support.axe import overflow
from support.users import PASSWORD, User, starts_at, unique

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
    # The most that a text may have in a row.
    "many accents": "Z" + "\u0301\u0327\u0338" * 10,
    "control characters": "a\x01b\x07c\x1b[31md\x7f",
    "lines": "one\r\ntwo\u2028three",
    "nothing to see": "\u200b\u2060\u3164",
    "a wide word": "W" * 40,
    "a very long word": "W" * 5000,
}

FIELDS = ["title", "venue", "city", "section", "row", "note"]
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())

# Elements and attributes that no page has: finding one means that a text was interpreted as markup.
UNEXPECTED_ELEMENTS = """() => [
        ...document.querySelectorAll("b, img, [onfocus], [onerror], [autofocus], script:not([src])")
    ].filter(element => element.type !== "application/ld+json").map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def accounts(system, browser) -> Iterator[dict[str, User]]:
    """The users of all tests in this module."""
    accounts = {name: User(system, browser).signed_up(name) for name in ("seller", "buyer", "admin", "victim")}
    accounts["visitor"] = User(system, browser)
    admin = accounts["admin"]
    system.gittix("users", "promote", admin.email)
    admin.api("POST", "/api/users/signin", {"email": admin.email, "password": PASSWORD}, 200)
    yield accounts
    for user in accounts.values():
        user.leave()


@pytest.fixture(autouse=True)
def no_browser_errors(accounts) -> Iterator[None]:
    yield
    for user in accounts.values():
        user.browser_errors.check()


def send(user: User, button: str, **values: str) -> None:
    """Submits the form with this button, without the browser's validation."""
    form = user.page.locator("form", has=user.button(button)).first
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
    user.press(button)


def assert_page_is_intact(page: Page) -> None:
    assert page.evaluate(UNEXPECTED_ELEMENTS) == [], page.url
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 900})
    assert overflow(page) == [], page.url
    page.set_viewport_size(size)


def collapse_spaces(text: str) -> str:
    """Collapses white space, as a browser does when it displays a text."""
    return re.sub(r"\s+", " ", text).strip()


def remove_spaces(text: str) -> str:
    """Removes white space, which single-line fields and forms change."""
    return "".join(text.split())


def refused_fields(page: Page) -> list[str]:
    return [error.get_attribute("id").removesuffix("-error") for error in page.locator(".error[id$=-error]").all()]


@every_text
def test_hostile_text_in_a_listing(text: str, accounts) -> None:
    seller, buyer = accounts["seller"], accounts["buyer"]
    seller.open("/sell?event=other")
    plain = {
        "startsAt": starts_at(),
        "timeZone": "Europe/Berlin",
        "price": "12.00",
        "quantity": "2",
    }
    send(seller, "List tickets", **{name: text for name in FIELDS}, **plain)
    fields = refused_fields(seller.page)
    if fields:
        # Each error is beside its field, and the field keeps the input.
        seller.is_at("/sell")
        assert_page_is_intact(seller.page)
        for name in FIELDS:
            assert remove_spaces(seller.page.locator(f"[name={name}]").input_value()) == remove_spaces(text), name
        words = {name: unique("Plain")[: 20 if name == "row" else 40] for name in fields}
        send(seller, "List tickets", **words)
    else:
        words = {}
    seller.is_at("/tickets/[0-9a-f-]{36}")
    path = seller.path()
    for name in FIELDS:
        expect(seller.page.locator("main")).to_contain_text(collapse_spaces(words.get(name, text)))
    assert_page_is_intact(seller.page)
    title = words.get("title", text)
    shown = collapse_spaces(title)
    assert seller.page.title().startswith(shown[:50]) or shown[:20] in seller.page.title()

    seller.open(path + "/edit")
    assert_page_is_intact(seller.page)
    assert seller.page.locator("[name=title]").input_value() == title.strip()
    for where in ("/listings", path + "/withdraw"):
        seller.open(where)
        expect(seller.page.locator("main")).to_contain_text(collapse_spaces(title))
        assert_page_is_intact(seller.page)

    order = buyer.create_order({"id": path.rsplit("/", 1)[1], "price": 1200})
    for where in (path, f"/orders/{order['id']}", "/orders", f"/orders/{order['id']}/cancel"):
        buyer.open(where)
        expect(buyer.page.locator("main")).to_contain_text(collapse_spaces(title))
        assert_page_is_intact(buyer.page)


@every_text
def test_hostile_text_in_a_search(text: str, accounts) -> None:
    # The text must fit into a URL.
    text = text[:700]
    user = accounts["visitor"]
    user.open("/")
    form = user.page.locator("form", has=user.button("Search")).first
    names = form.evaluate(
        "form => [...form.elements].filter(e => e.type === 'search' || e.type === 'text').map(e => e.name)"
    )
    send(user, "Search", **{name: text for name in names})
    assert_page_is_intact(user.page)
    for name in names:
        assert remove_spaces(user.page.locator(f"[name={name}]").input_value()) == remove_spaces(text), name
    # Query parameters that the form cannot send.
    for names in (["from", "to", "min", "max", "currency", "quantity", "sort", "next"], ["cursor"]):
        user.page.goto("/?" + urlencode({name: text for name in names}))
        expect(user.page.locator("h1")).to_be_visible()
        assert_page_is_intact(user.page)


@every_text
def test_hostile_text_in_sign_up_and_sign_in(text: str, accounts) -> None:
    user = accounts["visitor"]
    for path, button in (("/signup", "Sign up"), ("/signin", "Sign in")):
        user.open(path + "?" + urlencode({"next": text}))
        assert_page_is_intact(user.page)
        send(user, button, email=text, password=text)
        user.is_at(path + ".*")
        assert_page_is_intact(user.page)
        assert remove_spaces(user.page.locator("[name=email]").input_value()) == remove_spaces(text)
        assert user.page.locator("[name=password]").input_value() == ""
        expect(user.page.get_by_role("alert")).to_be_visible()


@every_text
def test_hostile_text_in_the_account(text: str, new_user) -> None:
    # The User-Agent header is also user input, with the characters that a header can contain.
    name = re.sub(r"[^ -~]", "?", text)[:1000]
    user = new_user(user_agent=name).signed_up("user")
    user.open("/account")
    assert_page_is_intact(user.page)
    form = user.page.locator("form[action='/account/email']")
    button = form.get_by_role("button").inner_text()
    send(user, button, email=text, password=PASSWORD)
    assert_page_is_intact(user.page)
    assert refused_fields(user.page) == ["email"]


@every_text
def test_hostile_text_in_a_ban_reason(text: str, accounts) -> None:
    admin, victim = accounts["admin"], accounts["victim"]
    admin.open(f"/admin/users?{urlencode({'q': text})}")
    assert_page_is_intact(admin.page)
    admin.open(f"/admin/orders?{urlencode({'q': text})}")
    assert_page_is_intact(admin.page)
    admin.open(f"/admin/users/{victim.id}")
    send(admin, "Ban", reason=text)
    assert_page_is_intact(admin.page)
    if refused_fields(admin.page):
        assert refused_fields(admin.page) == ["reason"]
    else:
        expect(admin.page.locator("main")).to_contain_text(collapse_spaces(text))
        admin.press("Unban")
        expect(admin.button("Ban")).to_be_visible()
