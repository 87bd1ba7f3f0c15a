"""Accessibility of every page in each of its states: axe-core finds no violation in light or dark mode, in a narrow or
wide window; a narrow window does not scroll horizontally; and every control is reachable by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from support.axe import overflow, violations
from support.input_methods import focus
from support.page_states import PAGE_STATES, PageState
from support.sample_data import SampleData, create_sample_data

# Numbers the elements that the Tab key must reach.
NUMBER_STOPS = """() => {
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    const stops = [...all].filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden" && e.checkVisibility());
    stops.forEach((element, number) => { element.dataset.stop = number });
    return stops.map(element => element.outerHTML.slice(0, 200));
}"""

WIDTHS = [320, 1280]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def data(system, browser) -> Iterator[SampleData]:
    data = create_sample_data(system, browser)
    yield data
    for user in data.users():
        user.leave()


@pytest.mark.parametrize("state", PAGE_STATES, ids=lambda state: state.name)
def test_page_has_no_violations(state: PageState, data: SampleData) -> None:
    user = state.show(data)
    found: dict[str, list[str]] = {}
    for width in WIDTHS:
        user.page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            user.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for fault in violations(user.page):
                found.setdefault(fault, []).append(f"{width} {scheme}")
        for fault in overflow(user.page):
            found.setdefault(fault, []).append(f"{width}")
    user.browser_errors.check()
    if found:
        faults = (f"[{', '.join(seen)}] {fault}" for fault, seen in found.items())
        pytest.fail(f"{user.page.url}\n" + "\n".join(faults), pytrace=False)


@pytest.mark.parametrize("state", PAGE_STATES, ids=lambda state: state.name)
def test_tab_reaches_every_control_in_order(state: PageState, data: SampleData) -> None:
    page = state.show(data).page
    page.set_viewport_size({"width": 1280, "height": 900})
    stops = page.evaluate(NUMBER_STOPS)
    # A form with errors may have moved the focus: first go to the end of the page, then through the whole page.
    tab_through(page)
    reached = tab_through(page)
    missed = [html for number, html in enumerate(stops) if number not in reached]
    assert not missed, f"the Tab key does not reach {missed} on {page.url}"
    assert reached == sorted(reached), f"the order of {reached} is not that of the page {page.url}"
    assert 'class="skip"' in stops[reached[0]], stops[reached[0]]


def tab_through(page: Page) -> list[int]:
    """The numbers of the elements that the Tab key reaches until it leaves the page."""
    reached: list[int] = []
    for _ in range(1000):
        page.keyboard.press("Tab")
        if focus(page) is None:
            return reached
        reached.append(page.evaluate("() => Number(document.activeElement.dataset.stop ?? -1)"))
    raise AssertionError(f"the Tab key does not leave {page.url}")


def test_the_skip_link_leads_to_the_content(new_user) -> None:
    user = new_user()
    user.open("/signin")
    user.page.keyboard.press("Tab")
    user.page.keyboard.press("Enter")
    user.page.keyboard.press("Tab")
    expect(user.page.get_by_label("E-mail")).to_be_focused()
