"""Letters of fallback fonts: how far apart a presentation writes them to have its lines as wide as the slides.

Where the first font has no letters of a script, the browser draws words in another and spaces in the first; makes bold
itself where it falls back to a face that is not; and rounds the width of a letter to pixels. Programs that are told one
font for a script do none of this; nor have they the fonts that a theme brings along. What differs is measured, and
dealt out between the letters of a run. A theme's font may be as heavy at its usual weight as another's bold, and
smaller: what stands in for it is written in the nearer weight, at the size at which it is as wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pressrun.slide_shapes import BOLD, REGULAR, ShapeRun, SlideShapes

# Letters that hang together: what is between them would tear them apart
_JOINED: Final = re.compile("[\u0600-\u08ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]")
_MOST: Final = 0.2  # of the size of letters: what is more is another font than fontconfig names
_LEAST: Final = 0.0005  # of it: over 100 letters of 30 px a pixel and a half


def borrowing(shapes: SlideShapes) -> list[tuple[ShapeRun, list[str]]]:
    """Runs that a program is not told to write in their first font alone, each once, with the families it is told."""
    found: dict[str, tuple[ShapeRun, list[str]]] = {}
    for run in shapes.runs:
        known = shapes.fonts.get(run.font, {})
        own = known.get(0, "")
        first = run.font.split(",", 1)[0].strip().strip("\"'")
        others = [known[block] for c in run.text if (block := ord(c) >> 7) in known and block and c.isalpha()]
        families = [name for name in dict.fromkeys([*others, own]) if name]
        if run.width and not run.raised and families and families != [first] and not _JOINED.search(run.text):
            found.setdefault(run.key, (run, families))
    return [*found.values()]


def run_asked(run: ShapeRun, families: Sequence[str]) -> list[Any]:
    """As in_page/measure_letters.js wants it."""
    return [[*families], run.font, run.weight, run.is_bold, run.italic, run.text]


def fit(shapes: SlideShapes, runs: Iterable[ShapeRun], measured: Iterable[Sequence[Any]]) -> None:
    """Writes into `shapes` how those runs are written in the families that a program is told. `measured`: the width of
    each at a size of 1, how many signs it has, whether in bold, at which share of its size.
    """
    changes = {run.key: _changes(run, *told) for run, told in zip(runs, measured, strict=True)}
    for line in shapes.lines:  # of another colour, or a link: only what its width depends on is the same
        line.runs[:] = [run.model_copy(update=new) if (new := changes.get(run.key)) else run for run in line.runs]


def _changes(run: ShapeRun, width: float, signs: int, bold: bool, share: float) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if bold != run.is_bold:
        changes["weight"] = BOLD if bold else REGULAR
    if share != 1:
        changes["size"] = run.size * share
    spacing = (run.width - width * run.size * share) / max(1, signs)
    if _LEAST * run.size < abs(spacing - run.spacing) < _MOST * run.size:
        changes["spacing"] = round(spacing, 4)
    return changes
