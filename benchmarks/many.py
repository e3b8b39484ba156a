"""A hundred files with one command, two at a time; and fifty edits of a deck that is watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, percentile
from tests.support.one_shot import make_many, watch_edits
from tests.support.server import start_server

_FILES = 100
_EDITS = 50


def measure(folder: Path) -> Iterator[Figure]:
    course = folder / "course"
    course.mkdir()
    done = make_many(folder / "home", course, _FILES)
    left = [*(folder / "home" / "pressrun" / "commands" / "batches").iterdir()]
    yield Figure(f"of {_FILES} files, -P 2: not made, or left behind", _FILES - len(done.made) + len(left), "", 0)
    yield Figure("the same, a file", done.took_s / _FILES, "s", note="a PDF of a slide each, embedded server")
    with start_server(folder / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server:
        edits = list(watch_edits(server.url, folder, _EDITS))
    wrong = sum((edit.captured, edit.known) != (1, 3) for edit in edits)
    yield Figure(f"of {_EDITS} edits watched: other than the edited slide captured", wrong, "", 0, note="4 slides")
    times = [edit.took_s for edit in edits]
    yield Figure("edit to pictures, p50", percentile(times, 0.5), "s", note=f"p99 {percentile(times, 0.99):.2f} s")
