"""The UI in a real Chromium against the real server: what a person does, and what a person then sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from pressrun.api.gate.tokens import new_token
from pressrun.api.pages import WEB_ROOT
from tests.support.runs import chapter
from tests.support.server import Server, start_server
from tests.support.ui import (
    DESK,
    PHONE,
    Person,
    check_accessible,
    check_width,
    generate,
    is_over,
    open_part,
    slide,
    source_of,
    write,
)

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert (WEB_ROOT / "index.html").is_file(), "build the front end first: make setup"
    with start_server(tmp_path_factory.mktemp("ui") / "data") as server:
        yield server


def test_text_becomes_pictures_that_arrive_while_the_run_goes_on(person: Person) -> None:
    page = person.open()
    write(page, chapter(12, "arrive"))
    page.keyboard.press("Control+Enter")
    expect(slide(page, 1)).to_be_visible()
    assert page.get_by_role("progressbar", name="Progress").is_visible(), "the first picture came with the end"
    is_over(page)
    expect(page.get_by_role("img", name="Slide 12", exact=True)).to_be_attached()
    picture = page.get_by_role("img", name="Slide 1", exact=True)
    assert picture.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [320, 180]
    slide(page, 1).click()
    large = page.get_by_role("dialog").get_by_role("img", name="Slide 1", exact=True)
    expect(large).to_have_js_property("naturalWidth", 1920)
    assert page.title().startswith("✓ · Part 1 arrive")
    assert person.complaints == []


def test_a_reload_in_the_midst_of_a_run_goes_on_showing_it(person: Person) -> None:
    page = person.open()
    generate(page, chapter(16, "reload"))
    expect(slide(page, 2)).to_be_visible()
    page.reload()
    expect(slide(page, 1)).to_be_visible()
    is_over(page)
    expect(slide(page, 16)).to_be_visible()
    assert person.complaints == []


def test_the_document_opens_in_a_sandbox_and_the_archive_downloads(person: Person) -> None:
    page = person.open()
    generate(page, chapter(1, "files"))
    is_over(page)
    open_part(page, "Files")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open document.html in a new tab").click()
    expect(popup.value.get_by_role("heading", name="Part 1 files")).to_be_visible()
    assert popup.value.evaluate("self.origin") == "null"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all (ZIP)").click()
    assert download.value.suggested_filename.endswith(".zip")
    assert download.value.failure() is None


def test_cancel_ends_the_run_and_says_so(person: Person) -> None:
    page = person.open()
    generate(page, chapter(40, "cancel"))
    expect(slide(page, 1)).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("heading", name="The run was cancelled")).to_be_visible()
    assert page.title().startswith("Cancelled")


def test_a_second_tab_sees_the_run_in_the_way_watches_it_cancels_it_and_has_its_turn(person: Person) -> None:
    first, second = person.open(), person.open()
    generate(first, chapter(40, "first"))
    write(second, chapter(2, "second"))
    second.get_by_role("button", name="Generate").click()
    card = second.get_by_role("alert", name="Another run is in progress")
    expect(card).to_contain_text("Part 1 first")
    assert card.get_by_role("link", name="Watch it").evaluate("link => link.href") == first.url
    card.get_by_role("button", name="Cancel it").click()
    free = second.get_by_role("alert", name="The way is free")
    free.get_by_role("button", name="Try again").click()
    is_over(second)
    expect(second.get_by_role("heading", name="Part 1 second")).to_be_visible()
    expect(first.get_by_role("heading", name="The run was cancelled")).to_be_visible()


def test_the_same_text_in_two_tabs_is_one_run_and_both_are_told(person: Person) -> None:
    first, second = person.open(), person.open()
    generate(first, chapter(10, "twice"))
    generate(second, chapter(10, "twice"))
    assert first.url == second.url
    expect(second.get_by_role("status", name="Not started twice")).to_be_visible()
    for page in (first, second):
        is_over(page)
        expect(slide(page, 10)).to_be_visible()


def test_a_run_that_fails_says_why_and_the_text_is_still_there(person: Person) -> None:
    page = person.open()
    page.get_by_role("radio", name="HTML").check(force=True)
    generate(page, "<!-- nothing to see -->")
    failed = page.get_by_role("alert", name="The run failed")
    expect(failed).to_contain_text("empty_document")
    failed.get_by_role("link", name="Edit and make again").click()
    expect(source_of(page)).to_have_text("<!-- nothing to see -->")


def test_a_field_error_of_the_server_stands_at_its_field_and_the_text_stays(person: Person) -> None:
    page = person.open()
    write(page, "a bell \u0007 rings")
    page.get_by_role("button", name="Generate").click()
    source = source_of(page)
    expect(source).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#source-error")).to_contain_text("U+0007")
    expect(source.get_by_label("Control character")).to_have_count(1)
    expect(source).to_contain_text("rings")


def test_a_killed_server_is_said_to_be_gone_and_the_run_is_seen_to_its_end_once_it_is_back(
    somebody: Callable[..., Person], tmp_path: Path
) -> None:
    with start_server(tmp_path / "data") as server:
        page = somebody(server).open()
        generate(page, chapter(20, "killed"))
        expect(slide(page, 3)).to_be_visible()
        server.kill()
        expect(page.get_by_role("status", name="Not connected")).to_be_visible()
        server.start()
        page.evaluate("dispatchEvent(new Event('online'))")  # else it comes back by itself, some seconds later
        expect(page.get_by_role("status", name="Not connected")).to_have_count(0)
        is_over(page)
        expect(slide(page, 20)).to_be_visible()
        page.goto(server.url)
        server.stop()
        write(page, "anybody there?")
        page.get_by_role("button", name="Generate").click()
        expect(page.get_by_role("alert", name="The server does not answer")).to_be_visible()


def test_a_cancelled_run_is_retried_and_goes_on_in_every_tab_with_what_it_had(person: Person) -> None:
    page = person.open()
    generate(page, chapter(30, "retry"))
    expect(slide(page, 3)).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("A retry goes on from “Render”")).to_be_visible()
    other = person.open(page.url.removeprefix(person.server.url))
    expect(other.get_by_role("heading", name="The run was cancelled")).to_be_visible()
    page.get_by_role("button", name="Retry", exact=True).click()
    is_over(page)
    expect(page.get_by_role("heading", name="30 slides")).to_be_visible()
    expect(page.get_by_text("Attempt 2, resumed from “Render” · complete")).to_be_visible()
    other.evaluate("dispatchEvent(new Event('visibilitychange'))")  # as when somebody comes back to that tab
    is_over(other)
    open_part(page, "Log")
    lines = page.get_by_role("list", name="Log lines")
    expect(lines).to_contain_text("attempt=2")
    assert person.complaints == []


def test_a_finished_run_is_made_again_in_another_format(person: Person) -> None:
    page = person.open()
    generate(page, chapter(2, "again"))
    is_over(page)
    first = page.url
    page.get_by_role("button", name="Make again with").click()
    dialog = page.get_by_role("dialog", name="Make it again with")
    dialog.get_by_role("radio", name="JPEG").check(force=True)
    check_accessible(page)
    dialog.get_by_role("button", name="Make it").click()
    origin = page.get_by_role("link", name="Made from an earlier run")
    expect(origin).to_be_visible()
    is_over(page)
    assert origin.evaluate("link => link.href") == first != page.url
    assert str(slide(page, 2).get_by_role("img").get_attribute("src")).partition("?")[0].endswith(".jpg")


def test_a_run_that_was_cut_off_is_raised_or_edited_and_what_was_being_written_comes_back(person: Person) -> None:
    page = person.open()
    write(page, chapter(4, "edit"))
    page.get_by_role("textbox", name="Slides, at most").fill("2")
    page.get_by_role("button", name="Generate").click()
    is_over(page)
    first = page.url
    page.get_by_role("link", name="New", exact=True).click()
    write(page, "# Something else")
    page.goto(first)
    page.get_by_role("button", name="Raise the limit to 500 and go on").click()
    expect(page.get_by_role("link", name="Made from an earlier run")).to_be_visible()
    is_over(page)
    expect(slide(page, 4)).to_be_visible()
    page.get_by_role("link", name="Edit and make again").focus()
    page.keyboard.press("Enter")
    source = source_of(page)
    expect(source).to_contain_text("# Part 1 edit")
    expect(source).to_be_focused()
    assert page.url == person.server.url + "/", "a reload would fill it in again"
    page.goto(first)
    page.get_by_role("link", name="Edit and make again").click()
    expect(page.get_by_role("textbox", name="Slides, at most")).to_have_value("2")
    check_accessible(page)
    # still as it was filled in, which a reload tells as well: what was written before it comes back at once
    page.get_by_role("button", name="Bring back what was here").click()
    expect(source).to_have_text("# Something else")
    assert person.complaints == []


LESSON = "# Rivers\n\nAbout them.\n\n" + "\n\n".join(
    f"## Part {number}\n\n{'The river carries sand and stones to the sea. ' * 20}" for number in range(1, 6)
)


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_the_slides_are_seen_while_they_are_written_and_lead_to_their_text(
    somebody: Callable[..., Person], server: Server, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    person = somebody(server, size, scheme)
    page = person.open()
    source = source_of(page)
    source.fill(LESSON)
    preview = page.get_by_role("region", name="Preview")
    if size == PHONE:
        expect(preview).to_be_hidden()
        page.get_by_role("radio", name="Slides", exact=True).check(force=True)
    expect(preview).to_contain_text("On the slides: all of")
    slides = page.frame_locator("iframe").locator(".deck > .slide")
    expect(slides.first).to_be_visible()
    assert f"{slides.count()} slides" in preview.inner_text()
    assert page.frames[-1].evaluate("self.origin") == "null"
    check_accessible(page)
    check_width(page)
    slides.filter(has_text="Part 4").first.click()
    expect(source).to_be_focused()
    assert page.evaluate("getSelection().anchorNode.parentElement.closest('.cm-line').innerText") == "## Part 4"
    page.keyboard.press("Control+Home")
    if size == DESK:
        expect(page.frame_locator("iframe").locator("[data-pressrun-here]")).to_contain_text("About them.")
    source.fill("# Changed")
    if size == PHONE:
        page.get_by_role("radio", name="Slides", exact=True).check(force=True)
    expect(slides).to_have_count(1)
    expect(slides.first).to_contain_text("Changed")
    assert page.request.get(f"{server.url}/runs?q=Changed").json()["runs"] == []
    assert person.complaints == []


def test_runs_are_found_pinned_and_deleted_from_the_list(person: Person) -> None:
    page = person.open()
    for name in ("needle", "haystack"):
        page.goto(person.server.url)
        generate(page, chapter(1, name))
        is_over(page)
    page.goto(f"{person.server.url}/runs")
    page.get_by_role("searchbox", name="Search runs").fill("NEEDLE")
    rows = page.locator("main li a").filter(has_text="Part 1")
    expect(rows).to_have_count(1)
    page.wait_for_url("**/runs?q=NEEDLE")
    page.get_by_role("button", name="Pin Part 1 needle").click()
    expect(page.get_by_role("button", name="Unpin Part 1 needle")).to_be_visible()
    page.get_by_role("button", name="Delete Part 1 needle …").click()
    dialog = page.get_by_role("dialog", name="Delete “Part 1 needle”?")
    expect(dialog).to_contain_text("with 1 slide")
    check_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete Part 1 needle …")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No run matches: “NEEDLE”.")).to_be_visible()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search runs")).to_have_value("")
    expect(rows.filter(has_text="haystack")).to_have_count(1)
    assert person.complaints == []


def test_a_paused_lane_is_said_and_a_person_resumes_it(person: Person) -> None:
    page = person.open("/system")
    page.get_by_role("button", name="Pause lane default").click()
    expect(page.get_by_text("nothing begins here")).to_be_visible()
    check_accessible(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("button", name="Resume lane default")).to_be_visible()
    page.get_by_role("link", name="New", exact=True).click()
    write(page, chapter(1, "paused"))
    page.get_by_role("button", name="Generate").click()
    refused = page.get_by_role("alert", name="The lane is paused")
    expect(refused).not_to_contain_text("on_busy")
    check_accessible(page)
    refused.get_by_role("button", name="Resume lane default").click()
    page.get_by_role("alert", name="The lane goes on").get_by_role("button", name="Generate now").click()
    page.wait_for_url("**/runs/*")
    is_over(page)


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_a_server_that_wants_a_token_is_used_with_it_until_signing_out(
    somebody: Callable[..., Person], tmp_path: Path, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    token, line = new_token("kim")
    with start_server(tmp_path / "data", PRESSRUN_TOKENS=line) as server:
        person = somebody(server, size, scheme)
        page = person.open()
        field = page.get_by_role("textbox", name="Token")
        expect(field).to_be_focused()
        check_accessible(page)
        check_width(page)
        field.fill(token + "x")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("does not know this token")
        field.fill(token)
        page.keyboard.press("Enter")
        generate(page, chapter(2, "secret"))
        is_over_with_token(page)
        picture = page.get_by_role("img", name="Slide 2", exact=True)
        expect(picture).to_have_js_property("naturalWidth", 160 if size == PHONE else 320)
        assert str(picture.get_attribute("src")).startswith("blob:")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download all (ZIP)").click()
        assert download.value.suggested_filename.endswith(".zip")
        check_accessible(page)
        check_width(page)
        page.reload()
        is_over_with_token(page)
        assert token not in page.url
        assert person.context.cookies() == []
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
        expect(page.get_by_text("Part 1 secret")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("heading", name="This server asks for a token")).to_be_visible()


def is_over_with_token(page: Page) -> None:
    expect(page.get_by_role("button", name="Download all (ZIP)")).to_be_visible()


def test_pictures_are_looked_at_by_keyboard_alone(person: Person) -> None:
    page = person.open()
    generate(page, chapter(3, "keys"))
    is_over(page)
    slide(page, 2).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Slide 2 of 3")).to_be_visible()
    for _ in range(3):  # once more than there are slides: at the last one it stays
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="Slide 3 of 3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("dialog", name="Slide 2 of 3")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(slide(page, 2)).to_be_focused()


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "dark"), (PHONE, "light")])
def test_every_screen_is_accessible_and_fits(
    somebody: Callable[..., Person], server: Server, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    person = somebody(server, size, scheme, reduced_motion="reduce")
    page, other = person.open(), person.open()
    generate(page, f"# {'Longword' * 12} {size} {scheme}\n\n" + chapter(20, f"{size} {scheme}"))
    expect(slide(page, 1)).to_be_visible()
    write(other, "mine")
    other.get_by_role("button", name="Generate").click()
    expect(other.get_by_role("alert", name="Another run is in progress")).to_be_visible()
    for each in (other, page):
        check_accessible(each)
        check_width(each)
    is_over(page)
    check_accessible(page)
    check_width(page)
    slide(page, 1).click()
    check_accessible(page)
    for path in ("/", "/runs", "/system", "/runs/nothing-here", "/no-such-page", "/generate-sse"):
        page.goto(server.url + path)
        expect(page.get_by_role("heading").first).to_be_visible()
        check_accessible(page)
        check_width(page)
