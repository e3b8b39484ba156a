"""Text of a slide as DrawingML: runs, lines that break where the browser broke them, paragraphs with bullets. Pure.

Nothing reflows: lines end in breaks, have room behind their end, and their distance is a number of points. With a
distance that is fixed, programs put the baseline of a line a fifth of the size of its letters over its lower end,
whatever the font: from there a paragraph's place is reckoned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pressrun.exports.pptx import xml
from pressrun.exports.pptx.xml import Scale
from pressrun.slide_shapes import Marker, ShapeLine, ShapeParagraph, ShapeRun

_PX = 1.2  # CSS px that lines may be off, of which nobody sees anything
_UNDER_BASE = 0.2  # of their size, of a line; measured of ten fonts at three distances with LibreOffice 7.4
_UNEVEN = 0.2  # of their distance that lines of one paragraph may be off it
_UNDERLINES = {"solid": "sng", "double": "dbl", "dotted": "dotted", "dashed": "dash", "wavy": "wavy"}
_RAISED = 0.64  # programs write what is raised in about this share of its size
_OF_COMPLEX = re.compile("[\u0590-\u08ff\u0900-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefc]")
_OF_EAST = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_GENERIC = {
    "serif": "Times New Roman",
    "ui-serif": "Times New Roman",
    "monospace": "Courier New",
    "ui-monospace": "Courier New",
}
# PowerPoint's own square. Arial has one; where Arial is not, it is drawn of a font of emoji, or not at all
_BULLETS = {"▪": ('typeface="Wingdings" pitchFamily="2" charset="2"', "§")}
# PowerPoint's own square. Arial has one; where Arial is not, it is drawn of a font of emoji, or not at all
_BULLETS = {"▪": ('typeface="Wingdings" pitchFamily="2" charset="2"', "§")}
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_OUTSIDE = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)

Link = Callable[[str], str]  # the id of a relationship to an address


@dataclass(frozen=True, slots=True)
class Look:
    """What all texts of a presentation share."""

    scale: Scale
    fonts: Mapping[str, Mapping[int, str]]
    link: Link


@dataclass(slots=True)
class Block:
    """Lines at one distance: a paragraph of DrawingML. `skips`: empty lines before each line but the first."""

    paragraph: ShapeParagraph
    pitch: float
    lines: list[ShapeLine]
    marker: Marker | None
    indent: float = 0.0
    skips: list[int] = field(default_factory=list)

    @property
    def top(self) -> float:
        return self.lines[0].base - self.pitch + _UNDER_BASE * max(run.size for run in self.lines[0].runs)

    @property
    def end(self) -> float:
        return self.top + self.lines[-1].base - self.lines[0].base + self.pitch

    def evened(self) -> Block:
        """With one distance for all of its lines: a raised sign makes one of them taller."""
        steps = len(self.skips) + sum(self.skips)
        if steps:
            self.pitch = (self.lines[-1].base - self.lines[0].base) / steps
        return self

    @property
    def hang(self) -> float:
        """How far its bullet stands before its text."""
        if self.marker is None:
            return 0.0
        size = self.lines[0].runs[0].size
        return size * (1.05 if self.marker.bullet else 0.75 + 0.58 * len(str(abs(self.marker.value))))


_NUMBER_FIELD = "{7F0D3B1C-52A8-4E0E-9C55-6B1A1E0F2D01}"  # any GUID; one for all of them, as PowerPoint has it


def blocks_of(paragraph: ShapeParagraph) -> Iterator[Block]:
    """The paragraph, parted where its lines are at another distance or begin elsewhere."""
    current: Block | None = None
    for line in paragraph.lines:
        pitch = paragraph.high or max(run.high for run in line.runs)
        indent = _indent(paragraph, line)
        if current is not None:
            apart = line.base - current.lines[-1].base
            times = max(1, round(apart / current.pitch))
            if len(current.lines) == 1 and 0 < apart < current.pitch - _PX:
                current = None  # closer than their height: each is on its own
                pitch = apart
            elif (
                abs(apart - times * current.pitch) <= _UNEVEN * current.pitch
                and abs(indent - current.indent) <= 2 * _PX
            ):
                current.lines.append(line)
                current.skips.append(times - 1)
                continue
        if current is not None:
            yield current.evened()
        first = line is paragraph.lines[0]
        current = Block(paragraph, pitch, [line], paragraph.marker if first else None, indent)
    if current is not None:
        yield current.evened()


def _indent(paragraph: ShapeParagraph, line: ShapeLine) -> float:
    """How far in a line begins, where that is not what its alignment does."""
    if paragraph.align == "left" and not paragraph.rtl:
        return max(0.0, line.left - paragraph.left)
    if paragraph.align == "right" and paragraph.rtl:
        return max(0.0, paragraph.right - line.right)
    return 0.0


def columns_of(paragraphs: Sequence[ShapeParagraph]) -> list[list[Block]]:
    """Blocks below each other, as many text boxes as there are columns."""
    columns: list[list[Block]] = []
    for paragraph in paragraphs:
        for block in blocks_of(paragraph):
            last = columns[-1][-1] if columns else None
            if last is not None and block.top >= last.end - _PX and _share(last.paragraph, paragraph):
                columns[-1].append(block)
            else:
                columns.append([block])
    return columns


def _share(one: ShapeParagraph, other: ShapeParagraph) -> bool:
    return one is other or min(one.right, other.right) > max(one.left, other.left)


def body(blocks: Sequence[Block], left: float, right: float, look: Look, first_air: float = 0.0) -> str:
    """The paragraphs of a text box or cell that reaches from `left` to `right`."""
    written: list[str] = []
    end = blocks[0].top - first_air if blocks else 0.0
    numbering: dict[tuple[int, str], tuple[int, int]] = {}  # where it began, and its last number
    for block in blocks:
        _forget(numbering, block)
        written.append(_paragraph(block, left, right, block.top - end, _start(numbering, block), look))
        end = block.end
    return "".join(written)


def _forget(numbering: dict[tuple[int, str], tuple[int, int]], block: Block) -> None:
    """What of the numbers goes on behind this one."""
    level = block.paragraph.level
    for key in [key for key in numbering if key[0] > level or (key[0] == level and block.marker is None)]:
        del numbering[key]


def _start(numbering: dict[tuple[int, str], tuple[int, int]], block: Block) -> int:
    """Where its list begins to count: programs count on while that stays the same; a number that skips begins anew."""
    marker = block.marker
    if marker is None or not marker.number:
        return 1
    key = (block.paragraph.level, marker.number)
    start, last = numbering.get(key, (marker.value, marker.value - 1))
    if marker.value != last + 1:
        start = marker.value
    numbering[key] = (start, marker.value)
    return start


def _paragraph(block: Block, left: float, right: float, air: float, start: int, look: Look) -> str:
    scale, paragraph = look.scale, block.paragraph
    before, behind = paragraph.left - left, right - paragraph.right
    if paragraph.rtl:
        before, behind = behind, before
    align = {"left": "l", "right": "r", "center": "ctr"}.get(paragraph.align, "l")
    if align == "ctr":
        before, behind = max(0.0, before - behind), max(0.0, behind - before)
    elif (align == "r") == paragraph.rtl:
        behind = 0.0  # where its lines end they have room, should letters be wider elsewhere
    elif block.marker is None:
        before = 0.0
    margin = max(0, scale.emu(before + block.indent))
    hang = -min(margin, scale.emu(block.hang))
    margins = f'marL="{margin}" marR="{max(0, scale.emu(behind))}" indent="{hang}"'
    flags = f'{margins} lvl="{min(8, paragraph.level)}" algn="{align}"'
    spacing = (
        f'<a:lnSpc><a:spcPts val="{min(158_400, max(1, scale.points(block.pitch)))}"/></a:lnSpc>'
        f'<a:spcBef><a:spcPts val="{min(158_400, max(0, scale.points(air)))}"/></a:spcBef>'
        '<a:spcAft><a:spcPts val="0"/></a:spcAft>'
    )
    properties = f'<a:pPr {flags} rtl="{int(paragraph.rtl)}">{spacing}{_bullet(block.marker, start)}</a:pPr>'
    parts: list[str] = []
    for number, line in enumerate(block.lines):
        if number:
            size = scale.points(line.runs[0].size)
            parts += [f'<a:br><a:rPr sz="{_size(size)}"/></a:br>'] * (1 + block.skips[number - 1])
        parts += _runs(line, look)
    return f"<a:p>{properties}{''.join(parts)}</a:p>"


def _bullet(marker: Marker | None, start: int) -> str:
    if marker is None:
        return "<a:buNone/>"
    paint = f"<a:buClr>{xml.colour(marker.colour)}</a:buClr>"
    if marker.number:
        return f'{paint}<a:buFontTx/><a:buAutoNum type="{marker.number}" startAt="{min(32_767, max(1, start))}"/>'
    font, sign = _BULLETS.get(marker.bullet, ('typeface="Arial"', marker.bullet))
    return f"{paint}<a:buFont {font}/><a:buChar char={xml.attribute(sign)}/>"


def _runs(line: ShapeLine, look: Look) -> Iterator[str]:
    for run, following in zip(line.runs, [*line.runs[1:], None], strict=True):
        gap = 0.0 if following is None else following.gap
        if gap and len(run.text) > 1:
            yield _run(run, run.text[:-1], run.spacing, look)
            yield _run(run, run.text[-1], run.spacing + gap, look)
        else:
            yield _run(run, run.text, run.spacing + gap, look)


def _run(run: ShapeRun, text: str, spacing: float, look: Look) -> str:
    size = look.scale.points(run.size / (_RAISED if run.raised else 1))
    flags = [f'sz="{_size(size)}"', f'b="{int(run.is_bold)}"', f'i="{int(run.italic)}"', 'kern="0"']
    if _LANG.fullmatch(run.lang):
        flags.insert(0, f'lang="{run.lang}"')
    if run.underline is not None:
        flags.append(f'u="{_UNDERLINES[run.underline.kind]}"')
    if run.strike:
        flags.append('strike="sngStrike"')
    if run.raised:
        flags.append(f'baseline="{30_000 if run.raised == "super" else -25_000}"')
    if abs(spacing) > 0.01:  # noqa: PLR2004 - less than a hundredth of a point
        flags.append(f'spc="{min(400_000, max(-400_000, look.scale.points(spacing)))}"')
    if run.code:
        flags.append('noProof="1"')
    mark = "" if run.mark is None else f"<a:highlight>{xml.colour(run.mark)}</a:highlight>"
    under = run.underline
    line = "" if under is None or under.colour == run.colour else f"<a:uFill>{xml.fill(under.colour)}</a:uFill>"
    properties = f"{xml.fill(run.colour)}{mark}{line}{_typefaces(run, look)}{_hyperlink(run, look)}"
    inside = f"<a:rPr {' '.join(flags)}>{properties}</a:rPr><a:t>{xml.text(text)}</a:t>"
    if run.numbers and text.isdecimal():  # a field: it counts on when slides are moved
        return f'<a:fld id="{_NUMBER_FIELD}" type="slidenum">{inside}</a:fld>'
    return f"<a:r>{inside}</a:r>"


def _size(points: int) -> int:
    return min(400_000, max(100, points))


def _typefaces(run: ShapeRun, look: Look) -> str:
    """Fonts by script: the one that the browser has used for letters of that script."""
    known = look.fonts.get(run.font, {})
    latin = known.get(0) or _first_of(run.font)
    east, complex_one = _OF_EAST.search(run.text), _OF_COMPLEX.search(run.text)
    ea = known.get(ord(east[0]) >> 7, latin) if east else latin
    cs = known.get(ord(complex_one[0]) >> 7, latin) if complex_one else latin
    if not run.text.isascii() and not east and not complex_one:
        latin = next(
            (known[block] for c in run.text if (block := ord(c) >> 7) in known and c > "\xff" and c.isalpha()), latin
        )
    return "".join(
        f"<a:{slot} typeface={xml.attribute(name)}/>" for slot, name in (("latin", latin), ("ea", ea), ("cs", cs))
    )


def _first_of(families: str) -> str:
    first = families.split(",", 1)[0].strip().strip("\"'")
    return _GENERIC.get(first, "Arial" if first in ("", "sans-serif", "system-ui", "ui-sans-serif") else first)


def _hyperlink(run: ShapeRun, look: Look) -> str:
    """To the outside only. In the colour that it has: else programs take one of their own."""
    if run.link is None or not _OUTSIDE.match(run.link):
        return ""
    return (
        f'<a:hlinkClick r:id="{look.link(run.link)}"><a:extLst><a:ext uri="{{A12FA001-AC4F-418D-AE19-62706E023703}}">'
        '<ahyp:hlinkClr xmlns:ahyp="http://schemas.microsoft.com/office/drawing/2018/hyperlinkcolor" val="tx"/>'
        "</a:ext></a:extLst></a:hlinkClick>"
    )
