"""Shapes of a slide as PresentationML, in the order of painting, each with an id of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pressrun.exports.pptx import text, xml
from pressrun.exports.pptx.text import Block, Look
from pressrun.slide_shapes import (
    BoxShape,
    Ground,
    PieceShape,
    ShapeCell,
    ShapeParagraph,
    ShapesOfSlide,
    Side,
    TableShape,
    TextShape,
)
from pressrun.slide_texts import SlideBox

_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's "No Style, No Grid"
_ALL_OVER = 2.0  # CSS px that a background may be smaller than its slide
_ROOM = 0.08  # of its width that a text box has to spare, for fonts that are wider elsewhere
_ALONE = '<a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t"><a:spAutoFit/></a:bodyPr><a:lstStyle/>'


class SlideWriter:
    """Writes one slide. `pieces`: ids of the relationships to their pictures, and where these are, by their number."""

    def __init__(self, look: Look, size: SlideBox, pieces: Mapping[int, tuple[str, SlideBox]]) -> None:
        self._look = look
        self._size = size
        self._pieces = pieces
        self._next = 2  # 1 is the tree of shapes itself
        self.has_title = False
        self.background = ""

    def write(self, slide: ShapesOfSlide) -> list[str]:
        """All its shapes; then `background` and `has_title` say what they are."""
        shapes = list(slide.shapes)
        while shapes and isinstance(first := shapes[0], BoxShape) and self._is_background(first):
            self.background = xml.fill(first.fill, first.gradient)
            del shapes[0]
        title = _title_of(slide)
        written: list[str] = []
        for shape in shapes:
            if isinstance(shape, BoxShape):
                written += self._box(shape)
            elif isinstance(shape, PieceShape):
                written += self._piece(shape)
            elif isinstance(shape, TableShape):
                written.append(self._table(shape))
            else:
                written += self._texts(shape, title)
        return written

    def picture(self, relation: str, box: SlideBox, alt: str | None) -> str:
        """A picture that fills a box."""
        number = self._number()
        return (
            f"<p:pic {xml.NAMESPACES}><p:nvPicPr>{xml.named(number, f'Picture {number}', alt)}"
            '<p:cNvPicPr><a:picLocks noChangeAspect="1"/></p:cNvPicPr><p:nvPr/></p:nvPicPr>'
            f'<p:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>'
            f"<p:spPr>{xml.frame(box, self._look.scale)}{xml.geometry(box, 0)}</p:spPr></p:pic>"
        )

    def title_outside(self, words: str) -> str:
        """A title that outline view and screen readers have and nobody sees, above the slide: as PowerPoint's own
        "Add Hidden Slide Title" does it.
        """
        number = self._number()
        box = SlideBox(left=0, top=-60, width=self._size.width, height=40)
        return (
            f"<p:sp {xml.NAMESPACES}><p:nvSpPr>{xml.named(number, f'Title {number}', '')}"
            '<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
            f"<p:spPr>{xml.frame(box, self._look.scale)}</p:spPr>"
            "<p:txBody><a:bodyPr><a:normAutofit/></a:bodyPr><a:lstStyle/>"
            f'<a:p><a:r><a:rPr sz="1800"/><a:t>{xml.text(words)}</a:t></a:r></a:p></p:txBody></p:sp>'
        )

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _is_background(self, shape: BoxShape) -> bool:
        if any(shape.sides) or shape.radius:
            return False
        box, size = shape.box, self._size
        covers = box.left <= _ALL_OVER and box.top <= _ALL_OVER
        covers = covers and box.left + box.width >= size.width - _ALL_OVER
        opaque = (
            shape.fill.alpha
            if shape.fill
            else min(stop.alpha for stop in shape.gradient.stops)
            if shape.gradient
            else 0
        ) >= 1
        return covers and box.top + box.height >= size.height - _ALL_OVER and opaque

    def _box(self, shape: BoxShape) -> Iterator[str]:
        sides = shape.sides
        even = all(side is not None and side == sides[0] for side in sides)
        border = sides[0] if even else None
        box = _inset(shape.box, border.width / 2) if border else shape.box
        if shape.fill or shape.gradient or border:
            number = self._number()
            radius = max(0.0, shape.radius - (border.width / 2 if border else 0))
            yield (
                f"<p:sp {xml.NAMESPACES}><p:nvSpPr>{xml.named(number, f'Box {number}')}<p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
                f"<p:spPr>{xml.frame(box, self._look.scale)}{xml.geometry(box, radius)}"
                f"{xml.fill(shape.fill, shape.gradient)}{xml.line(border, self._look.scale)}"
                f"{xml.shadow(shape.shadow, self._look.scale)}</p:spPr></p:sp>"
            )
        if not even:
            for at, side in enumerate(sides):
                if side is not None:
                    yield self._edge(_strip(shape.box, at, side.width), side)

    def _edge(self, box: SlideBox, side: Side) -> str:
        """One side of a border, as a box that is filled."""
        number = self._number()
        return (
            f"<p:sp {xml.NAMESPACES}><p:nvSpPr>{xml.named(number, f'Line {number}')}<p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
            f"<p:spPr>{xml.frame(box, self._look.scale)}{xml.geometry(box, 0)}{xml.fill(side)}"
            f"{xml.line(None, self._look.scale)}</p:spPr></p:sp>"
        )

    def _piece(self, shape: PieceShape) -> Iterator[str]:
        known = self._pieces.get(shape.number)
        if known is not None:
            relation, box = known
            yield self.picture(relation, box, shape.alt or None)

    def _texts(self, shape: TextShape, title: ShapeParagraph | None) -> Iterator[str]:
        for blocks in text.columns_of(shape.paragraphs):
            is_title = not self.has_title and any(block.paragraph is title for block in blocks)
            self.has_title |= is_title
            yield self._text(blocks, is_title=is_title)

    def _text(self, blocks: Sequence[Block], *, is_title: bool) -> str:
        look = self._look
        left = min(block.paragraph.left - (0 if block.paragraph.rtl else block.hang - block.indent) for block in blocks)
        right = max(
            block.paragraph.right + (block.hang - block.indent if block.paragraph.rtl else 0) for block in blocks
        )
        room = _ROOM * (right - left) + blocks[0].lines[0].runs[0].size
        aligned = {block.paragraph.align for block in blocks}
        left, right = left - (room if aligned != {"left"} else 0), right + (room if aligned != {"right"} else 0)
        top, bottom = blocks[0].top, blocks[-1].end
        box = SlideBox(left=left, top=top, width=max(1.0, right - left), height=max(1.0, bottom - top))
        number = self._number()
        name = "Title" if is_title else "Text"
        locks, place = ('<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>', '<p:nvPr><p:ph type="title"/></p:nvPr>')
        if not is_title:
            locks, place = '<p:cNvSpPr txBox="1"/>', "<p:nvPr/>"
        return (
            f"<p:sp {xml.NAMESPACES}><p:nvSpPr>{xml.named(number, f'{name} {number}', '')}{locks}{place}</p:nvSpPr>"
            f"<p:spPr>{xml.frame(box, look.scale)}{xml.geometry(box, 0)}<a:noFill/></p:spPr>"
            f"<p:txBody>{_ALONE}{text.body(blocks, left, right, look)}</p:txBody></p:sp>"
        )

    def _table(self, shape: TableShape) -> str:
        scale = self._look.scale
        number = self._number()
        columns = "".join(f'<a:gridCol w="{max(1, scale.emu(width))}"/>' for width in shape.columns)
        held = {(cell.x, cell.y): cell for cell in shape.cells}
        covered: dict[tuple[int, int], str] = {}
        for cell in shape.cells:
            for y in range(cell.y, cell.y + cell.down):
                for x in range(cell.x, cell.x + cell.across):
                    marks = (' hMerge="1"' if x > cell.x else "") + (' vMerge="1"' if y > cell.y else "")
                    covered.setdefault((x, y), marks)
        rows: list[str] = []
        for y, height in enumerate(shape.rows):
            cells = []
            for x in range(len(shape.columns)):
                found, marks = held.get((x, y)), covered.get((x, y), "")
                cells.append(_empty(marks) if found is None or marks else self._cell(found))
            rows.append(f'<a:tr h="{max(1, scale.emu(height))}">{"".join(cells)}</a:tr>')
        flags = (' rtl="1"' if shape.rtl else "") + (' firstRow="1"' if shape.head else "")
        return (
            f"<p:graphicFrame {xml.NAMESPACES}><p:nvGraphicFramePr>{xml.named(number, f'Table {number}', '')}"
            '<p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr>'
            f"{xml.frame(shape.box, scale, 'p:xfrm')}"
            '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table">'
            f"<a:tbl><a:tblPr{flags}><a:tableStyleId>{_NO_STYLE}</a:tableStyleId></a:tblPr><a:tblGrid>{columns}</a:tblGrid>"
            f"{''.join(rows)}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
        )

    def _cell(self, cell: ShapeCell) -> str:
        scale = self._look.scale
        span = (f' rowSpan="{cell.down}"' if cell.down > 1 else "") + (
            f' gridSpan="{cell.across}"' if cell.across > 1 else ""
        )
        blocks = [block for paragraph in cell.paragraphs for block in text.blocks_of(paragraph)]
        left, right = cell.box.left, cell.box.left + cell.box.width
        air = max(0.0, blocks[0].top - cell.box.top) if blocks else 0.0
        inner = text.body(blocks, left, right, self._look) if blocks else '<a:p><a:endParaRPr sz="100"/></a:p>'
        borders = "".join(
            xml.line(cell.sides[at], scale, tag) for tag, at in (("a:lnL", 3), ("a:lnR", 1), ("a:lnT", 0), ("a:lnB", 2))
        )
        return (
            f"<a:tc{span}><a:txBody><a:bodyPr/><a:lstStyle/>{inner}</a:txBody>"
            f'<a:tcPr marL="0" marR="0" marT="{scale.emu(air)}" marB="0" anchor="t">{borders}{xml.fill(cell.ground)}'
            "</a:tcPr></a:tc>"
        )


def ground_of(ground: Ground | None) -> str:
    """The fill of what lies behind all slides."""
    return "" if ground is None else xml.fill(ground.colour)


def _title_of(slide: ShapesOfSlide) -> ShapeParagraph | None:
    """The first of the headings of the highest rank that stand in text boxes."""
    headings = [
        paragraph
        for shape in slide.shapes
        if isinstance(shape, TextShape)
        for paragraph in shape.paragraphs
        if paragraph.kind == "heading" and paragraph.text
    ]
    return min(headings, key=lambda paragraph: paragraph.rank or 2, default=None)


def _empty(marks: str) -> str:
    return (
        f'<a:tc{marks}><a:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr sz="100"/></a:p></a:txBody>'
        '<a:tcPr marL="0" marR="0" marT="0" marB="0"/></a:tc>'
    )


def _inset(box: SlideBox, by: float) -> SlideBox:
    width, height = max(0.0, box.width - 2 * by), max(0.0, box.height - 2 * by)
    return SlideBox(left=box.left + by, top=box.top + by, width=width, height=height)


def _strip(box: SlideBox, side: int, width: float) -> SlideBox:
    """The part of a box that its border takes on that side, from the top clockwise."""
    if side in (0, 2):
        top = box.top if side == 0 else box.top + box.height - width
        return SlideBox(left=box.left, top=top, width=box.width, height=width)
    left = box.left + box.width - width if side == 1 else box.left
    return SlideBox(left=left, top=box.top, width=width, height=box.height)
