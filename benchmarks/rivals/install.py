"""Installs the rivals, each with its pinned versions, into benchmarks/out/rivals: not part of `make setup`.

All of them get the Chromium that Pressrun found, so that nobody wins by another browser.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pressrun.browser.chromium.executable import find_chromium

_HERE = Path(__file__).parent
HOME = _HERE.parent / "out" / "rivals"


@dataclass(frozen=True)
class Installed:
    """Where the rivals are; `browsers` is a PLAYWRIGHT_BROWSERS_PATH for those that cannot be told of a Chromium."""

    python: Path
    shot_scraper: Path
    cluster: Path
    browsers: Path
    chromium: Path


def install() -> Installed:
    """What is there already is not installed again. Needs a package index and npm's registry once."""
    venv, node = HOME / "venv", HOME / "node"
    python = install_python(venv, _HERE)
    install_node(node, _HERE)
    shutil.copy(_HERE / "cluster.mjs", node)  # beside its node_modules, where Node looks for them
    chromium = find_chromium(None)
    return Installed(python, venv / "bin" / "shot-scraper", node / "cluster.mjs", _browsers(python, chromium), chromium)


def install_python(venv: Path, wanted: Path) -> Path:
    """The interpreter of an environment with what `requirements.txt` in that folder pins."""
    python = venv / "bin" / "python"
    if _is_new(venv, wanted / "requirements.txt"):
        print("· the rivals in Python", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted / "requirements.txt"], check=True)
        _stamp(venv, wanted / "requirements.txt")
    return python


def install_node(node: Path, wanted: Path) -> Path:
    """Where the commands are of what `package-lock.json` in that folder pins, or `package.json` where it has no other.
    No script of a package runs, so none downloads a browser.
    """
    locked = (wanted / "package-lock.json").is_file()
    pinned = wanted / ("package-lock.json" if locked else "package.json")
    if _is_new(node, pinned):
        print("· the rivals in JavaScript", file=sys.stderr)
        node.mkdir(parents=True, exist_ok=True)
        for path in {wanted / "package.json", pinned}:
            shutil.copy(path, node)
        quietly = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(["npm", "ci" if locked else "install", *quietly], cwd=node, check=True)
        _stamp(node, pinned)
    return node / "node_modules" / ".bin"


def environment(installed: Installed) -> dict[str, str]:
    """For every rival's process: no setting of ours, and the browser."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSRUN_", "PYTHON"))}
    return {**kept, "PLAYWRIGHT_BROWSERS_PATH": str(installed.browsers)}


def _browsers(python: Path, chromium: Path) -> Path:
    """shot-scraper starts whatever Playwright has downloaded; a link makes that the same Chromium."""
    folder = HOME / "browsers"
    code = (
        "import pathlib, playwright; "
        "print((pathlib.Path(playwright.__file__).parent / 'driver/package/browsers.json').read_text())"
    )
    listed = json.loads(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout)
    revision = next(b["revision"] for b in listed["browsers"] if b["name"] == "chromium-headless-shell")
    link = folder / f"chromium_headless_shell-{revision}" / "chrome-headless-shell-linux64" / "chrome-headless-shell"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(chromium)
    return folder


def _is_new(folder: Path, wanted: Path) -> bool:
    stamp = folder / ".installed"
    return not stamp.exists() or stamp.read_text() != _digest(wanted)


def _stamp(folder: Path, wanted: Path) -> None:
    (folder / ".installed").write_text(_digest(wanted))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
