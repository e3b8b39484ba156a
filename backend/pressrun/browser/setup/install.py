"""Puts a Chromium, and the fonts it needs, on this machine. Owns the order in which ways are tried; what counts as a
Chromium is `chromium.find_chromium`'s to say.

One Chromium that *starts* ends the search: a downloaded one without its system libraries does not count. Nothing asks
for a password, and every way has a time limit.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.setup.install_driver import BUNDLED_NODE, ensure_driver
from pressrun.browser.setup.shell import (
    APT_INSTALL,
    APT_UPDATE,
    PACKAGES_LIMIT_S,
    Command,
    Say,
    apt_installs,
    output,
    succeeds,
)
from pressrun.errors import BrowserUnavailable

FONT_PACKAGES = ("fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji")  # Debian's and Ubuntu's names

_START_LIMIT_S = 20  # `--version` takes 0.15 s here; a cold disk is slower
DOWNLOAD_MB = 110  # of Playwright's headless shell, about; it is only told to people
_DOWNLOAD_LIMIT_S = 300  # for that, over a slow line


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a Chromium: commands that are run in order until one fails."""

    title: str
    commands: tuple[Command, ...]
    limit_s: float = PACKAGES_LIMIT_S


def install_chromium(
    explicit: Path | None = None,
    *,
    say: Say | None = None,
    as_root: bool | None = None,
    python: str = sys.executable,
    find: Callable[[Path | None], Path] = find_chromium,
    driver_node: Path = BUNDLED_NODE,
) -> Path:
    """Finds a Chromium that starts, or installs one; sees to Playwright's driver before and to the fonts after it.

    `explicit` is PRESSRUN_CHROMIUM. `say` gets one short line for each thing done (default: standard error).

    Raises:
        BrowserUnavailable: with the one command that a person should run.
    """
    say = say or _say
    root = os.geteuid() == 0 if as_root is None else as_root
    ensure_driver(as_root=root, say=say, node=driver_node)
    path = _find_working(find, explicit)
    if path is None:
        if explicit is not None:
            raise BrowserUnavailable(f"PRESSRUN_CHROMIUM names {explicit}, which does not start; mend it or unset it.")
        path = _try_ways(ways_to_chromium(as_root=root, python=python), find, say)
    say(f"Chromium: {path}")
    install_fonts(as_root=root, say=say)
    return path


def ways_to_chromium(*, as_root: bool, python: str = sys.executable) -> Iterator[Way]:
    """The ways that exist on this machine, best first; packages only where that needs no password."""
    playwright: Command = (python, "-m", "playwright")
    yield Way(
        "Playwright's own Chromium", ((*playwright, "install", "chromium", "--only-shell"),), limit_s=_DOWNLOAD_LIMIT_S
    )
    if as_root and shutil.which("apt-get"):
        yield Way("chromium-headless-shell by apt", (APT_UPDATE, (*APT_INSTALL, "chromium-headless-shell")))
        yield Way("chromium by apt", ((*APT_INSTALL, "chromium"),))
        # Ubuntu has no Chromium package outside of snap: there the download above only lacks its system libraries.
        yield Way("system libraries for Playwright's own", ((*playwright, "install-deps", "chromium"),))
    if as_root and shutil.which("dnf"):
        yield Way("chromium-headless by dnf", (("dnf", "install", "-y", "-q", "chromium-headless"),))
    if as_root and shutil.which("apk"):
        yield Way("chromium by apk", (("apk", "add", "--quiet", "chromium"),))
    if shutil.which("brew"):
        yield Way("chromium by brew", (("brew", "install", "--quiet", "--cask", "chromium"),))


def install_fonts(*, as_root: bool, say: Say | None = None) -> None:
    """Fonts for the world's scripts, where Debian's packages can be asked for; missing fonts never fail the set-up."""
    say = say or _say
    missing = [name for name in FONT_PACKAGES if not _has_package(name)] if shutil.which("dpkg-query") else []
    if not missing:
        return
    if as_root and shutil.which("apt-get"):
        say(f"· fonts: {', '.join(missing)}")
        if apt_installs(*missing):
            return
    say(f"Fonts for some scripts may be missing; run: sudo apt-get install {' '.join(missing)}")


def _try_ways(ways: Iterator[Way], find: Callable[[Path | None], Path], say: Say) -> Path:
    for way in ways:
        say(f"· {way.title}")
        all(succeeds(command, limit_s=way.limit_s) for command in way.commands)
        path = _find_working(find, None)
        if path is not None:
            return path
    raise BrowserUnavailable(
        f"No Chromium was found and none could be installed; run: {_advice()} (or set PRESSRUN_CHROMIUM to one)."
    )


def _find_working(find: Callable[[Path | None], Path], explicit: Path | None) -> Path | None:
    try:
        path = find(explicit)
    except BrowserUnavailable:
        return None
    return path if succeeds((str(path), "--version"), limit_s=_START_LIMIT_S) else None


def _advice() -> str:
    for tool, command in (
        ("apt-get", "sudo apt-get install chromium-headless-shell"),
        ("dnf", "sudo dnf install chromium-headless"),
        ("apk", "doas apk add chromium"),
        ("brew", "brew install --cask chromium"),
    ):
        if shutil.which(tool):
            return command
    return "playwright install chromium"


def _has_package(name: str) -> bool:
    return output(("dpkg-query", "-W", "-f", "${db:Status-Status}", name)) == "installed"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
