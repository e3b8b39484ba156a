"""Which Chromium is found, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import playwright
import pytest

from pressrun.browser.chromium.executable import find_chromium
from pressrun.errors import BrowserUnavailable


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def revision(name: str) -> str:
    manifest = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    return str(next(b["revision"] for b in json.loads(manifest.read_text())["browsers"] if b["name"] == name))


def test_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    assert find_chromium(executable(tmp_path / "mine")) == tmp_path / "mine"


def test_a_wrong_name_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BrowserUnavailable, match=f"PRESSRUN_CHROMIUM is set to {tmp_path}/none"):
        find_chromium(tmp_path / "none")


def test_a_folder_is_no_chromium(tmp_path: Path) -> None:
    with pytest.raises(BrowserUnavailable, match="not an executable file"):
        find_chromium(tmp_path)


def test_playwright_s_own_headless_shell_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    chrome = executable(tmp_path / f"chromium-{revision('chromium')}" / "chrome-linux64" / "chrome")
    assert find_chromium(None) == chrome
    shell = executable(
        tmp_path
        / f"chromium_headless_shell-{revision('chromium-headless-shell')}"
        / "chrome-headless-shell-linux64"
        / "chrome-headless-shell"
    )
    assert find_chromium(None) == shell


def test_a_revision_made_for_another_playwright_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    old = executable(tmp_path / "chromium-1" / "chrome-linux64" / "chrome")
    monkeypatch.setattr("pressrun.browser.chromium.executable._HEADLESS_SHELLS", (str(executable(tmp_path / "shell")),))
    assert find_chromium(None) == tmp_path / "shell" != old


def test_without_any_one_sentence_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    for places in ("_HEADLESS_SHELLS", "_CHROMIUMS", "_CHROMES"):
        monkeypatch.setattr(f"pressrun.browser.chromium.executable.{places}", ("no-such-chromium",))
    with pytest.raises(BrowserUnavailable, match="pressrun install-browser"):
        find_chromium(None)
