"""Every page in each of its states, and the kind of user who opens it."""

from collections.abc import Callable
from dataclasses import dataclass

from support.sample_data import SampleData
from support.users import PASSWORD, User


@dataclass
class PageState:
    name: str
    role: str
    path: Callable[[SampleData], str]
    status: int = 200
    # Actions on the page before it is examined.
    act: Callable[[User], None] | None = None

    def show(self, data: SampleData) -> User:
        user = data.user(self.role)
        user.open(self.path(data), self.status)
        if self.act:
            self.act(user)
        return user


def at(path: str) -> Callable[[SampleData], str]:
    return lambda data: path


def listing(name: str, rest: str = "") -> Callable[[SampleData], str]:
    return lambda data: f"/tickets/{data.listings[name]['id']}{rest}"


def performance(name: str, before: str = "/performances/", rest: str = "") -> Callable[[SampleData], str]:
    return lambda data: f"{before}{data.performances[name]['id']}{rest}"


def event(before: str = "/events/", rest: str = "") -> Callable[[SampleData], str]:
    return lambda data: f"{before}{data.performances['offered']['eventId']}{rest}"


def draft(step: str) -> Callable[[SampleData], str]:
    return lambda data: f"{data.draft}/{step}"


def order(name: str, rest: str = "") -> Callable[[SampleData], str]:
    return lambda data: f"/orders/{data.orders[name]['id']}{rest}"


def invalid(button: str, **values: str) -> Callable[[User], None]:
    """Submits a form without the browser's validation. Keyword arguments are the fields' names and values."""

    def act(user: User) -> None:
        form = user.page.locator("form", has=user.button(button)).first
        form.evaluate("form => { form.noValidate = true }")
        for name, value in values.items():
            field = form.locator(f"[name='{name}']")
            field.evaluate(
                "(field, value) => { field.type === 'number' ? field.type = 'text' : 0; field.value = value }", value
            )
        user.press(button)

    return act


def show_price_details(user: User) -> None:
    user.page.get_by_text("Price details").click()


def upload_listings(user: User) -> None:
    user.fill("Your table", f"listing,event,price\n{NO_ID},Radio Nord,45\n,Radio Süd,much")
    user.press("Save the table")


def plan_import(user: User) -> None:
    user.fill("Source", "Harpa")
    user.fill("The text of the file", "id,title,venue,city,start\n1,Lantern,Hall,Oslo,never\n2,Lantern,Hall,,2099-01-01")
    user.press("Check")


NO_ID = "01a2043d-0000-7000-8000-000000000000"

