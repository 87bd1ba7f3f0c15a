"""Every page in each of its states: nothing that axe-core objects to, light and dark, narrow and wide; nothing that makes
a narrow window scroll sideways; and all of it within reach of the keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from support.axe import overflow, violations
from support.hands import focus
from support.scenes import SCENES, Scene
from support.world import World, make_world

# What the Tab key must reach, each known by its number.
NUMBER_STOPS = """() => {
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    const stops = [...all].filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden" && e.checkVisibility());
    stops.forEach((element, number) => { element.dataset.stop = number });
    return stops.map(element => element.outerHTML.slice(0, 200));
}"""

WIDTHS = [320, 1280]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def world(system, browser) -> Iterator[World]:
    world = make_world(system, browser)
    yield world
    for person in world.people():
        person.leave()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_everybody_can_use_it(scene: Scene, world: World) -> None:
    person = scene.show(world)
    found: dict[str, list[str]] = {}
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for fault in violations(person.page):
                found.setdefault(fault, []).append(f"{width} {scheme}")
        for fault in overflow(person.page):
            found.setdefault(fault, []).append(f"{width}")
    person.complaints.check()
    if found:
        faults = (f"[{', '.join(seen)}] {fault}" for fault, seen in found.items())
        pytest.fail(f"{person.page.url}\n" + "\n".join(faults), pytrace=False)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_keyboard_reaches_everything(scene: Scene, world: World) -> None:
    page = scene.show(world).page
    page.set_viewport_size({"width": 1280, "height": 900})
    stops = page.evaluate(NUMBER_STOPS)
    # To the end, from wherever a form with faults has put the focus, and then all of it.
    tab_through(page)
    reached = tab_through(page)
    missed = [html for number, html in enumerate(stops) if number not in reached]
    assert not missed, f"the Tab key does not reach {missed} on {page.url}"
    assert reached == sorted(reached), f"the order of {reached} is not that of the page {page.url}"
    assert 'class="skip"' in stops[reached[0]], stops[reached[0]]


def tab_through(page: Page) -> list[int]:
    """The numbers of what the Tab key reaches until it leaves the page."""
    reached: list[int] = []
    for _ in range(1000):
        page.keyboard.press("Tab")
        if focus(page) is None:
            return reached
        reached.append(page.evaluate("() => Number(document.activeElement.dataset.stop ?? -1)"))
    raise AssertionError(f"the Tab key does not leave {page.url}")


def test_skipping_leads_into_the_page(someone) -> None:
    fan = someone()
    fan.open("/signin")
    fan.page.keyboard.press("Tab")
    fan.page.keyboard.press("Enter")
    fan.page.keyboard.press("Tab")
    expect(fan.page.get_by_label("E-mail")).to_be_focused()
