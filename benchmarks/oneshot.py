"""`pressrun FILE` without a server: how soon the first slide is there, and how soon all is done."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pressrun
from benchmarks.figures import Figure
from tests.support.server import PRESSRUN

_ROUNDS = 5
_DECK = "\n\n".join(f"# Bend {number}\n\n" + "Water flows. " * 40 for number in range(5))


def measure(folder: Path) -> Iterator[Figure]:
    compileall.compile_dir(Path(pressrun.__file__).parent, quiet=1)  # as an installation does
    deck = folder / "deck.md"
    for kind, homes in (("a new", range(_ROUNDS)), ("an existing", [0] * _ROUNDS)):
        times = []
        for number, home in enumerate(homes):
            deck.write_text(f"{_DECK}\n\n{kind} {number}\n")  # nothing that a cache has
            times.append(_make(deck, folder / f"home-{home}", folder / f"{kind}-{number}.pdf"))
        first_s, all_s = (median(figures) for figures in zip(*times, strict=True))
        yield Figure(f"start to the first slide on {kind} data folder, median of {_ROUNDS}", first_s, "s", target=2.5)
        yield Figure("the same: to the end of the command", all_s, "s", note="5 slides and a PDF")


def _make(deck: Path, home: Path, pdf: Path) -> tuple[float, float]:
    """Seconds to the first slide, and to the end."""
    words = [PRESSRUN, deck, "-o", pdf, "-o", pdf.with_suffix(""), "--server", "embedded", "--json"]
    begun_at, first_s = time.perf_counter(), 0.0
    env = os.environ | {"XDG_DATA_HOME": str(home)}
    with subprocess.Popen([*map(str, words)], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not first_s and json.loads(line)["type"] == "screenshot":
                first_s = time.perf_counter() - begun_at
    assert process.returncode == 0
    return first_s, time.perf_counter() - begun_at