PAGE_STATES = [
    PageState("home", "visitor", at("/")),
    PageState("home-signed-in", "buyer", at("/")),
    PageState("home-found", "visitor", at("/?q=radio&city=Berlin&quantity=2&sort=cheapest")),
    PageState("home-similar", "visitor", at("/?q=midnigth+fery")),
    PageState("home-nothing", "visitor", at("/?q=zzzzqqqqxxxx")),
    PageState("home-wrong-filters", "visitor", at("/?from=yesterday&min=cheap"), status=400),
    PageState("home-events", "visitor", at("/?category=concert")),
    PageState("home-events-similar", "visitor", at("/?q=salt+marhs")),
    PageState("home-events-nothing", "visitor", at("/?q=zzzzqqqqxxxx&city=Oslo&when=tonight")),
    PageState("tickets", "visitor", at("/tickets?q=radio&quantity=2&sort=cheapest")),
    PageState("event", "visitor", event()),
    PageState("event-city", "visitor", event(rest="?city=Berlin")),
    PageState("performance", "visitor", performance("offered")),
    PageState("performance-two", "visitor", performance("offered", rest="?quantity=2&currency=EUR")),
    PageState("performance-too-many", "visitor", performance("offered", rest="?quantity=30")),
    PageState("performance-empty", "visitor", performance("empty")),
    PageState("performance-postponed", "visitor", performance("postponed")),
    PageState("performance-cancelled", "visitor", performance("cancelled")),
    PageState("performance-proposed", "seller", performance("proposed")),
    PageState("ticket-of-performance", "buyer", listing("of-performance", "?quantity=1")),
    PageState("ticket", "visitor", listing("open")),
    PageState("ticket-buyer", "buyer", listing("free")),
    PageState("ticket-held", "buyer", listing("open")),
    PageState("ticket-wrong", "buyer", listing("free"), act=invalid("Get tickets", quantity="0")),
    PageState("ticket-own", "seller", listing("open")),
    PageState("ticket-sold-out", "visitor", listing("sold-out")),
    PageState("ticket-withdrawn", "visitor", listing("withdrawn")),
    PageState("ticket-yen", "visitor", listing("yen")),
    PageState("ticket-priced", "buyer", listing("priced")),
    PageState("ticket-priced-details", "visitor", listing("priced"), act=show_price_details),
    PageState("ticket-pairs", "buyer", listing("pairs")),
    PageState("ticket-seats", "visitor", listing("seats")),
    PageState("ticket-seats-buyer", "admin", listing("seats")),
    PageState("ticket-seats-own", "seller", listing("seats")),
    PageState("fees", "visitor", at("/fees")),
    PageState("law", "visitor", at("/law/NO")),
    PageState("ticket-dear", "buyer", listing("single")),
    PageState("ticket-taken-down", "seller", listing("taken-down")),
    PageState("report", "buyer", listing("free", "/report")),
    PageState("report-wrong", "buyer", listing("free", "/report"), act=invalid("Send report", reason="")),
    PageState("report-sent", "buyer", listing("reported", "/report")),
    PageState("sell-event", "seller", at("/sell")),
    PageState("sell-event-nothing", "seller", at("/sell?q=zzzzqqqq")),
    PageState("sell-performance", "seller", performance("offered", "/sell?performance=")),
    PageState(
        "sell-seats-wrong", "seller", performance("offered", "/sell?performance="),
        act=invalid("Next: the price", seats="11, 14", section="", row=""),
    ),
    PageState("sell-tickets", "seller", draft("tickets")),
    PageState("sell-price", "seller", draft("price")),
    PageState("sell-price-wrong", "seller", draft("price"), act=invalid("Next: check everything", price="much")),
    PageState("sell-review", "seller", draft("review")),
    PageState("sell-proposed", "seller", performance("proposed", "/sell?performance=")),
    PageState("sell-cancelled", "seller", performance("cancelled", "/sell?performance=")),
    PageState("propose", "seller", at("/propose?title=Lantern")),
    PageState("propose-wrong", "seller", at("/propose"), act=invalid("Continue", title="", country="", startsAt="")),
    PageState("sell", "seller", at("/sell?event=other")),
    PageState("sell-wrong", "seller", at("/sell?event=other"), act=invalid("List tickets", title="", price="much", quantity="0")),
    PageState("edit", "seller", listing("free", "/edit")),
    PageState("edit-performance", "seller", listing("of-performance", "/edit")),
    PageState("edit-seats", "seller", listing("seats", "/edit")),
    PageState("edit-held", "seller", listing("open", "/edit")),
    PageState("edit-wrong", "seller", listing("free", "/edit"), act=invalid("Save changes", price="0")),
    PageState("withdraw", "seller", listing("free", "/withdraw")),
    PageState("listings", "seller", at("/listings")),
    PageState("listings-empty", "newcomer", at("/listings")),
    PageState("listings-edit", "seller", at("/listings/edit")),
    PageState("listings-edit-wrong", "seller", at("/listings/edit"), act=invalid("Save changes", **{"price.0": "much"})),
    PageState("listings-edit-empty", "newcomer", at("/listings/edit")),
    PageState("listings-upload", "seller", at("/listings/upload")),
    PageState("listings-upload-wrong", "seller", at("/listings/upload"), act=invalid("Save the table", table="x")),
    PageState("listings-upload-results", "seller", at("/listings/upload"), act=upload_listings),
    PageState("orders", "buyer", at("/orders")),
    PageState("orders-empty", "newcomer", at("/orders")),
    PageState("order-awaiting", "buyer", order("awaiting")),
    PageState("order-seats", "buyer", order("seats")),
    PageState("order-priced", "buyer", order("priced")),
    PageState("order-complete", "buyer", order("complete")),
    PageState("order-frozen", "buyer", order("frozen")),
    PageState("order-cancelled", "buyer", order("cancelled")),
    PageState("order-refunded", "buyer", order("refunded")),
    PageState("order-cancel", "buyer", order("awaiting", "/cancel")),
    PageState("signin", "visitor", at("/signin")),
    PageState(
        "signin-wrong", "visitor", at("/signin"),
        act=invalid("Sign in", email="no@example.com", password=PASSWORD),
    ),
    PageState("signup", "visitor", at("/signup")),
    PageState(
        "signup-wrong", "visitor", at("/signup"),
        act=invalid("Sign up", email="not an address", password="short"),
    ),
    PageState("account", "buyer", at("/account")),
    PageState(
        "account-wrong", "buyer", at("/account"),
        act=invalid("Change e-mail", email="not an address", password=""),
    ),
    PageState("admin-users", "admin", at("/admin/users")),
    PageState("admin-users-nobody", "admin", at("/admin/users?q=zzzzqqqq")),
    PageState("admin-user", "admin", lambda data: f"/admin/users/{data.buyer.id}"),
    PageState("admin-user-banned", "admin", lambda data: f"/admin/users/{data.banned.id}"),
    PageState("admin-orders", "admin", at("/admin/orders")),
    PageState("admin-order", "admin", lambda data: f"/admin/orders/{data.orders['complete']['id']}"),
    PageState("admin-order-frozen", "admin", lambda data: f"/admin/orders/{data.orders['frozen']['id']}"),
    PageState("admin-frozen", "admin", at("/admin/frozen")),
    PageState("admin-search", "admin", at("/admin/search?q=a")),
    PageState("admin-search-empty", "admin", at("/admin/search")),
    PageState("admin-search-nothing", "admin", at("/admin/search?q=zzzzqqqq")),
    PageState("admin-security", "admin", at("/admin/security")),
    PageState("admin-security-nothing", "admin", at("/admin/security?q=nobody@example.com")),
    PageState("admin-catalogue", "admin", at("/admin/catalogue")),
    PageState("admin-catalogue-found", "admin", at("/admin/catalogue?q=salt")),
    PageState("admin-catalogue-nothing", "admin", at("/admin/catalogue?q=zzzzqqqq")),
    PageState("admin-import", "admin", at("/admin/catalogue/import")),
    PageState("admin-import-wrong", "admin", at("/admin/catalogue/import"), act=invalid("Check", country="Iceland")),
    PageState("admin-import-plan", "admin", at("/admin/catalogue/import"), act=plan_import),
    PageState("admin-performance", "admin", performance("offered", "/admin/catalogue/performances/")),
    PageState(
        "admin-performance-wrong", "admin", performance("offered", "/admin/catalogue/performances/"),
        act=invalid("Change the time", startsAt=""),
    ),
    PageState("admin-performance-proposed", "admin", performance("proposed", "/admin/catalogue/performances/")),
    PageState("admin-performance-cancelled", "admin", performance("cancelled", "/admin/catalogue/performances/")),
    PageState("admin-performance-reject", "admin", performance("proposed", "/admin/catalogue/performances/", "/reject")),
    PageState("admin-performance-cancel", "admin", performance("offered", "/admin/catalogue/performances/", "/cancel")),
    PageState("admin-event", "admin", event("/admin/catalogue/events/")),
    PageState(
        "admin-event-wrong", "admin", event("/admin/catalogue/events/"), act=invalid("Save changes", title="")
    ),
    PageState(
        "admin-venue", "admin", lambda data: f"/admin/catalogue/venues/{data.performances['offered']['venue']['id']}"
    ),
    PageState("admin-duplicates", "admin", at("/admin/catalogue/duplicates")),
    PageState("admin-merge", "admin", event("/admin/catalogue/merge?kind=event&into=x&from="), status=422),
    PageState(
        "admin-merge-two", "admin",
        lambda data: "/admin/catalogue/merge?kind=performance"
        f"&from={data.performances['empty']['id']}&into={data.performances['offered']['id']}",
    ),
    PageState("admin-reports", "admin", at("/admin/reports")),
    PageState("admin-listing", "admin", lambda data: f"/admin/tickets/{data.listings['reported']['id']}"),
    PageState(
        "admin-listing-wrong", "admin", lambda data: f"/admin/tickets/{data.listings['reported']['id']}",
        act=invalid("Take down", reason=""),
    ),
    PageState("admin-listing-taken-down", "admin", lambda data: f"/admin/tickets/{data.listings['taken-down']['id']}"),
    PageState("admin-user-seller", "admin", lambda data: f"/admin/users/{data.seller.id}"),
    PageState("error-not-found", "visitor", at("/nothing-here"), status=404),
    PageState("error-no-ticket", "buyer", at(f"/tickets/{NO_ID}"), status=404),
    PageState("error-not-yours", "newcomer", order("complete"), status=403),
    PageState("error-not-admin", "buyer", at("/admin/users"), status=403),
]
