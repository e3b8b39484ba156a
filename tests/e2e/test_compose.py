"""What the first page does beside writing and sending: files that are dropped, presets, no browser to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.server import Server, start_server
from tests.support.ui import DESK, PHONE, Person, check_accessible, source_of, write

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("compose") / "data") as server:
        yield server


def drop(page: Page, at: str, files: dict[str, str]) -> None:
    """As a person does it: files held over an element of the page, then let go."""
    held = page.evaluate_handle(
        """(files) => {
          const held = new DataTransfer();
          for (const [name, text] of Object.entries(files)) held.items.add(new File([text], name));
          return held;
        }""",
        files,
    )
    page.dispatch_event(at, "dragover", {"dataTransfer": held})
    expect(page.get_by_text("Drop it here")).to_be_visible()
    page.dispatch_event(at, "drop", {"dataTransfer": held})
    expect(page.get_by_text("Drop it here")).to_have_count(0)


def test_files_are_dropped_anywhere_one_becomes_the_text_and_several_a_run_each_or_a_deck(person: Person) -> None:
    page = person.open()
    source_of(page).wait_for()
    drop(page, "header", {"river.md": "# A river"})
    expect(source_of(page)).to_have_text("# A river")
    expect(page.get_by_text("Loaded river.md")).to_be_visible()
    files = {"sea.txt": "# A sea", "lake.md": "# A lake", "photo.jpg": "\0"}
    drop(page, "main", files)
    dialog = page.get_by_role("dialog", name="3 files")
    expect(dialog).to_contain_text("“photo.jpg” is not text")
    check_accessible(page)
    dialog.get_by_role("button", name="One deck of all").click()
    expect(source_of(page)).to_contain_text("# A sea")
    expect(source_of(page)).to_contain_text("# A lake")
    page.get_by_role("button", name="Bring back what was here").click()
    expect(source_of(page)).to_have_text("# A river")
    drop(page, "main", files)
    dialog.get_by_role("button", name="A run of each").click()
    expect(dialog.get_by_role("link", name="Go to the runs")).to_be_visible()
    expect(dialog.get_by_role("list").get_by_role("link")).to_have_count(2)  # one waits for the other
    assert person.complaints == []


def test_a_file_of_before_utf8_is_read_and_what_it_was_taken_for_is_said(
    somebody: Callable[..., Person], server: Server
) -> None:
    person = somebody(server, locale="zh-CN")
    page = person.open("/")
    files = {"name": "river.txt", "mimeType": "text/plain", "buffer": "# 河流与大地".encode("gb18030")}
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("[contenteditable=true]")).to_have_text("# 河流与大地")
    expect(page.get_by_text("river.txt (gb18030)")).to_be_visible()
    assert person.complaints == []


def test_each_tab_has_a_draft_of_its_own_and_what_was_written_elsewhere_is_listed(person: Person) -> None:
    first, second = person.open(), person.open()
    write(first, "# Of the first tab")
    expect(second.get_by_text("0 of 400,000 characters", exact=True)).to_be_visible()
    write(second, "# Of the second tab")
    for page in (first, second):
        expect(page.get_by_text("Draft kept in this browser")).to_be_visible()
        page.get_by_role("link", name="Runs", exact=True).click()  # which keeps the draft
        page.get_by_role("link", name="New", exact=True).click()
    first.reload()
    expect(source_of(first)).to_have_text("# Of the first tab")
    second.reload()
    expect(source_of(second)).to_have_text("# Of the second tab")
    first.get_by_role("button", name="Other drafts").click()
    listed = first.get_by_role("dialog", name="Other drafts")
    expect(listed.get_by_role("listitem")).to_contain_text("open in another tab")
    expect(listed.get_by_role("button", name="Go on with Of the second tab")).to_be_disabled()
    check_accessible(first)
    first.keyboard.press("Escape")
    second.close()
    first.get_by_role("button", name="Other drafts").click()
    listed.get_by_role("button", name="Delete Of the second tab").click()
    expect(listed.get_by_role("listitem")).to_have_count(0)
    listed.get_by_role("button", name="Bring it back").click()
    listed.get_by_role("button", name="Go on with Of the second tab").click()
    expect(source_of(first)).to_have_text("# Of the second tab")
    first.get_by_role("button", name="New draft").click()
    expect(first.get_by_text("0 of 400,000 characters", exact=True)).to_be_visible()
    first.get_by_role("button", name="Other drafts").click()
    expect(listed.get_by_role("listitem")).to_have_count(2)
    first.close()
    # as it was left, and not a text of the list
    expect(person.open().get_by_text("0 of 400,000 characters", exact=True)).to_be_visible()
    assert person.complaints == []


def test_who_comes_back_finds_what_was_written_last(person: Person) -> None:
    page = person.open()
    write(page, "# Before the break")
    page.get_by_role("link", name="Runs", exact=True).click()
    page.close()
    expect(source_of(person.open())).to_have_text("# Before the break")


def test_options_are_kept_under_a_name_and_are_there_after_a_reload(person: Person) -> None:
    page = person.open()
    page.get_by_role("radio", name="Portrait").check(force=True)
    page.get_by_role("button", name="Save these options").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Handout")
    page.keyboard.press("Enter")
    presets = page.get_by_role("group", name="Presets")
    expect(presets).to_contain_text("Handout")
    page.get_by_role("radio", name="Square").check(force=True)
    page.reload()
    expect(page.get_by_role("radio", name="Square")).to_be_checked()
    presets.get_by_role("radio", name="Handout").check(force=True)
    expect(page.get_by_role("radio", name="Portrait")).to_be_checked()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Bring it back").click()
    expect(presets).to_contain_text("Handout")
    assert person.complaints == []


def test_a_server_without_a_browser_says_so_before_anybody_writes(
    somebody: Callable[..., Person], tmp_path: Path
) -> None:
    with start_server(tmp_path / "data", PRESSRUN_CHROMIUM=str(tmp_path / "none")) as server:
        page = somebody(server).open()
        notice = page.get_by_role("status", name="This server can make no pictures just now")
        expect(notice).to_contain_text("pressrun install-browser")
        check_accessible(page)
        notice.get_by_role("link", name="Server").click()
        expect(page.get_by_role("heading", name="to mend")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_refusal_is_in_sight_as_soon_as_it_is_there(
    somebody: Callable[..., Person], server: Server, size: tuple[int, int]
) -> None:
    person = somebody(server, size)
    page = person.open()
    write(page, "a bell \u0007 rings")
    page.get_by_role("button", name="Generate").click()
    card = page.get_by_role("alert").filter(has_text="Something here is not valid")
    expect(card).to_be_visible()
    expect(card.get_by_role("heading")).to_be_in_viewport(ratio=1)
