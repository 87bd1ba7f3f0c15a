"""Pages that change by themselves: what is on them stays true, and who works on them is not disturbed."""

import re

from playwright.sync_api import Page, expect

from support.people import Person, StayedOnPage

# Counts the events that came, for what must not be seen to happen.
COUNT_EVENTS = """
window.eventsSeen = 0;
const add = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, listener) {
  add.call(this, name, (event) => {
    listener.call(this, event);
    if (event.data) window.eventsSeen += 1;
  });
};
"""


def focused(page: Page) -> str:
    return page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")


def teller(page: Page):
    return page.locator("main > p.unseen[role=status]")


def with_order(someone, **options) -> tuple[Person, dict]:
    ticket = someone().signed_up("seller").has_ticket()
    buyer = someone(**options).signed_up("buyer")
    order = buyer.has_order(ticket)
    return buyer, order


def test_who_stands_on_what_goes_away_stays_where_it_was(someone) -> None:
    buyer, order = with_order(someone)
    buyer.open(f"/orders/{order['id']}")
    buyer.button(re.compile("^Pay")).focus()
    with StayedOnPage(buyer.page):
        buyer.api("DELETE", f"/api/orders/{order['id']}")
        buyer.sees_status("cancelled")
    assert focused(buyer.page).startswith("<div data-live="), focused(buyer.page)
    # And it is told, once.
    expect(teller(buyer.page)).to_have_text("You cancelled this order")


def test_what_has_not_changed_is_left_alone(someone) -> None:
    buyer, order = with_order(someone)
    buyer.context.add_init_script(COUNT_EVENTS)
    # The first page is written before the visitor's time zone is known.
    buyer.open("/orders")
    buyer.open(f"/orders/{order['id']}")
    buyer.page.wait_for_function("() => window.eventsSeen > 0")
    assert buyer.page.evaluate("() => document.querySelector('main > p.unseen').textContent") == ""
    buyer.page.evaluate("() => { document.querySelector('[data-live] section').isOurs = true }")
    buyer.page.evaluate("() => { document.dispatchEvent(new Event('visibilitychange', { bubbles: true })) }")
    buyer.page.evaluate("() => { dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow')) }")
    buyer.page.wait_for_function("() => window.eventsSeen > 1")
    assert buyer.page.evaluate("() => document.querySelector('[data-live] section').isOurs")


def test_the_countdown_goes_by_the_servers_clock(someone) -> None:
    buyer, order = with_order(someone)
    buyer.context.add_init_script(
        """
        const [now, origin] = [Date.now, performance.timeOrigin];
        Date.now = () => now() + 3600000;
        Object.defineProperty(performance, 'timeOrigin', { value: origin + 3600000 });
        """
    )
    buyer.open(f"/orders/{order['id']}")
    timer = buyer.page.get_by_role("timer")
    expect(timer).to_have_text(re.compile("^1[45]:[0-5][0-9] left$"))
    first = timer.inner_text()
    expect(timer).not_to_have_text(first)
    expect(timer).to_have_text(re.compile("^14:[0-5][0-9] left$"))


def test_a_changed_listing_says_so(someone) -> None:
    seller = someone().signed_up("seller")
    ticket = seller.has_ticket(quantity=3)
    fan = someone().signed_up("fan")
    fan.open(f"/tickets/{ticket['id']}")
    note = fan.page.get_by_text("has changed this listing")
    expect(fan.page.locator("[data-live]")).to_contain_text("3 left")
    expect(note).to_be_hidden()
    someone().signed_up("buyer").has_order(ticket)
    expect(fan.page.locator("[data-live]")).to_contain_text("2 left")
    expect(teller(fan.page)).to_have_text("2 left")
    expect(note).to_be_hidden()
    seller.api("PUT", f"/api/tickets/{ticket['id']}", {"price": 5100})
    expect(note).to_be_visible()
    expect(teller(fan.page)).to_contain_text("has changed this listing")
    fan.follow("Look again")
    fan.sees(re.compile(r"51[.,]00"))
    expect(note).to_be_hidden()


def test_who_is_banned_is_shown_so_at_once(someone, system) -> None:
    buyer, order = with_order(someone)
    # One whose stream is refused is shown it too, but not at once.
    with buyer.page.expect_response(re.compile("/live/orders/")):
        buyer.open(f"/orders/{order['id']}")
    system.gittix("users", "ban", buyer.email)
    buyer.sees(re.compile("has banned the account"))


def test_a_server_that_has_no_room_is_asked_again(someone) -> None:
    buyer, order = with_order(someone)
    buyer.complaints.expect("answered 503")
    refusals = []

    def refuse(route) -> None:
        refusals.append(route.request.method)
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="")

    # What a page asks first, and why that failed.
    buyer.page.route("**/live/**", refuse, times=2)
    buyer.open(f"/orders/{order['id']}")
    with StayedOnPage(buyer.page):
        buyer.api("DELETE", f"/api/orders/{order['id']}")
        buyer.sees_status("cancelled")
    assert refusals == ["GET", "HEAD"]
