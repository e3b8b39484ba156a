"""The page in other languages: real Chromium, real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.limits import HANG_S
from tests.support.runs import run_to_end
from tests.support.server import Server, start_server
from tests.support.ui import PHONE, Person, check_accessible, check_width

ARABIC_TEXT = "# النهر والأرض\n\nيحمل النهر الرمل إلى البحر.\n\n## البحر\n\nهناك يضعه."
PARAGRAPH = "\n\nيحمل النهر الرمل إلى البحر، وهناك يضعه."
# Names that are the same in every language: of formats, keys, lanes, this product.
NAMES = frozenset(
    [
        "Pressrun",
        "Markdown",
        "HTML",
        "PDF",
        "PNG",
        "JPEG",
        "WebP",
        "WebM",
        "GIF",
        "ZIP",
        "PowerPoint",
        "MP4",
        "Enter",
        "Ctrl",
        "API",
        "UTF",
        "Webhook",
        "Webhooks",
        "SSE",
        "POST",
        "GET",
        "curl",
        "Python",
        "JavaScript",
        "Chromium",
        "default",
    ]
)
THEMES = "fieldset:has([name=theme]) label"

HIDDEN = """() => [...document.querySelectorAll("a, button, select, input, h1, h2, p")]
  .filter((element) => element.checkVisibility() && element.closest("[role=tablist], .visually-hidden") === null)
  .filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 1 && (left < -1 || right > document.documentElement.clientWidth + 1);
  })
  .map((element) => element.outerHTML.slice(0, 160))"""

LATIN = """(themes) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const other = element.closest("code, kbd, script, style, [dir=auto], [contenteditable], [dir=ltr], " + themes);
    const lang = element.closest("[lang]").lang;
    if (other === null && lang === "ar" && element.checkVisibility()) said.push(node.data);
  }
  const named = document.querySelectorAll("[aria-label], [title], [placeholder]");
  for (const element of named) {
    if (element.closest("[dir=auto], " + themes) !== null || !element.checkVisibility()) continue;
    for (const name of ["aria-label", "title", "placeholder"]) said.push(element.getAttribute(name) ?? "");
  }
  return said.filter((text) => text.trim() !== "");
}"""


def english_of(page: Page) -> list[str]:
    """What the page says in Latin letters of its own: no names, no text of somebody's, no words of the server."""
    said = page.evaluate(LATIN, THEMES)
    assert len(said) > 10
    return [text for text in said if set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\S*[./_]\S*", "", text))) - NAMES]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("languages")) as server:
        yield server


@pytest.fixture
def reader(somebody: Callable[..., Person], server: Server) -> Person:
    return somebody(server)


def choose(page: Page, language: str) -> None:
    page.locator("footer select").first.select_option(label=language)


def test_arabic_is_chosen_kept_and_mirrored_and_a_run_is_made_in_it(reader: Person) -> None:
    page = reader.open()
    before = page.get_by_role("link", name="Pressrun").bounding_box()
    choose(page, "العربية")
    expect(page.get_by_role("button", name="أنشئ", exact=True)).to_be_visible()
    page.reload()
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "ar")
    expect(html).to_have_attribute("dir", "rtl")
    after = page.get_by_role("link", name="Pressrun").bounding_box()
    assert before is not None
    assert after is not None
    assert before["x"] < 640 < after["x"]
    assert english_of(page) == []
    check_accessible(page)
    source = page.locator("[contenteditable=true]").and_(page.get_by_role("textbox", name="المصدر"))
    source.fill(ARABIC_TEXT)
    expect(page.get_by_text("على الشرائح: الكل")).to_be_visible()
    assert english_of(page) == []
    page.get_by_role("button", name="أنشئ", exact=True).click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_role("link", name="نزّل الكل (ZIP)")).to_be_visible()
    assert english_of(page) == []
    check_accessible(page)
    check_width(page)
    for name in ("الملفات", "الخط الزمني", "المصدر والإعدادات"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(300)
        assert english_of(page) == [], name
        check_accessible(page)
    page.get_by_role("navigation").get_by_role("link", name="العمليات").click()
    expect(page.get_by_role("list").get_by_text("اكتملت").first).to_be_visible()
    assert english_of(page) == []
    check_accessible(page)
    assert reader.complaints == []


def test_in_a_slide_show_the_arrows_go_as_the_page_is_read(reader: Person) -> None:
    page = reader.open()
    choose(page, "العربية")
    page.locator("[contenteditable=true]").fill(ARABIC_TEXT + 40 * PARAGRAPH)  # of several slides
    page.get_by_role("button", name="أنشئ", exact=True).click()
    expect(page.get_by_role("link", name="نزّل الكل (ZIP)")).to_be_visible()
    page.get_by_role("button", name="عرض الشرائح").click()
    for key, number in ((None, 1), ("ArrowLeft", 2), ("ArrowRight", 1)):
        if key is not None:
            page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=f"الشريحة {number} من ")).to_be_visible()
    assert reader.complaints == []


def test_a_sentence_with_tags_is_whole(somebody: Callable[..., Person], tmp_path: Path) -> None:
    with start_server(tmp_path / "data", PRESSRUN_CHROMIUM=str(tmp_path / "none")) as server:
        page = somebody(server, locale="ar").open()
        notice = page.get_by_role("status").filter(has=page.locator("code"))
        expect(notice.locator("code")).to_have_text("pressrun install-browser")
        expect(notice.get_by_role("link", name="الخادم")).to_be_visible()
        assert english_of(page) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("de-CH", "Erstellen"), ("hi-IN", "बनाएँ"), ("ne-NP", "बनाउनुहोस्"), ("zh-CN", "生成"), ("ar-EG", "أنشئ")],
)
def test_the_language_of_the_browser_is_spoken_and_fits_on_a_phone(
    somebody: Callable[..., Person], server: Server, language: str, words: str
) -> None:
    person = somebody(server, size=PHONE, scheme="dark", locale=language)
    page = person.open()
    expect(page.get_by_role("button", name=words, exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language.split("-", 1)[0])
    check_width(page)
    check_accessible(page)
    page.goto(server.url + "/runs")
    page.locator("footer select").first.wait_for()
    check_width(page)
    assert person.complaints == []


@pytest.mark.parametrize("language", ["en", "de", "hi", "ne", "zh", "ar"])
def test_nothing_is_cut_off_at_320_pixels(somebody: Callable[..., Person], server: Server, language: str) -> None:
    """The narrowest page that has to do: 1 280 pixels at 400 %. A scroll bar takes its place of it."""
    person = somebody(server, size=(305, 640), locale=language)
    page = person.open()
    page.locator("footer select").first.wait_for()
    check_width(page)
    assert page.evaluate(HIDDEN) == []
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        run = run_to_end(http, text=ARABIC_TEXT, on_duplicate="run", on_busy="queue")[0]
    page.goto(f"{server.url}/runs/{run['operation_id']}")
    page.get_by_role("tab").first.wait_for()
    check_width(page)
    assert page.evaluate(HIDDEN) == []
