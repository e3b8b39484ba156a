"""What a screen shows first is asked for by the page itself, once, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.limits import HANG_S
from tests.support.runs import run_to_end
from tests.support.server import Server, start_server
from tests.support.ui import Person

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

# Of each request for the library's list: who asked for it. On a busy machine the screen may find the answer to be old.
_ASKED = """performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes("/runs?limit=25"))
    .filter(({ startTime }, _, [first]) => startTime < first.responseEnd + 400)
    .map(({ initiatorType }) => initiatorType)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("first-requests") / "data") as server:
        with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
            run_to_end(http, text="# River\n\nWater moves.", viewport_width=640, viewport_height=360)
        yield server


def test_the_list_of_runs_is_asked_for_once_and_beside_the_code_that_shows_it(person: Person) -> None:
    page = person.open("/runs")
    expect(page.get_by_role("link", name="River")).to_be_visible()
    assert page.evaluate(_ASKED) == ["link"]
    assert person.complaints == []


def test_a_list_that_is_narrowed_by_its_address_is_asked_for_by_its_screen(person: Person) -> None:
    page = person.open("/runs?status=complete")
    expect(page.get_by_role("link", name="River")).to_be_visible()
    assert page.evaluate(_ASKED) == ["fetch"]
    assert person.complaints == []
