"""Whole ways through the UI by keys alone, in forced colours, and with the line gone and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.runs import chapter, post_to_end
from tests.support.server import Server, start_server
from tests.support.ui import Person, check_accessible, generate, is_over, open_part, slide, source_of

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

_MOST_KEYS = 120  # the first page has some ninety places where the focus stops


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("walks") / "data") as server:
        yield server


def tab_to(page: Page, goal: Locator, key: str = "Tab") -> None:
    """As somebody does who has no mouse; each place where the focus stops is to be seen."""
    expect(goal).to_be_visible()
    for _ in range(_MOST_KEYS):
        page.keyboard.press(key)
        if goal.evaluate("element => element === document.activeElement"):
            expect(goal).to_be_in_viewport()
            return
    raise AssertionError(f"{_MOST_KEYS} times {key} did not lead to {goal}")


def test_by_keys_alone_a_text_is_written_and_its_files_are_fetched(person: Person) -> None:
    page = person.open()
    source_of(page).wait_for()
    tab_to(page, source_of(page))
    page.keyboard.type("# Rivers")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/runs/*")
    is_over(page)
    tabs = page.get_by_role("tablist", name="Parts of the run")
    tab_to(page, tabs.get_by_role("tab", name="Slides"))
    page.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("tab", name="Files")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Download document.html"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".html")
    assert person.complaints == []


def test_by_keys_alone_a_run_is_chosen_deleted_and_brought_back(person: Person) -> None:
    with httpx.Client(base_url=person.server.url, timeout=120) as http:
        for name in ("keep", "lose"):
            post_to_end(http, text=f"# Some {name}", viewport_width=640, viewport_height=360)
    page = person.open("/runs")
    choose = page.get_by_role("checkbox", name="Choose Some lose")
    tab_to(page, choose)
    page.keyboard.press("Space")
    bar = page.get_by_role("group", name="With the chosen runs")
    tab_to(page, bar.get_by_role("button", name="Delete"))
    page.keyboard.press("Enter")
    expect(choose).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(choose).to_be_visible()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_focused()
    assert len(httpx.get(f"{person.server.url}/runs?q=lose").json()["runs"]) == 1
    assert person.complaints == []


def test_in_forced_colours_what_is_chosen_is_seen_and_nothing_is_lost(
    somebody: Callable[..., Person], server: Server
) -> None:
    person = somebody(server, forced_colors="active", reduced_motion="reduce")
    page = person.open()
    source_of(page).wait_for()
    ground = "input => getComputedStyle(input.parentElement).backgroundColor"
    chosen, other = (page.get_by_role("radio", name=name).evaluate(ground) for name in ("Landscape", "Portrait"))
    assert chosen != other
    check_accessible(page)
    generate(page, chapter(2, "forced"))
    is_over(page)
    check_accessible(page)
    for path in ("/runs", "/system"):
        page.goto(server.url + path)
        expect(page.get_by_role("heading").first).to_be_visible()
        check_accessible(page)
    moving = "[...document.querySelectorAll('*')].map(each => parseFloat(getComputedStyle(each).transitionDuration))"
    assert max(page.evaluate(moving)) < 0.001


def test_who_goes_offline_is_told_and_sees_the_end_once_the_line_is_back(person: Person) -> None:
    page = person.open()
    generate(page, chapter(30, "offline"))
    expect(slide(page, 2)).to_be_visible()
    person.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    open_part(page, "Timeline")  # its code came with the page, or is asked for again
    person.context.set_offline(False)
    is_over(page)
    open_part(page, "Slides")
    expect(slide(page, 2)).to_be_visible()
    expect(page.get_by_role("status", name="Not connected")).to_have_count(0)


def test_the_server_page_shows_each_script_as_the_server_draws_it(person: Person) -> None:
    page = person.open("/system")
    fonts = page.get_by_role("region", name="Fonts")
    fonts.get_by_role("button", name="Draw a line of each script").click()
    line = fonts.get_by_role("listitem").filter(has_text="Devanagari").get_by_role("img")
    expect(line).to_have_js_property("naturalWidth", 960)
    expect(fonts.get_by_role("img")).to_have_count(30)
    expect(fonts).to_contain_text("All of these 30 scripts are drawn.")
    check_accessible(page)
    assert person.complaints == []


def test_everything_else_is_unfolded_and_goes_with_the_run(person: Person) -> None:
    page = person.open()
    source_of(page).wait_for()
    page.get_by_text("Everything else").click()
    page.get_by_role("textbox", name="Width of a slide, in px").fill("800")
    page.get_by_role("textbox", name="Height of a slide, in px").fill("450")
    page.get_by_role("combobox", name="A heading that goes on").select_option(label="Repeated")
    page.get_by_role("radio", name="Very large").check(force=True)
    check_accessible(page)
    generate(page, "# Everything")
    is_over(page)
    spec = httpx.get(f"{page.url.partition('?')[0]}/spec", headers={"Accept": "application/json"}).json()
    said = {name: spec.get(name) for name in ("viewport_width", "viewport_height", "running_heading", "zoom")}
    assert said == {"viewport_width": 800, "viewport_height": 450, "running_heading": "plain", "zoom": 3.4}
    page.get_by_role("link", name="Edit and make again").click()
    expect(page.get_by_role("radio", name="Own size")).to_be_checked()
    expect(page.get_by_text("Everything else · 1 set")).to_be_visible()
    assert person.complaints == []


def test_who_chooses_dark_has_it_whatever_the_system_is_set_to(person: Person) -> None:
    page = person.open("/runs")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("combobox", name="Colours").select_option("Dark")
    dark = page.evaluate(colour)
    assert dark != light
    check_accessible(page)
    page.reload()
    expect(page.get_by_role("combobox", name="Colours")).to_have_value("dark")
    assert page.evaluate(colour) == dark
    page.emulate_media(color_scheme="dark")
    page.get_by_role("combobox", name="Colours").select_option("Light")
    assert page.evaluate(colour) == light
    page.get_by_role("combobox", name="Colours").select_option("Light or dark as the system is set")
    assert page.evaluate(colour) == dark
    assert person.complaints == []
