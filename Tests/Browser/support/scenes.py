"""Every page, in each of its states, as each kind of visitor sees it."""

from collections.abc import Callable
from dataclasses import dataclass

from support.people import PASSWORD, Person
from support.world import World


@dataclass
class Scene:
    name: str
    role: str
    path: Callable[[World], str]
    status: int = 200
    # What they do there before it is looked at.
    act: Callable[[Person], None] | None = None

    def show(self, world: World) -> Person:
        person = world.person(self.role)
        person.open(self.path(world), self.status)
        if self.act:
            self.act(person)
        return person


def at(path: str) -> Callable[[World], str]:
    return lambda world: path


def ticket(name: str, rest: str = "") -> Callable[[World], str]:
    return lambda world: f"/tickets/{world.tickets[name]['id']}{rest}"


def order(name: str, rest: str = "") -> Callable[[World], str]:
    return lambda world: f"/orders/{world.orders[name]['id']}{rest}"


def wrongly(button: str, **values: str) -> Callable[[Person], None]:
    """Sends a form with what the browser itself would not let pass; names are those of the fields."""

    def act(person: Person) -> None:
        form = person.page.locator("form", has=person.button(button)).first
        form.evaluate("form => { form.noValidate = true }")
        for name, value in values.items():
            field = form.locator(f"[name={name}]")
            field.evaluate("(field, value) => { field.type === 'number' ? field.type = 'text' : 0; field.value = value }", value)
        person.press(button)

    return act


NO_ID = "01a2043d-0000-7000-8000-000000000000"

SCENES = [
    Scene("home", "nobody", at("/")),
    Scene("home-signed-in", "buyer", at("/")),
    Scene("home-found", "nobody", at("/?q=radio&city=Berlin&quantity=2&sort=cheapest")),
    Scene("home-similar", "nobody", at("/?q=midnigth+fery")),
    Scene("home-nothing", "nobody", at("/?q=zzzzqqqqxxxx")),
    Scene("home-wrong-filters", "nobody", at("/?from=yesterday&min=cheap"), status=400),
    Scene("ticket", "nobody", ticket("open")),
    Scene("ticket-buyer", "buyer", ticket("free")),
    Scene("ticket-held", "buyer", ticket("open")),
    Scene("ticket-wrong", "buyer", ticket("free"), act=wrongly("Hold tickets", quantity="0")),
    Scene("ticket-own", "seller", ticket("open")),
    Scene("ticket-sold-out", "nobody", ticket("sold-out")),
    Scene("ticket-withdrawn", "nobody", ticket("withdrawn")),
    Scene("ticket-yen", "nobody", ticket("yen")),
    Scene("ticket-dear", "buyer", ticket("single")),
    Scene("sell", "seller", at("/sell")),
    Scene("sell-wrong", "seller", at("/sell"), act=wrongly("List tickets", title="", price="much", quantity="0")),
    Scene("edit", "seller", ticket("free", "/edit")),
    Scene("edit-held", "seller", ticket("open", "/edit")),
    Scene("edit-wrong", "seller", ticket("free", "/edit"), act=wrongly("Save changes", price="0")),
    Scene("withdraw", "seller", ticket("free", "/withdraw")),
    Scene("listings", "seller", at("/listings")),
    Scene("listings-empty", "newcomer", at("/listings")),
    Scene("orders", "buyer", at("/orders")),
    Scene("orders-empty", "newcomer", at("/orders")),
    Scene("order-awaiting", "buyer", order("awaiting")),
    Scene("order-complete", "buyer", order("complete")),
    Scene("order-cancelled", "buyer", order("cancelled")),
    Scene("order-refunded", "buyer", order("refunded")),
    Scene("order-cancel", "buyer", order("awaiting", "/cancel")),
    Scene("signin", "nobody", at("/signin")),
    Scene("signin-wrong", "nobody", at("/signin"), act=wrongly("Sign in", email="no@example.com", password=PASSWORD)),
    Scene("signup", "nobody", at("/signup")),
    Scene("signup-wrong", "nobody", at("/signup"), act=wrongly("Sign up", email="not an address", password="short")),
    Scene("account", "buyer", at("/account")),
    Scene("account-wrong", "buyer", at("/account"), act=wrongly("Change e-mail", email="not an address", password="")),
    Scene("admin-users", "admin", at("/admin/users")),
    Scene("admin-users-nobody", "admin", at("/admin/users?q=zzzzqqqq")),
    Scene("admin-user", "admin", lambda world: f"/admin/users/{world.buyer.id}"),
    Scene("admin-user-banned", "admin", lambda world: f"/admin/users/{world.banned.id}"),
    Scene("admin-orders", "admin", at("/admin/orders")),
    Scene("admin-order", "admin", lambda world: f"/admin/orders/{world.orders['complete']['id']}"),
    Scene("error-not-found", "nobody", at("/nothing-here"), status=404),
    Scene("error-no-ticket", "buyer", at(f"/tickets/{NO_ID}"), status=404),
    Scene("error-not-yours", "newcomer", order("complete"), status=403),
    Scene("error-not-admin", "buyer", at("/admin/users"), status=403),
]
