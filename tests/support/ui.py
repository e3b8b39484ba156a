"""A person in front of the UI: a browser profile, its complaints, and what is looked at on each screen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.limits import HANG_S
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
WAIT_MS = 1000 * HANG_S
DESK = (1280, 900)
PHONE = (360, 740)

expect.set_options(timeout=WAIT_MS)


@dataclass
class Person:
    """Somebody with a browser profile of their own; remembers what their browser complained about."""

    context: BrowserContext
    server: Server
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.server.url + path)
        return page

    def _note(self, message: Any) -> None:
        # A preview that gives way to a run is refused, and asked for again.
        if message.location.get("url", "").endswith("/preview") and "503" in message.text:
            return
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


def source_of(page: Page) -> Locator:
    """The editor's text, once its code has come; `to_have_text` with `use_inner_text` sees it line by line."""
    return page.locator("[contenteditable=true]").and_(page.get_by_role("textbox", name="Source"))


def write(page: Page, text: str) -> None:
    source_of(page).fill(text)


def generate(page: Page, text: str) -> None:
    """Returns on the run's own screen."""
    write(page, text)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_url("**/runs/*")


def open_part(page: Page, name: str) -> None:
    """A part of the run's screen, by its tab."""
    page.get_by_role("tablist", name="Parts of the run").get_by_role("tab", name=name).click()


def slide(page: Page, number: int) -> Any:
    return page.get_by_role("button", name=f"Open slide {number}", exact=True)


def is_over(page: Page) -> None:
    expect(page.get_by_role("link", name="Download all (ZIP)")).to_be_visible()


def lines_of(value: list[dict[str, Any]]) -> str:
    return "\n".join(f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in value)


def check_accessible(page: Page) -> None:
    """axe's rules up to WCAG 2.2 AA, contrast among them; a frame without an origin cannot be asked."""
    page.evaluate(AXE.read_text())
    tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    # of what passes one element a rule, not all: a third of the time
    found = page.evaluate(f"axe.run({{runOnly: {tags}, iframes: false, resultTypes: ['violations']}})")
    assert not found["violations"], lines_of(found["violations"])
    assert found["passes"]


def check_width(page: Page) -> None:
    over = """() => {
      const root = document.documentElement;
      if (root.scrollWidth <= root.clientWidth) return [];
      const isOut = (element) => element.getBoundingClientRect().right > root.clientWidth;
      const out = [...document.querySelectorAll("body *")].filter(isOut);
      return [root.scrollWidth, ...out.map((element) => element.outerHTML.slice(0, 200))];
    }"""
    found = page.evaluate(over)
    assert found == [], f"{page.url} scrolls sideways: {found}"
