"""Follows every kind of link and submits every kind of form as a visitor, a buyer, a seller, a newcomer and an admin.
Checks the status, headers, size and HTML of each page, and that no text of a user is interpreted as markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.etree.ElementTree import Element

import pytest
from playwright.sync_api import Request, Response

from support import markup
from support.sample_data import SampleData, create_sample_data
from support.users import User

MARKER = "<gtx-marker\"'>"
# Matches a user's text that was interpreted as markup.
UNESCAPED = re.compile(r"<gtx-marker|(?<!\\)gtx-marker(\\\\)*\"")

BYTES_LIMIT = 50_000
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Maximum number of pages of one kind (such as /tickets/:id?q) that are visited.
MAX_PAGES_OF_A_KIND = 4
PAGES_LIMIT = 250


@dataclass
class Form:
    page: str
    action: str
    method: str
    fields: dict[str, str]
    typed: list[str]

    @property
    def kind(self) -> tuple:
        return (self.method, kind(self.action), tuple(sorted(self.fields)))


@dataclass
class Crawl:
    user: User
    role: str
    faults: list[str] = field(default_factory=list)
    forms: dict[tuple, Form] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    queue: list[tuple[str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    asset_bytes: dict[str, int] = field(default_factory=dict)

    def fault(self, where: str, what: str) -> None:
        self.faults.append(f"{self.role} {where}: {what}")

    # ---- Pages.

    def walk(self, starts: list[str]) -> None:
        self.queue = [(start, "the start page") for start in starts]
        while self.queue:
            path, found_on = self.queue.pop(0)
            if path in self.seen:
                continue
            self.seen.add(path)
            if len(self.seen) > PAGES_LIMIT:
                raise AssertionError(f"more than {PAGES_LIMIT} pages: {self.kinds}")
            self.visit(path, found_on)

    def add_link(self, target: str, page: str) -> None:
        address = urlsplit(urljoin(self.user.system.origin + page, target))
        if f"{address.scheme}://{address.netloc}" != self.user.system.origin:
            self.fault(page, f"a link leads to another site: {target}")
            return
        path = address.path + (f"?{address.query}" if address.query else "")
        if path in self.seen:
            return
        self.kinds[kind(path)] = self.kinds.get(kind(path), 0) + 1
        if self.kinds[kind(path)] <= MAX_PAGES_OF_A_KIND:
            self.queue.append((path, page))

    def visit(self, path: str, found_on: str) -> None:
        page = self.user.page
        requests: list[Request] = []

        def record(request: Request) -> None:
            requests.append(request)

        page.on("request", record)
        try:
            response = page.goto(path)
        except Exception as error:
            self.fault(path, f"linked on {found_on}, is not a page: {error}")
            return
        finally:
            page.remove_listener("request", record)
        if response.status != 200:
            self.fault(path, f"linked on {found_on}, answers {response.status}")
            return
        headers = response.all_headers()
        if "text/html" not in headers.get("content-type", ""):
            return
        html = response.text()
        document = self.check(path, html, headers, self.role != "visitor")
        title = next(document.iter("title")).text or ""
        here = kind(page_path(page.url)).split("?")[0]
        if self.titles.setdefault(title, here) != here:
            self.fault(path, f"has the title of {self.titles[title]}: {title}")
        kinds = [request.resource_type for request in requests if request.resource_type not in ("eventsource", "fetch")]
        redirects = sum(1 for request in requests if request.redirected_to)
        limits = {"document": 1 + redirects, "stylesheet": 1, "script": 1}
        if any(kinds.count(name) > limit for name, limit in limits.items()):
            self.fault(path, f"loads {[(request.resource_type, request.url) for request in requests]}")
        self.check_size(path, response, document)
        for link in document.iter("a"):
            target = link.get("href") or ""
            if target.startswith("#"):
                if target[1:] not in {element.get("id") for element in document.iter()}:
                    self.fault(path, f"a link leads to {target}, which does not exist")
            elif link.get("download") is not None:
                self.download(target, page_path(page.url))
            elif target:
                self.add_link(target, page_path(page.url))
            else:
                self.fault(path, "a link has no target")
        for form in forms(document, page_path(page.url)):
            self.forms.setdefault(form.kind, form)

    def download(self, target: str, page: str) -> None:
        """Checks a link to a file, which the browser would save."""
        address = urljoin(self.user.system.origin + page, target)
        if address in self.seen:
            return
        self.seen.add(address)
        response = self.user.page.request.get(address)
        if response.status != 200 or "attachment" not in response.headers.get("content-disposition", ""):
            self.fault(page, f"a link leads to {target}, which is no file: {response.status}")

    def check_size(self, path: str, response: Response, document: Element) -> None:
        scripts, styles = markup.scripts_and_styles(document)
        if len(scripts) != 1 or len(styles) != 1:
            self.fault(path, f"scripts {scripts}, styles {styles}")
        total = response.request.sizes()["responseBodySize"]
        for asset in scripts + styles:
            if asset not in self.asset_bytes:
                self.asset_bytes[asset] = self.asset(asset)
            total += self.asset_bytes[asset]
        if total > BYTES_LIMIT:
            self.fault(path, f"has {total} bytes with its style sheet and script")

    def asset(self, path: str) -> int:
        response = self.user.context.request.get(path, headers={"Accept-Encoding": "gzip"})
        if "immutable" not in response.headers.get("cache-control", "") or not markup.fingerprinted(path):
            self.fault(path, f"is an asset that is not cached: {response.headers.get('cache-control')}")
        if response.headers.get("content-encoding") != "gzip":
            self.fault(path, "is not compressed")
        return int(response.headers["content-length"])

    def check(self, where: str, html: str, headers: dict[str, str], is_personal: bool) -> Element:
        """Checks the requirements of every page, including error pages."""
        if UNESCAPED.search(html):
            start = max(0, UNESCAPED.search(html).start() - 80)
            self.fault(where, f"a text was interpreted as markup: …{html[start:][:160]}…")
        document, errors = markup.parse(html)
        for error in errors + markup.structure_errors(document):
            self.fault(where, error)
        policy = headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy or "frame-ancestors 'none'" not in policy:
            self.fault(where, f"Content-Security-Policy: {policy}")
        expected = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "content-encoding": "gzip",
        }
        for name, value in expected.items():
            if headers.get(name) != value:
                self.fault(where, f"{name}: {headers.get(name)}")
        if "server-timing" not in headers:
            self.fault(where, "no Server-Timing")
        caching = headers.get("cache-control", "")
        if caching != "no-store" and (is_personal or "private" not in caching):
            self.fault(where, f"Cache-Control: {caching}")
        return document

    # ---- Forms.

    def send_forms(self) -> None:
        """Submits each form with its text fields empty, and with markup in them. GET forms, and forms without text
        fields, are submitted as they are, too."""
        for form in [form for form in self.forms.values() if form.method == "get"]:
            for typed in (None, "", MARKER):
                self.send(form, typed)
        unsafe = [form for form in self.forms.values() if form.method == "post"]
        # Listing or deleting a draft ends its other forms, and signing out ends all.
        last = ("/review", "/delete", "/signout")
        for form in sorted(unsafe, key=lambda form: ([form.action.endswith(end) for end in reversed(last)], form.action)):
            for typed in ("", MARKER) if form.typed else (None,):
                self.send(form, typed)

    def send(self, form: Form, typed: str | None) -> None:
        values = form.fields | ({} if typed is None else {name: typed for name in form.typed})
        where = f"{form.method} {form.action} of {form.page} with {typed!r}"
        options = {"params": values} if form.method == "get" else {"form": values}
        response = self.user.context.request.fetch(
            form.action,
            method=form.method.upper(),
            headers={
                "Origin": self.user.system.origin,
                "Referer": self.user.system.origin + form.page,
                "Sec-Fetch-Site": "same-origin",
                "Accept": "text/html",
                "Accept-Encoding": "gzip",
            },
            **options,
        )
        if response.url.startswith(self.user.system.sandbox):
            return
        if response.status >= 500 or response.status in (404, 405, 406, 415):
            self.fault(where, f"answers {response.status}: {response.text()[:300]}")
            return
        if "text/html" not in response.headers.get("content-type", ""):
            content_type = response.headers.get("content-type")
            self.fault(where, f"answers {response.status} {content_type}: {response.text()[:300]}")
            return
        self.check(where, response.text(), response.headers, self.role != "visitor" and form.action != "/signout")


def kind(path: str) -> str:
    """The kind of a page, such as `/tickets/:id?q&sort`. The title in an event's address is left out."""
    address = urlsplit(path)
    names = "&".join(sorted({name for name, _ in parse_qsl(address.query, keep_blank_values=True)}))
    name = re.sub("^/events/[^/]+$", "/events/:id", UUID.sub(":id", address.path))
    return name + (f"?{names}" if names else "")


