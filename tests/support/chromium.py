"""A Chromium for tests that look at our own pages from a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from pressrun.browser.chromium.executable import find_chromium


@contextmanager
def open_chromium(*args: str) -> Iterator[Browser]:
    """The browser that the product would use, driven from this thread."""
    explicit = os.environ.get("PRESSRUN_CHROMIUM")
    path = find_chromium(Path(explicit) if explicit else None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *args])
        yield browser
        browser.close()
