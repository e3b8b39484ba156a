"""What the tutorials say: one browser, one page, scroll, `page.screenshot`.

argv: URL, output folder, slides, Chromium.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def main(url: str, out: str, slides: int, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(url)
        for number in range(slides):
            page.evaluate("top => window.scrollTo(0, top)", number * 1080)
            page.screenshot(path=Path(out) / f"{number + 1:04d}.png")
        browser.close()


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
