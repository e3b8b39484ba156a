"""What a page of a PDF paints, dealt out to the slides that show it. Pure; knows Skia's writing and PDF's rules.

A content stream is read once, instruction by instruction; what paints goes to the slides whose window it touches, with
as much of the graphics state as that slide has not had yet. So the work grows with what is painted, not with the number
of slides times that. Text goes where the lower half of its letters is, for a line whose ink hangs over a cut is text of
one slide only; where lines are cut through, it goes where any of it is seen.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NamedTuple

from pressrun.browser.slides.pdf_geometry import (
    EVERYWHERE,
    SAME,
    Matrix,
    Rect,
    around,
    box_of,
    matrix_of,
    moved,
    product,
)
from pressrun.browser.slides.pdf_streams import ARTIFACT, MCID, Level, Sheet, Stream
from pressrun.worker_threads import stop_if_cancelled

# ISO 32000-1, 7.2 and 7.8; text objects are one token, for nothing in them is dealt out by itself
_TOKEN: Final = re.compile(
    rb"""(?P<text>BT\s(?:[^()]|\((?:[^()\\]|\\.)*\))*?\sET(?=\s|\Z))
    | (?P<operand>[-+.\d][-+.\deE]*|/[^\s()<>\[\]{}/%]*|\((?:[^()\\]|\\.)*\)|<<(?:[^<>]|<[^<>]*>)*>>|<[^<>]*>
        |\[(?:[^\[\]()]|\((?:[^()\\]|\\.)*\))*\])
    | (?P<operator>[A-Za-z'"][A-Za-z0-9*'"]*)
    | (?P<unknown>[^\s])""",
    re.VERBOSE | re.DOTALL,
)
_FONT: Final = re.compile(rb"/([^\s/]+)\s+([-+.\d]+)\s+Tf\b")
_MATRIX: Final = re.compile(rb"([-+.\d]+)\s+([-+.\d]+)\s+([-+.\d]+)\s+([-+.\d]+)\s+([-+.\d]+)\s+([-+.\d]+)\s+Tm\b")
_MOVE: Final = re.compile(rb"([-+.\d]+)\s+([-+.\d]+)\s+Td\b")

_PATH: Final = {b"m", b"l", b"c", b"v", b"y", b"re", b"h"}
_FILL: Final = {b"f", b"F", b"f*"}
_STROKE: Final = {b"S", b"s", b"B", b"B*", b"b", b"b*"}
# state that the last setting decides, by what it sets
_LATEST: Final = {
    b"w": "w", b"J": "J", b"j": "j", b"M": "M", b"d": "d", b"ri": "ri", b"i": "i",
    b"g": "fill", b"rg": "fill", b"k": "fill", b"cs": "fill",
    b"G": "stroke", b"RG": "stroke", b"K": "stroke", b"CS": "stroke",
}  # fmt: skip
_AFTER: Final = {b"sc": "fill", b"scn": "fill", b"SC": "stroke", b"SCN": "stroke"}  # they go with the space before

# Neighbours touch in 1/64 px; less of a letter than this on a slide is none (page_breaks.EPSILON_CSS_PX).
_TOUCHING_PT: Final = 0.25
# From the base line, as shares of the font's size: what letters of any script have ink in, and all that they may have
_LOWER_HALF: Final = (0.0, 0.5)
_INK: Final = (-0.3, 1.0)
_MAX_DEPTH: Final = 20  # of forms in forms; Chromium nests one for each layer
MAX_BYTES: Final = 128 * 1024 * 1024  # of all slides together; 500 of them with 5 000 words each have a quarter


class TooMuchPainted(Exception):
    """Dealt out, the slides would be larger than `MAX_BYTES`."""


class UnknownContent(Exception):
    """Not as Chromium writes it."""


@dataclass(slots=True)
class Form:
    """A form that a page paints: `read` gives its content and resources."""

    box: Rect
    matrix: Matrix
    content: bytes
    resources: Resources


class Resources(NamedTuple):
    """What names in a content stream stand for, as far as that matters here."""

    forms: Mapping[bytes, Any]  # those of XObject that are no pictures
    masking: frozenset[bytes]  # graphics states that set a soft mask, whose place is that of the matrix at that moment
    read_form: Any  # (form) -> Form
    copy_form: Any  # (form, content) -> a form like it with that content


class Dealer:
    """Deals the content of one page out to sheets."""

    def __init__(self, windows: Sequence[Rect], *, cuts_lines: bool) -> None:
        self.cuts_lines = cuts_lines
        self.sheets = [Sheet(window) for window in windows]
        order = sorted(range(len(windows)), key=lambda index: -windows[index].top)
        self._order = [self.sheets[index] for index in order]
        # from above: where each begins, and how far down those up to it reach, both as growing numbers
        self._tops = [-sheet.window.top for sheet in self._order]
        self._bottoms = list(accumulate((-sheet.window.bottom for sheet in self._order), max))
        self._left = MAX_BYTES
        self._names = 0

    def deal(self, content: bytes, resources: Resources) -> list[bytes]:
        """The content of each sheet. Raises: TooMuchPainted, UnknownContent."""
        streams = {id(sheet): Stream(sheet) for sheet in self.sheets}
        _Reader(self, streams, resources, SAME, EVERYWHERE, 0).read(content)
        return [streams[id(sheet)].finish() for sheet in self.sheets]

    def that_show(self, box: Rect, by: float = 0.0) -> Iterator[Sheet]:
        """The sheets whose window shares more than `by` with the box, from above."""
        begin = bisect_right(self._bottoms, -box.top)
        for sheet in self._order[begin : bisect_left(self._tops, -box.bottom)]:
            if sheet.window.touches(box, by):
                yield sheet

    def spend(self, size_bytes: int) -> None:
        """Raises: TooMuchPainted."""
        self._left -= size_bytes
        if self._left < 0:
            raise TooMuchPainted

    def new_name(self) -> bytes:
        """For a part of a form, in the resources of a page."""
        self._names += 1
        return b"Part%d" % self._names


class _Reader:
    """Reads one content stream."""

    def __init__(
        self,
        dealer: Dealer,
        streams: dict[int, Stream],
        resources: Resources,
        matrix: Matrix,
        clip: Rect,
        depth: int,
        *,
        in_mark: bool = False,
    ) -> None:
        self._dealer = dealer
        self._streams = streams
        self._resources = resources
        self._depth = depth
        self._in_mark = in_mark  # of whoever paints this form
        self._levels = [Level(matrix, clip)]
        self._marks: list[tuple[bytes, int | None]] = []
        self._path: list[tuple[float, float]] = []
        self._path_start = -1
        self._clips = False
        self._font: bytes = b""
        self._size = 0.0

    def read(self, content: bytes) -> None:
        start = -1
        operands: list[bytes] = []
        for token in _TOKEN.finditer(content):
            if token.lastgroup == "operand":
                start = token.start() if start < 0 else start
                operands.append(token[0])
            elif token.lastgroup == "operator":
                start = token.start() if start < 0 else start
                self._instruct(token[0], operands, content, start, token.end())
                start = -1
                operands.clear()
            elif token.lastgroup == "text":
                stop_if_cancelled()
                self._show_text(token[0])
            else:
                raise UnknownContent(f"{token[0]!r} at {token.start()}")

    def _instruct(self, operator: bytes, operands: list[bytes], content: bytes, start: int, end: int) -> None:
        level = self._levels[-1]
        if operator in _PATH:
            self._draw(operator, operands, start)
        elif operator in _FILL or operator in _STROKE or operator == b"n":
            self._paint_path(operator, content, start, end)
        elif operator in (b"W", b"W*"):
            self._clips = True
        elif operator == b"q":
            self._levels.append(Level(level.matrix, level.clip))
        elif operator == b"Q":
            if len(self._levels) > 1:
                self._levels.pop()
        elif operator == b"cm":
            level.matrix = product(matrix_of(operands), level.matrix)
            level.ordered.append(content[start:end] + b"\n")
        elif operator in (b"BDC", b"BMC", b"EMC"):
            self._mark(operator, content[start:end])
        elif operator == b"Do":
            self._show_object(operands[0][1:], content[start:end])
        elif operator == b"sh":
            self._paint(content[start:end], level.clip)
        else:
            self._set(operator, operands, content[start:end] + b"\n")

    def _mark(self, operator: bytes, raw: bytes) -> None:
        if operator != b"EMC":
            found = MCID.search(raw) if operator == b"BDC" else None
            self._marks.append((raw + b"\n", int(found[1]) if found else None))
        elif self._marks:
            self._marks.pop()

    def _set(self, operator: bytes, operands: list[bytes], raw: bytes) -> None:
        level = self._levels[-1]
        if operator == b"gs":
            if operands[0][1:] in self._resources.masking:
                level.ordered += [entry[1] for entry in level.latest.values()]
                level.latest.clear()
                level.ordered.append(raw)
            else:
                level.put(operands[0], raw)
        elif operator in _LATEST:
            level.put(_LATEST[operator], raw)
        elif operator in _AFTER:
            key = _AFTER[operator]
            space = level.latest.get(key, (0, b""))[1].partition(b"\n")[0]
            level.put(key, (space + b"\n" if space.lower().endswith(b"cs") else b"") + raw)
        elif operator not in (b"BX", b"EX", b"DP", b"MP"):
            raise UnknownContent(operator.decode("latin-1"))

    def _draw(self, operator: bytes, operands: list[bytes], start: int) -> None:
        if self._path_start < 0:
            self._path_start = start
        numbers = [float(operand) for operand in operands]
        if operator == b"re":
            x, y, width, height = numbers
            self._path += [(x, y), (x + width, y + height), (x + width, y), (x, y + height)]
        else:
            self._path += zip(numbers[::2], numbers[1::2], strict=True)

    def _paint_path(self, operator: bytes, content: bytes, start: int, end: int) -> None:
        level = self._levels[-1]
        box = box_of(self._path, level.matrix)
        raw = content[start if self._path_start < 0 else self._path_start : end]
        if operator != b"n":
            pen = 1.0 if operator in _STROKE else 0.0
            self._paint(raw, Rect(box[0] - pen, box[1] - pen, box[2] + pen, box[3] + pen))
        if self._clips:
            level.clip = level.clip.meet(box)
            level.ordered.append(raw + b"\n")
        self._path, self._path_start, self._clips = [], -1, False

    def _show_text(self, raw: bytes) -> None:
        fonts = _FONT.findall(raw)
        if fonts:
            self._font, self._size = b"/%s %s Tf" % fonts[-1], float(fonts[-1][1])
        elif self._font:  # the one before goes on; a slide may not have had it
            raw = raw.replace(b"BT", b"BT\n" + self._font, 1)
        low, half = (self._size * share for share in (_INK if self._dealer.cuts_lines else _LOWER_HALF))
        placed = [tuple(map(float, found)) for found in _MATRIX.findall(raw)] or [SAME]
        corners: list[tuple[float, float]] = []
        for matrix in placed:
            whole = product(matrix, self._levels[-1].matrix)  # type: ignore[arg-type]
            points = [(0.0, low), (0.0, half)]
            if len(placed) == 1:
                points += [(x, y + up) for x, y in _reach(raw) for up in (low, half)]
            corners += [moved(point, whole) for point in points]
        box = around(corners)
        # the width of the last letter is not known, and one alone would have none at all
        self._paint(raw, Rect(box.left - half / 2, box.bottom, box.right + half / 2, box.top), _TOUCHING_PT)

    def _show_object(self, name: bytes, raw: bytes) -> None:
        level = self._levels[-1]
        known = self._resources.forms.get(name)
        if known is None:
            self._paint(raw, box_of([(0, 0), (1, 0), (0, 1), (1, 1)], level.matrix))
            return
        form: Form = self._resources.read_form(known)
        matrix = product(form.matrix, level.matrix)
        corners = [(x, y) for x in (form.box.left, form.box.right) for y in (form.box.bottom, form.box.top)]
        box = box_of(corners, matrix)
        shown = list(self._dealer.that_show(box.meet(level.clip)))
        if len(shown) <= 1 or self._depth >= _MAX_DEPTH:
            self._paint(raw, box, holds_marks=True)
            return
        parts = {id(sheet): Stream(sheet) for sheet in shown if id(sheet) in self._streams}
        reader = _Reader(
            self._dealer,
            parts,
            form.resources,
            matrix,
            level.clip.meet(box),
            self._depth + 1,
            in_mark=self._in_mark or bool(self._marks),
        )
        reader.read(form.content)
        for key, part in parts.items():
            if part.out:
                part_name = self._dealer.new_name()
                copy = self._resources.copy_form(known, part.finish(), part.sheet.forms)
                part.sheet.forms[part_name] = copy
                self._write(self._streams[key], b"/%s Do" % part_name, holds_marks=True)

    def _paint(self, raw: bytes, box: Rect, by: float = 0.0, *, holds_marks: bool = False) -> None:
        clip = self._levels[-1].clip
        if by and not box.touches(clip, by):
            return  # text that its box hides
        for sheet in self._dealer.that_show(box.meet(clip), by):
            stream = self._streams.get(id(sheet))
            if stream is not None:
                self._write(stream, raw, holds_marks=holds_marks)

    def _write(self, stream: Stream, raw: bytes, *, holds_marks: bool = False) -> None:
        """`holds_marks`: of a form, whose content is marked in itself; no mark may stand in an artifact."""
        size = stream.follow(self._levels)
        unmarked = None if holds_marks or self._in_mark else ARTIFACT
        stream.enter(*(self._marks[-1] if self._marks else (unmarked, None)))
        stream.out += (raw, b"\n")
        self._dealer.spend(size + len(raw))


def _reach(text: bytes) -> list[tuple[float, float]]:
    """The places of its letters that lie farthest out."""
    x = y = 0.0
    left = right = low = high = 0.0
    for dx, dy in _MOVE.findall(text):
        x, y = x + float(dx), y + float(dy)
        left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
    return [(left, low), (right, high)]
