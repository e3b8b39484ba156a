"""Temporary folders of drivers: gone with their owner, also when that had no chance to remove them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pressrun.browser.chromium.scratch import PREFIX, Scratch, sweep

_OWNER = "from pressrun.browser.chromium.scratch import Scratch; s = Scratch(); print(s.path, flush=True); input()"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def owner(root: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    env = {**os.environ, "TMPDIR": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _OWNER], stdin=pipe, stdout=pipe, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_goes_with_all_that_is_in_it(root: Path) -> None:
    scratch = Scratch()
    (scratch.path / "profile").mkdir()
    (scratch.path / "profile" / "cookies").write_text("x")
    scratch.remove()
    scratch.remove()
    assert list(root.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(root: Path) -> None:
    with owner(root) as (process, folder):
        (folder / "profile").mkdir()
        own = Scratch()
        sweep()
        assert {path.name for path in root.iterdir()} == {folder.name, own.path.name}
        process.kill()
        process.wait()
        sweep()
        assert [path.name for path in root.iterdir()] == [own.path.name]
        own.remove()


def test_what_only_looks_like_one_is_left_alone(root: Path) -> None:
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    (root / f"{PREFIX}link").symlink_to(elsewhere)
    (root / f"{PREFIX}file").write_text("x")
    (root / f"{PREFIX}new").mkdir()  # just being made
    old = root / f"{PREFIX}old"
    old.mkdir()
    os.utime(old, (0, 0))
    if os.geteuid() == 0:
        other = root / f"{PREFIX}somebody-else"
        other.mkdir()
        os.utime(other, (0, 0))
        os.chown(other, 12_345, 12_345)
    sweep()
    assert not old.exists()
    kept = {"elsewhere", f"{PREFIX}link", f"{PREFIX}file", f"{PREFIX}new"}
    assert {path.name for path in root.iterdir()} - {f"{PREFIX}somebody-else"} == kept
    assert os.geteuid() != 0 or (root / f"{PREFIX}somebody-else").is_dir()


def test_a_folder_into_which_a_dying_process_still_writes_goes_all_the_same(root: Path) -> None:
    scratch = Scratch()
    until = time.monotonic() + 0.3

    def write() -> None:
        while time.monotonic() < until:
            try:
                scratch.path.mkdir(exist_ok=True)
                (scratch.path / f"{time.monotonic_ns()}").write_text("x")
            except OSError:
                continue  # removed just now

    writer = threading.Thread(target=write)
    writer.start()
    scratch.remove()
    writer.join()
    scratch.remove()
    assert list(root.iterdir()) == []


def test_many_sweep_at_once(root: Path) -> None:
    for number in range(50):
        folder = root / f"{PREFIX}{number}"
        folder.mkdir()
        os.utime(folder, (0, 0))
    sweepers = [threading.Thread(target=sweep) for _ in range(4)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    assert list(root.iterdir()) == []
