"""`make demo` does what it says, as often as one likes, and leaves no server behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.limits import HANG_S

ROOT = Path(__file__).resolve().parents[2]
DEMO = (sys.executable, str(ROOT / "examples" / "demo.py"))

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def environment(data: Path, **given: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PRESSRUN_")}
    return {**clean, "PRESSRUN_DATA_DIR": str(data), **given}


def run_demo(data: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        DEMO,
        env=environment(data, **given),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )


def processes_using(data: Path) -> list[str]:
    """The command lines of all processes that were given this data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(data).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_the_demo_ends_with_a_batch_folder_and_names_every_file_in_it_twice_in_a_row(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for times in (1, 2):
        done = run_demo(data)
        assert done.returncode == 0, done.stdout + done.stderr
        folders = sorted((data / "batches").iterdir())
        assert len(folders) == times
        files = [path.relative_to(folders[-1]).as_posix() for path in folders[-1].rglob("*") if path.is_file()]
        listing = done.stdout.split(f"\n{folders[-1]}\n")[1]
        assert set(re.findall(r"^ *[\d,]+  (\S+)$", listing, re.MULTILINE)) == set(files)
        assert "manifest.json" in files
        assert len([name for name in files if name.startswith("slides/")]) >= 8
    assert processes_using(data) == []


def test_a_server_that_cannot_start_is_shown_with_its_own_words(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("a file is in the way")
    done = run_demo(data)
    assert done.returncode == 1
    assert str(data) in done.stderr
    assert processes_using(data) == []


def test_a_demo_that_is_told_to_stop_takes_its_server_along(tmp_path: Path) -> None:
    data = tmp_path / "data"
    demo = subprocess.Popen(
        DEMO, env=environment(data), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert demo.stdout is not None
    assert any("examples/lesson.md to http" in line for line in demo.stdout)
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=HANG_S)
    assert demo.returncode == 143
    assert [line for line in processes_using(data) if "serve" in line] == []
