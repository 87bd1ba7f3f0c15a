"""Every page in each of its states: nothing that axe-core objects to, nothing that makes a narrow window scroll sideways,
light and dark, narrow and wide."""

from collections.abc import Iterator

import pytest

from support.axe import overflow, violations
from support.scenes import SCENES, Scene
from support.world import World, make_world

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
