"""Pictures of each view of the UI: `make screenshots` (ARGS: names of views, or parts of them) -> build/screenshots.

A real server with runs of every kind, and a real Chromium: what people see, for people to look at. Nothing is judged
here.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from tests.support.chromium import open_chromium
from tests.support.runs import chapter, post_to_end
from tests.support.server import Server, start_server
from tests.support.ui import DESK, PHONE, open_part, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "screenshots"
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": DESK[0], "height": DESK[1]}, "color_scheme": "light"},
    "dark": {"viewport": {"width": DESK[0], "height": DESK[1]}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": PHONE[0], "height": PHONE[1]}, "color_scheme": "light", "has_touch": True},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}
LANGUAGES = ("ar", "hi", "de", "zh")
ARABIC = """# النهر والأرض

يحمل النهر الرمل والحصى إلى **البحر**، ويضعها حيث يبطئ.

- الأول: التعرية
- الثاني: النقل
- الثالث: الترسيب

## सारांश: नदी

नदी रेत और पत्थर ले जाती है। The word `delta` is Greek.
"""


@dataclass
class Stage:
    """What the pictures are of."""

    server: Server
    lesson: str
    failed: str
    arabic: str

    def run(self, name: str) -> str:
        return f"/runs/{getattr(self, name)}"


@dataclass
class View:
    """`path` of the page, and what is done there before the picture is taken."""

    path: Callable[[Stage], str]
    act: Callable[[Page], object] = lambda page: page.wait_for_timeout(300)
    whole: bool = False  # not only what is on the screen


def _at(path: str) -> Callable[[Stage], str]:
    return lambda stage: path


def _of(name: str, part: str = "") -> Callable[[Stage], str]:
    return lambda stage: stage.run(name) + part


def _written(text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        write(page, text)
        page.get_by_text("On the slides").wait_for(state="attached")  # on a phone it is behind a choice

    return act


def _drop(page: Page, *names: str) -> None:
    files = [{"name": name, "mimeType": "text/plain", "buffer": f"# {name}\n\nText.".encode()} for name in names]
    page.get_by_label("Source file").set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("dialog").wait_for()


def _preset(page: Page) -> None:
    for name in ("Handout", "Large type"):
        page.get_by_role("radio", name="Portrait" if name == "Handout" else "Square").check(force=True)
        page.get_by_role("button", name="Save these options").click()
        page.get_by_role("textbox", name="Name").fill(name)
        page.keyboard.press("Enter")
    page.get_by_role("group", name="Presets").scroll_into_view_if_needed()


def _pasted(page: Page) -> None:
    write(page, "<!doctype html><html><body><h1>A page</h1><p>Pasted as text.</p></body></html>")
    page.get_by_role("button", name="Show it as a page").wait_for()


def _refused(page: Page) -> None:
    write(page, "a bell \u0007 rings")
    page.get_by_role("button", name="Generate").click()
    page.locator("#source-error").wait_for()


def _pressed(keys: str, name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.wait_for_timeout(500)
        page.keyboard.press(keys)
        page.get_by_role("dialog", name=name).wait_for()
        page.wait_for_timeout(500)

    return act


def _lightbox(page: Page) -> None:
    page.get_by_role("button", name="Open slide 2", exact=True).click()
    page.wait_for_timeout(1000)


def _part(name: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        open_part(page, name)
        page.wait_for_timeout(800)
        page.evaluate("document.querySelector('[role=tablist]').scrollIntoView()")  # on a phone it is a screen away

    return act


def _settled(page: Page) -> None:
    page.wait_for_timeout(1500)  # pictures come one by one


def _make_room(page: Page) -> None:
    """A screen as high as the page, rather than a picture of all of it: what sticks to the foot stands at the foot."""
    size = page.viewport_size
    assert size is not None
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    _settled(page)


def _chosen(page: Page) -> None:
    page.get_by_role("checkbox").first.wait_for()
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("group", name="With the chosen runs").wait_for()


def _system(page: Page) -> None:
    page.get_by_role("heading", name="Settings in force").wait_for()
    page.get_by_role("checkbox").check()


VIEWS = {
    "compose-empty": View(_at("/"), whole=True),
    "compose-written": View(_at("/"), _written((ROOT / "examples/first.md").read_text())),
    "compose-arabic": View(_at("/"), _written(ARABIC)),
    "compose-pasted-html": View(_at("/"), _pasted),
    "compose-refused": View(_at("/"), _refused),
    "compose-several": View(_at("/"), lambda page: _drop(page, "rivers.md", "seas.txt", "photo.jpg")),
    "compose-presets": View(_at("/"), _preset),
    "run-slides": View(_of("lesson"), _settled),
    "run-arabic": View(_of("arabic"), _settled),
    "run-lightbox": View(_of("lesson"), _lightbox),
    "run-files": View(_of("lesson"), _part("Files")),
    "run-timeline": View(_of("lesson"), _part("Timeline")),
    "run-log": View(_of("lesson"), _part("Log")),
    "run-source": View(_of("lesson"), _part("Source")),
    "run-api": View(_of("lesson"), _part("API")),
    "run-failed": View(_of("failed"), _settled),
    "run-unknown": View(_at("/runs/nothing-here"), _settled),
    "library": View(_at("/runs"), _settled, whole=True),
    "library-chosen": View(_at("/runs"), _chosen),
    "library-none": View(_at("/runs?q=nothing+like+it"), _settled),
    "server": View(_at("/system"), _system, whole=True),
    "palette": View(_at("/runs"), _pressed("Control+k", "Go to …")),
    "shortcuts": View(_at("/runs"), _pressed("?", "Keys")),
    "unknown-address": View(_at("/no/such/page"), _settled),
    "problem-page": View(_at("/generate-sse")),
}
# In other languages: views that are reached without a word of the page.
WORDLESS = {
    "compose-empty": View(_at("/"), _settled, whole=True),
    "run-slides": View(_of("lesson"), _settled),
    "run-files": View(_of("lesson", "?tab=files"), _settled, whole=True),
    "run-timeline": View(_of("lesson", "?tab=timeline"), _settled, whole=True),
    "run-source": View(_of("lesson", "?tab=source"), _settled, whole=True),
    "run-api": View(_of("lesson", "?tab=api"), _settled, whole=True),
    "run-lightbox": View(_of("lesson", "?slide=2"), _settled),
    "run-failed": View(_of("failed"), _settled),
    "library": View(_at("/runs"), _settled, whole=True),
    "server": View(_at("/system"), _settled, whole=True),
    "unknown-address": View(_at("/no/such/page"), _settled),
}


def _set(server: Server) -> Stage:
    with httpx.Client(base_url=server.url, timeout=120) as http:
        lesson = (ROOT / "examples/lesson.md").read_text()
        outputs = ["images", "pdf", "pptx", "viewer", "contact_sheet", "zip"]
        made = post_to_end(http, text=lesson, outputs=outputs)
        arabic = post_to_end(http, text=ARABIC, theme="ink")
        failed = post_to_end(http, html="<!-- nothing to see -->")
        post_to_end(http, text=chapter(4, "cut off"), max_screenshots=2)
        return Stage(server, *(events[0]["operation_id"] for events in (made, failed, arabic)))


def take(browser: Browser, stage: Stage, names: list[str]) -> None:
    """One file for each view and look."""
    looks = [(look, options, VIEWS) for look, options in LOOKS.items() if look != "phone-dark"]
    looks += [
        (f"{look}-{language}", {**LOOKS[look], "locale": language}, WORDLESS)
        for language in LANGUAGES
        for look in ("desktop", "phone-dark")
    ]
    for look, options, views in looks:
        for name, view in views.items():
            if names and not any(part in f"{name}-{look}" for part in names):
                continue
            context = browser.new_context(**options, reduced_motion="reduce")
            page = context.new_page()
            page.on("console", lambda message: print("  ", message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: print("  ", error))
            print(f"{name}-{look}", flush=True)
            page.goto(stage.server.url + view.path(stage))
            try:
                view.act(page)
                if view.whole:
                    _make_room(page)
            finally:  # a view that does not come is worth a picture, too
                page.screenshot(path=FOLDER / f"{name}-{look}.png")
                context.close()


def main(names: list[str]) -> None:
    """Starts everything, and leaves the pictures."""
    if not names:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server(Path(folder) / "data") as server,
        open_chromium() as browser,
    ):
        take(browser, _set(server), names)
    print(f"{FOLDER.relative_to(ROOT)}: {len(list(FOLDER.glob('*.png')))} pictures")


if __name__ == "__main__":
    main(sys.argv[1:])
