"""Cells of a table as rows, for exports that write lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pressrun.slide_texts import SlideBlock, SlidePicture, SlideText

_SAME_ROW_CSS_PX = 4.0  # cells of a row begin at one height, but for what is aligned at their middle


def rows_of(slide: SlideText) -> Iterator[SlideBlock | SlidePicture | list[SlideBlock]]:
    """What is on a slide in reading order; the cells of a row of a table together."""
    row: list[SlideBlock] = []
    for part in slide.parts:
        if row and not (isinstance(part, SlideBlock) and part.kind == "cell" and _beside(row, part)):
            yield row
            row = []
        if isinstance(part, SlideBlock) and part.kind == "cell":
            row.append(part)
        else:
            yield part
    if row:
        yield row


def _beside(row: list[SlideBlock], cell: SlideBlock) -> bool:
    """In the row: they share most of their height, and it does not begin a new line."""
    last = row[-1].box
    shared = min(last.top + last.height, cell.box.top + cell.box.height) - max(last.top, cell.box.top)
    near = abs(cell.box.top - last.top) <= _SAME_ROW_CSS_PX or shared > min(last.height, cell.box.height) / 2
    return near and cell.box.left != row[0].box.left
