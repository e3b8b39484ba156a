"""Export `text`: what is on each slide, slide by slide, as a person would read it out."""

from __future__ import annotations

from collections.abc import Iterator

from pressrun.exports.contract import ExportWork
from pressrun.exports.rows import rows_of
from pressrun.slide_texts import SlideBlock, SlidePicture, SlideText


async def make(work: ExportWork) -> bytes:
    """UTF-8, lines end in `\\n`."""
    texts = await work.read_texts()
    slides = [] if texts is None else texts.slides
    return "\n".join([work.title, "", *(line for slide in slides for line in _lines(slide))]).encode()


def _lines(slide: SlideText) -> Iterator[str]:
    yield f"--- Slide {slide.index} ---"
    yield ""
    for part in rows_of(slide):
        yield from _said(part)
        yield ""
    if slide.notes:
        yield "Notes:"
        yield slide.notes
        yield ""


def _said(part: SlideBlock | SlidePicture | list[SlideBlock]) -> Iterator[str]:
    if isinstance(part, list):
        yield "\t".join(" ".join(cell.text.split()) for cell in part)
    elif isinstance(part, SlidePicture):
        said = part.alt or part.words
        yield f"[Picture: {said}]" if said else "[Picture]"
    elif part.kind == "item":
        yield "- " + part.text.replace("\n", "\n  ")
    else:
        yield part.text
