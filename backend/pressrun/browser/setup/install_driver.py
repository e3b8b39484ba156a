"""Makes Playwright's driver start. Owns one fact: the Node it brings along wants a library that bare machines lack.

Since Playwright's bundled Node is version 24, it is linked against libatomic, which neither Debian's base system nor
its Chromium packages bring; without it every call fails with "Connection closed while reading from the driver".
"""

from __future__ import annotations

import shutil
from pathlib import Path

import playwright

from pressrun.browser.setup.shell import Say, apt_installs, output, succeeds
from pressrun.errors import BrowserUnavailable

BUNDLED_NODE = Path(playwright.__file__).parent / "driver" / "node"

_START_LIMIT_S = 20  # 0.05 s here; a cold disk is slower
_LEAST_NODE = 20  # what our own front end is built with; Playwright's driver asks for 18


def ensure_driver(*, as_root: bool, say: Say, node: Path = BUNDLED_NODE) -> None:
    """Leaves a Playwright whose driver starts.

    Raises:
        BrowserUnavailable: it does not; the message says what to run.
    """
    if not node.exists() or _starts(node):
        return  # a Playwright from elsewhere (a distribution's) may bring no Node of its own
    if as_root and shutil.which("apt-get"):
        say("· libatomic1 for Playwright's Node")
        if apt_installs("libatomic1") and _starts(node):
            return
    ours = _system_node()
    if ours is None:
        raise BrowserUnavailable(
            "Playwright's driver does not start, a system library is missing; run: sudo apt-get install libatomic1"
        )
    say(f"· Playwright's own Node does not start here (libatomic is missing); it uses {ours} instead")
    _replace(node, ours)


def _starts(node: Path) -> bool:
    return succeeds((str(node), "--version"), limit_s=_START_LIMIT_S)


def _system_node() -> Path | None:
    found = shutil.which("node")
    if found is None:
        return None
    version = output((found, "--version"), limit_s=_START_LIMIT_S) or ""
    major = version.strip().removeprefix("v").split(".")[0]
    return Path(found) if major.isdecimal() and int(major) >= _LEAST_NODE else None


def _replace(node: Path, ours: Path) -> None:
    link = node.with_name("node.link")
    link.unlink(missing_ok=True)
    link.symlink_to(ours)
    link.replace(node)
