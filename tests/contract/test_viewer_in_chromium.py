"""The viewer in a real Chromium: from a disk, as our server hands it out, and with scripts off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from pressrun.api.wire.file_headers import headers_for
from tests.support.export_work import KINDS, SLIDES, made, work_in
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.chromium]

NAME = "lesson" + KINDS["viewer"].ending


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewer")
    path = folder / NAME
    with start_blocking_portal() as portal:
        path.write_bytes(portal.call(made, "viewer", work_in(folder)[0]))
    return path


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[str]:
    def endpoint(_request: object) -> Response:
        return Response(file.read_bytes(), headers=headers_for(NAME, KINDS["viewer"].media_type, True))

    with serve(Starlette(routes=[Route("/viewer", endpoint)])) as port:
        yield f"http://127.0.0.1:{port}/viewer"


def shown(page: Page) -> list[str]:
    return [section.get_attribute("id") or "" for section in page.locator("section").all() if section.is_visible()]


@pytest.mark.parametrize("place", ["disk", "server"])
def test_keys_lead_through_slides_overview_and_notes(browser: Browser, file: Path, served: str, place: str) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"file://{file}" if place == "disk" else served)
    assert shown(page) == ["s1"]
    assert page.locator("#s1 img").evaluate("picture => picture.naturalWidth") == 640
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    page.keyboard.press(" ")
    assert shown(page) == ["s3"]
    assert page.locator("output").inner_text() == "3 / 3"
    page.keyboard.press("Home")
    assert not page.locator(".notes").is_visible()
    page.keyboard.press("n")
    assert page.locator(".notes").inner_text() == "Say it -- slowly --> now"
    page.keyboard.press("o")
    assert shown(page) == ["s1", "s2", "s3"]
    page.locator("#s2").click()
    assert shown(page) == ["s2"]
    assert page.evaluate("origin") == "null"
    assert [said for said in complaints if "favicon" not in said and "404" not in said] == []
    page.emulate_media(media="print")
    assert shown(page) == ["s1", "s2", "s3"]
    page.close()


def test_what_a_slide_says_runs_nowhere_and_another_script_neither(
    browser: Browser, file: Path, tmp_path: Path
) -> None:
    forged = tmp_path / NAME
    forged.write_bytes(file.read_bytes().replace(b"</main>", b"<script>document.title = 'owned'</script></main>"))
    page = browser.new_page()
    page.goto(f"file://{forged}")
    assert page.title() == 'The "title"'
    assert page.locator("#s3 details p").text_content() == SLIDES[2].blocks[0].text
    page.close()


def test_without_scripts_it_is_a_page_with_all_slides_words_and_notes(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"file://{file}")
    assert shown(page) == ["s1", "s2", "s3"]
    assert page.locator(".notes").is_visible()
    assert page.locator("#s1").get_attribute("aria-label") == "1. The whole: *lesson*"
    assert not page.locator("footer").is_visible()
    page.locator("#s2 summary").click()
    assert page.locator("#s2 details p").nth(1).get_attribute("dir") == "rtl"
    assert page.locator("#s2 details p").nth(1).is_visible()
    context.close()
