"""What bin/screenshots runs: a picture of every page."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from support.scenes import SCENES, Scene
from support.system import ROOT, System, binaries
from support.world import World, make_world

PICTURES = ROOT / "screenshots"


@pytest.fixture(scope="module")
def world(system: System, browser) -> Iterator[World]:
    environment = os.environ | system.settings | {"PATH": f"{binaries()}:{os.environ['PATH']}"}
    subprocess.run([ROOT / "bin" / "demo-data", system.origin], env=environment, check=True)
    world = make_world(system, browser)
    PICTURES.mkdir(exist_ok=True)
    yield world
    for person in world.people():
        person.leave()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_picture(scene: Scene, world: World) -> None:
    person = scene.show(world)
    for width in (320, 1280):
        person.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            person.page.screenshot(path=PICTURES / f"{scene.name}-{width}-{scheme}.png", full_page=True)
