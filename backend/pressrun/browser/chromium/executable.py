"""Which Chromium to start. Owns the order in which places are looked at; starts nothing and installs nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright

from pressrun.errors import BrowserUnavailable

_INSTALL_HINT = "run `pressrun install-browser`, or set PRESSRUN_CHROMIUM to the Chromium you have"

# The binaries themselves come before the commands of the same name: Debian's commands are shell scripts, and a process
# started through one is not the one to signal or to count (BROWSER.md, "The pool", 1).
_HEADLESS_SHELLS = ("/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell")
_CHROMIUMS = (
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "chromium",
    "chromium-browser",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_CHROMES = (
    "/opt/google/chrome/chrome",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium(explicit: Path | None) -> Path:
    """The executable to start: `explicit` if given, else the first found of the list in README.

    Raises:
        BrowserUnavailable: nothing found, or `explicit` is not an executable file.
    """
    if explicit is not None:
        if not _is_executable(explicit):
            raise BrowserUnavailable(
                f"PRESSRUN_CHROMIUM is set to {explicit}, which is not an executable file; correct or unset it."
            )
        return explicit
    for found in _candidates():
        return found
    raise BrowserUnavailable(f"No Chromium was found; {_INSTALL_HINT}.")


def _candidates() -> Iterator[Path]:
    yield from _installed_by_playwright()
    for name in (*_HEADLESS_SHELLS, *_CHROMIUMS, *_CHROMES):
        found = shutil.which(name)
        if found is not None:
            yield Path(found)


def _installed_by_playwright() -> Iterator[Path]:
    """Only the revision this Playwright was made for: another one may not speak its protocol."""
    folder = _playwright_folder()
    for name, executable in (
        ("chromium-headless-shell", "chrome-headless-shell"),
        ("chromium-headless-shell", "headless_shell"),
        ("chromium", "chrome"),
        ("chromium", "*.app/Contents/MacOS/*"),
    ):
        home = folder / f"{name.replace('-', '_')}-{_playwright_revision(name)}"
        yield from (path for path in sorted(home.glob(f"*/{executable}")) if _is_executable(path))


def _playwright_revision(name: str) -> str:
    manifest = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    browsers = json.loads(manifest.read_text(encoding="utf-8"))["browsers"]
    return next((str(browser["revision"]) for browser in browsers if browser["name"] == name), "none")


def _playwright_folder() -> Path:
    """Where `playwright install` puts browsers. The variable is Playwright's own, so it is not in our settings."""
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if given == "0":
        return Path(playwright.__file__).parent / "driver" / "package" / ".local-browsers"
    if given:
        return Path(given)
    caches = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return caches / "ms-playwright"


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
