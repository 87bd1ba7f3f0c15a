"""A screenshot of every page; bin/screenshots runs it."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from support.page_states import PAGE_STATES, PageState
from support.sample_data import SampleData, create_sample_data
from support.system import ROOT, System, binaries

SCREENSHOTS = ROOT / "screenshots"


@pytest.fixture(scope="module")
def data(system: System, browser) -> Iterator[SampleData]:
    environment = os.environ | system.settings | {"PATH": f"{binaries()}:{os.environ['PATH']}"}
    subprocess.run([ROOT / "bin" / "demo-data", system.origin], env=environment, check=True)
    data = create_sample_data(system, browser)
    SCREENSHOTS.mkdir(exist_ok=True)
    yield data
    for user in data.users():
        user.leave()


@pytest.mark.parametrize("state", PAGE_STATES, ids=lambda state: state.name)
def test_screenshot(state: PageState, data: SampleData) -> None:
    user = state.show(data)
    for width in (320, 1280):
        user.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            user.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            user.page.screenshot(path=SCREENSHOTS / f"{state.name}-{width}-{scheme}.png", full_page=True)
