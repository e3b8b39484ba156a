"""Many files with one command, and many edits of one file. `python -m benchmarks many` has a hundred and fifty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.one_shot import make_many, watch_edits
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def test_twenty_files_two_at_a_time_are_all_made_and_leave_nothing_else(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "course"
    folder.mkdir()
    done = make_many(home, folder, 20)
    assert done.code == 0
    assert len(done.made) == 20
    assert done.at_once <= 2
    written = sorted((folder / "out").iterdir())
    assert [path.name for path in written] == [f"chapter {number:03}.pdf" for number in range(20)]
    assert all(path.read_bytes().startswith(b"%PDF") and b"%%EOF" in path.read_bytes()[-16:] for path in written)
    data = home / "pressrun" / "commands"
    assert [*(data / "batches").iterdir(), *(data / "staging").iterdir()] == []


def test_a_watch_captures_only_the_slide_that_was_edited(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server:
        edits = list(watch_edits(server.url, tmp_path, 6))
    assert [(edit.captured, edit.known) for edit in edits] == [(1, 3)] * 6
    assert len(list((tmp_path / "pictures").iterdir())) == 4