def page_path(url: str) -> str:
    address = urlsplit(url)
    return address.path + (f"?{address.query}" if address.query else "")


def forms(document: Element, page: str) -> Iterator[Form]:
    for form in document.iter("form"):
        fields: dict[str, str] = {}
        typed: list[str] = []
        for control in form.iter():
            name = control.get("name")
            if not name or control.tag not in ("input", "select", "textarea"):
                continue
            if control.tag == "select":
                options = list(control.iter("option"))
                chosen = next((o for o in options if o.get("selected") is not None), options[0] if options else None)
                fields[name] = chosen.get("value") or "" if chosen is not None else ""
            elif control.tag == "textarea":
                fields[name] = control.text or ""
                typed.append(name)
            elif control.get("type") in ("checkbox", "radio"):
                if control.get("checked") is not None:
                    fields[name] = control.get("value") or "on"
            else:
                fields[name] = control.get("value") or ""
                if control.get("type") != "hidden":
                    typed.append(name)
        action = page_path(urljoin("http://here" + page, form.get("action") or page))
        yield Form(page, action, (form.get("method") or "get").lower(), fields, typed)


@pytest.fixture(scope="module")
def data(system, browser) -> Iterator[SampleData]:
    data = create_sample_data(system, browser, MARKER)
    yield data
    for user in data.users():
        user.leave()


