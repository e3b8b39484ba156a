"""The parts of a run's screen in a real Chromium, of one finished run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.limits import HANG_S
from tests.support.runs import run_to_end
from tests.support.server import Server, start_server
from tests.support.ui import DESK, PHONE, Person, check_accessible, check_width, is_over, open_part, slide

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

SLIDES = 24
TEXT = "\n\n".join(f"# Part {number} parts\n\nWater moves." for number in range(1, SLIDES + 1))
PARTS = ("Slides", "Files", "Timeline", "Log", "Source and settings", "API", "Compare")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("run-page") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def run_path(server: Server) -> str:
    """Of a finished run with a PDF."""
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        end = run_to_end(http, text=TEXT, outputs=["images", "pdf"], zoom=1, viewport_width=640, viewport_height=360)[
            -1
        ]
    assert end["screenshot_count"] == SLIDES, end
    return f"/runs/{end['operation_id']}"


def copied(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


@pytest.fixture
def reader(somebody: Callable[..., Person], server: Server) -> Person:
    return somebody(server, permissions=["clipboard-read", "clipboard-write"])


def test_a_slide_has_an_address_words_and_an_alternative_text(reader: Person, run_path: str) -> None:
    page = reader.open(f"{run_path}?slide=3")
    expect(page.get_by_role("dialog", name=f"Slide 3 of {SLIDES}")).to_be_visible()
    page.get_by_role("button", name="Text of the slide").click()
    panel = page.get_by_role("complementary", name="Text of the slide")
    expect(panel).to_contain_text("Part 3 parts")
    check_accessible(page)
    panel.get_by_role("button", name="Copy the alternative text").click()
    expect(panel.get_by_text("Copied")).to_be_visible()
    assert copied(page).startswith("Slide 3: Part 3 parts.")
    page.get_by_role("button", name="Copy the picture").click()
    expect(page.get_by_text("Picture copied")).to_be_visible()
    kinds = page.evaluate("navigator.clipboard.read().then(items => items.flatMap(item => item.types))")
    assert kinds == ["image/png"]
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**?slide=4")
    expect(panel).to_contain_text("Part 4 parts")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "slide=" not in page.url
    slide(page, 2).click()
    page.wait_for_url("**?slide=2")
    page.go_back()  # as a phone's own button does
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.endswith(run_path)


def test_only_slides_near_the_sight_are_on_the_page_and_a_heading_leads_to_its_own(
    reader: Person, run_path: str
) -> None:
    page = reader.open(run_path)
    expect(slide(page, 1)).to_be_visible()
    page.get_by_role("combobox", name="Size of the slides").select_option(label="One below the other")
    expect(slide(page, SLIDES)).to_have_count(0)
    page.get_by_role("combobox", name="Jump to a heading").select_option(label=f"Part {SLIDES} parts · {SLIDES}")
    expect(slide(page, SLIDES)).to_be_focused()
    expect(slide(page, SLIDES)).to_be_in_viewport()
    expect(slide(page, 1)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("combobox", name="Size of the slides")).to_have_value("one")


def test_the_timeline_is_filtered_searched_and_downloaded(reader: Person, run_path: str) -> None:
    page = reader.open(run_path)
    open_part(page, "Timeline")
    page.wait_for_url("**?tab=timeline")
    events = page.get_by_role("list", name="Events")
    expect(events.get_by_text("Attempt 1 begins")).to_be_visible()
    page.get_by_role("checkbox", name="Slides").uncheck()
    expect(events.get_by_text(f"Complete: {SLIDES} slides")).to_be_visible()
    page.get_by_role("searchbox", name="Search events").fill("pdf ready")
    expect(events.get_by_role("listitem")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download events").click()
    assert download.value.suggested_filename == f"{run_path.removeprefix('/runs/')}-events.jsonl"
    told = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert told[-1]["type"] == "complete"


def test_log_source_and_request_are_there_to_be_searched_and_copied(reader: Person, run_path: str) -> None:
    page = reader.open(f"{run_path}?tab=log")
    lines = page.get_by_role("list", name="Log lines")
    page.get_by_role("searchbox", name="Search the log").fill("stage=render finished")
    expect(lines.get_by_role("listitem")).to_have_count(1)
    open_part(page, "Source and settings")
    expect(page.get_by_role("textbox", name="Source of the run")).to_have_value(TEXT)
    expect(page.get_by_role("region", name="Settings")).to_contain_text("viewport_width")
    open_part(page, "API")
    page.get_by_role("radio", name="Python").check(force=True)
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert "from pressrun.client import Client" in copied(page)


def test_an_export_is_added_to_a_finished_run_and_files_have_the_names_of_the_run(
    reader: Person, run_path: str
) -> None:
    page = reader.open(f"{run_path}?tab=files")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download part-1-parts.pdf").last.click()
    assert download.value.suggested_filename == "part-1-parts.pdf"
    page.get_by_role("button", name="Add Markdown").click()
    expect(page.get_by_role("link", name="Made from an earlier run")).to_be_visible()
    is_over(page)
    open_part(page, "Files")
    files = page.get_by_role("list", name="Files")
    for name in ("part-1-parts.pdf", "part-1-parts.md"):
        expect(files.get_by_text(name)).to_be_visible()
    assert reader.complaints == []


def test_parts_are_reached_by_arrows_alone_and_each_is_accessible_and_fits(
    somebody: Callable[..., Person], server: Server, run_path: str
) -> None:
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        page = somebody(server, size, scheme, reduced_motion="reduce").open(run_path)
        tabs = page.get_by_role("tablist", name="Parts of the run")
        tabs.get_by_role("tab", name="Slides").focus()
        for name in PARTS:
            tab = tabs.get_by_role("tab", name=name)
            expect(tab).to_be_focused()
            expect(tab).to_have_attribute("aria-selected", "true")
            expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
            expect(page.get_by_text("Loading …")).to_have_count(0)
            check_accessible(page)
            check_width(page)
            page.keyboard.press("ArrowRight")
        expect(tabs.get_by_role("tab", name="Slides")).to_be_focused()  # round and round


def test_two_runs_stand_side_by_side_with_what_differs(
    somebody: Callable[..., Person], server: Server, run_path: str
) -> None:
    text = TEXT.replace("# Part 7 parts\n\nWater moves.", "# Part 7 parts\n\nIce does not.")
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        made = run_to_end(http, text=text, zoom=1, viewport_width=640, viewport_height=360)[0]
    person = somebody(server)
    page = person.open("/runs")
    for path in (f"/runs/{made['operation_id']}", run_path):  # others are there, too: this server is asked by all tests
        page.locator(f'li:has(a[href="{path}"])').get_by_role("checkbox", name="Choose Part 1 parts").check()
    page.get_by_role("group", name="With the chosen runs").get_by_role("link", name="Compare").click()
    part = page.get_by_role("tabpanel", name="Compare")
    expect(part.get_by_text(f"1 slide differs, {SLIDES - 1} look the same.")).to_be_visible()
    fields = part.get_by_role("row")
    expect(fields.filter(has_text="Ice does not")).to_contain_text("Water moves")
    expect(fields.filter(has_text="outputs")).to_contain_text("pdf")
    expect(part.get_by_role("link", name="The other run · Slide 7")).to_be_visible()
    expect(part.get_by_role("listitem").locator("img")).to_have_count(2)
    expect(part.get_by_role("combobox", name="Compare with")).to_have_value(run_path.removeprefix("/runs/"))
    check_accessible(page)
    part.get_by_role("checkbox", name="Show those that look the same, too").check()
    expect(part.get_by_role("listitem")).to_have_count(SLIDES)
    page.reload()
    expect(part.get_by_text("1 slide differs")).to_be_visible()
    assert person.complaints == []


def test_on_a_phone_nothing_moves_when_the_stage_times_come_late(
    somebody: Callable[..., Person], server: Server, run_path: str
) -> None:
    page = somebody(server, PHONE).context.new_page()
    held: list[Route] = []
    page.route(server.url + run_path, lambda route: held.append(route) if wants_json(route) else route.continue_())
    page.goto(server.url + run_path)
    expect(slide(page, 1)).to_be_visible()
    page.get_by_role("region", name="Result").wait_for()
    tabs = page.get_by_role("tablist", name="Parts of the run")
    before = tabs.bounding_box()
    assert held
    for route in held:
        route.continue_()
    expect(page.get_by_role("region", name="How long it took")).to_be_visible()
    assert tabs.bounding_box() == before


def wants_json(route: Route) -> bool:
    return route.request.resource_type == "fetch"
