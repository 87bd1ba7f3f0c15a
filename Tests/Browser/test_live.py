"""Live updates of pages: the contents stay correct, and the user is not interrupted."""

import re

from playwright.sync_api import Page, expect

from support.users import User, StayedOnPage

# Counts the received events, for updates that must not be visible.
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


def announcer(page: Page):
    return page.locator("main > p.unseen[role=status]")


def buyer_with_order(new_user, **options) -> tuple[User, dict]:
    listing = new_user().signed_up("seller").create_listing()
    buyer = new_user(**options).signed_up("buyer")
    order = buyer.create_order(listing)
    return buyer, order


def test_focus_stays_in_place_when_its_element_is_removed(new_user) -> None:
    buyer, order = buyer_with_order(new_user)
    buyer.open(f"/orders/{order['id']}")
    buyer.button(re.compile("^Pay")).focus()
    with StayedOnPage(buyer.page):
        buyer.api("DELETE", f"/api/orders/{order['id']}")
        buyer.sees_status("cancelled")
    assert focused(buyer.page).startswith("<div data-live="), focused(buyer.page)
    # A screen reader announces the change once.
    expect(announcer(buyer.page)).to_have_text("You cancelled this order")


def test_unchanged_content_is_not_replaced(new_user) -> None:
    buyer, order = buyer_with_order(new_user)
    buyer.context.add_init_script(COUNT_EVENTS)
    # The first page is rendered before the server knows the time zone.
    buyer.open("/orders")
    buyer.open(f"/orders/{order['id']}")
    buyer.page.wait_for_function("() => window.eventsSeen > 0")
    assert buyer.page.evaluate("() => document.querySelector('main > p.unseen').textContent") == ""
    buyer.page.evaluate("() => { document.querySelector('[data-live] section').isOriginal = true }")
    buyer.page.evaluate("() => { document.dispatchEvent(new Event('visibilitychange', { bubbles: true })) }")
    buyer.page.evaluate("() => { dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow')) }")
    buyer.page.wait_for_function("() => window.eventsSeen > 1")
    assert buyer.page.evaluate("() => document.querySelector('[data-live] section').isOriginal")


def test_the_countdown_uses_the_servers_clock(new_user) -> None:
    buyer, order = buyer_with_order(new_user)
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


def test_a_changed_listing_shows_a_note(new_user) -> None:
    seller = new_user().signed_up("seller")
    listing = seller.create_listing(quantity=3)
    user = new_user().signed_up("user")
    user.open(f"/tickets/{listing['id']}")
    note = user.page.get_by_text("has changed this listing")
    expect(user.page.locator("[data-live]")).to_contain_text("3 left")
    expect(note).to_be_hidden()
    new_user().signed_up("buyer").create_order(listing)
    expect(user.page.locator("[data-live]")).to_contain_text("2 left")
    expect(announcer(user.page)).to_have_text("2 left")
    expect(note).to_be_hidden()
    seller.api("PUT", f"/api/tickets/{listing['id']}", {"price": 5100})
    expect(note).to_be_visible()
    expect(announcer(user.page)).to_contain_text("has changed this listing")
    expect(user.page.locator("[data-live] .price")).to_contain_text(re.compile(r"51[.,]00"))
    user.follow("Refresh")
    user.sees(re.compile(r"51[.,]00"))
    expect(note).to_be_hidden()


def test_a_ban_is_shown_at_once(new_user, system) -> None:
    buyer, order = buyer_with_order(new_user)
    # Wait for the stream: without one, the page would show the ban only later.
    with buyer.page.expect_response(re.compile("/live/orders/")):
        buyer.open(f"/orders/{order['id']}")
    system.gittix("users", "ban", buyer.email)
    buyer.sees(re.compile("has been suspended"))


def test_a_refused_stream_is_retried(new_user) -> None:
    buyer, order = buyer_with_order(new_user)
    buyer.browser_errors.expect("answered 503")
    refusals = []

    def refuse(route) -> None:
        refusals.append(route.request.method)
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="")

    # The page opens the stream with GET. After the refusal, it asks for the status with HEAD.
    buyer.page.route("**/live/**", refuse, times=2)
    buyer.open(f"/orders/{order['id']}")
    with StayedOnPage(buyer.page):
        buyer.api("DELETE", f"/api/orders/{order['id']}")
        buyer.sees_status("cancelled")
    assert refusals == ["GET", "HEAD"]