def test_files_for_crawlers_and_clients(new_user, system) -> None:
    """robots.txt, the sitemap and its entries, the icon, and the OpenAPI document."""
    seller, visitor = new_user().signed_up("seller"), new_user().context.request
    listing, withdrawn = seller.create_listing(), seller.create_listing()
    seller.api("DELETE", f"/api/tickets/{withdrawn['id']}")
    robots = visitor.get("/robots.txt")
    assert robots.status == 200 and robots.headers["content-type"].startswith("text/plain")
    sitemaps = re.findall(r"(?im)^sitemap:\s*(\S+)", robots.text())
    assert len(sitemaps) == 3 and all(visitor.get(sitemap).status == 200 for sitemap in sitemaps)
    response = visitor.get(sitemaps[0])
    assert response.status == 200 and "xml" in response.headers["content-type"]
    places = re.findall("<loc>([^<]+)</loc>", response.text())
    assert any(listing["id"] in place for place in places)
    assert not any(withdrawn["id"] in place for place in places)
    assert all(place.startswith(system.origin + "/") for place in places)
    assert visitor.get(places[0]).status == 200
    assert visitor.get("/favicon.ico").headers["content-type"].startswith("image/svg+xml")
    assert visitor.get("/openapi.json").status == 200


@pytest.mark.parametrize("role", ["visitor", "buyer", "seller", "newcomer", "admin"])
def test_every_link_and_form_works(role: str, data: SampleData) -> None:
    user = data.user(role)
    crawl = Crawl(user, role)
    crawl.walk(["/", *(f"/tickets/{listing['id']}" for listing in data.listings.values())])
    crawl.send_forms()
    print(f"{role}: {len(crawl.seen)} pages, {len(crawl.forms)} forms; {sorted(crawl.kinds.items())}")
    user.browser_errors.check()
    if crawl.faults:
        pytest.fail("\n".join(dict.fromkeys(crawl.faults)), pytrace=False)
