"""Export `pptx`: the slides as a presentation, to be edited or as they look (field `pptx_mode`).

editable: what the browser has painted, as text boxes, tables and shapes; what they cannot say is a picture of just that
piece. exact: a picture of each slide. In both: titles, alternative texts and notes. Nothing is held but the XML of the
slides and one picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from pressrun.exports.contract import Content, ExportWork, Files, Page
from pressrun.exports.pptx import pieces, shapes
from pressrun.exports.pptx.text import Look
from pressrun.later import import_later
from pressrun.slide_shapes import PieceShape, ShapesOfSlide, SlideShapes, paragraphs_of
from pressrun.slide_texts import SlideBox, SlidePicture, SlideText

if TYPE_CHECKING:
    from pressrun.exports.pptx import deck
else:
    deck = import_later("pressrun.exports.pptx.deck")  # 150 ms, of python-pptx; only who makes one needs it

EXACT_ENDING = "-exact.pptx"

_WORD = re.compile(r"\w+")
_MOSTLY = 0.9  # share of the words; with less a person is told
_PREPARING, _CAPTURING = 0.2, 0.7  # shares of the progress at their ends


async def make(work: ExportWork) -> Content | Files:
    """Raises: BrowserFailure."""
    await anyio.to_thread.run_sync(partial(work.scratch.mkdir, parents=True, exist_ok=True))
    mode = work.spec.pptx_mode
    if mode == "exact":
        return await _exact(work, work.scratch / "exact.pptx")
    editable = await _editable(work, work.scratch / "editable.pptx")
    if mode == "editable":
        return editable
    return {".pptx": editable, EXACT_ENDING: await _exact(work, work.scratch / "exact.pptx")}


async def _exact(work: ExportWork, path: Path) -> Path:
    spec = work.spec
    width, height = spec.viewport_width / spec.zoom, spec.viewport_height / spec.zoom
    made = deck.Deck(width, height, title=work.title, made_at=work.created_at)
    said = await _said(work)
    titles = _titles(work.title, said, len(work.slides))
    for number, (_, picture) in enumerate(work.slides):
        slide = said[number] if number < len(said) else None
        await anyio.to_thread.run_sync(_add_picture, made, work.scratch, picture, titles[number], slide, width, height)
        if number % 10 == 9:  # noqa: PLR2004 - now and then
            await work.progress((number + 1) / (len(work.slides) + 1), f"Slide {number + 1} of {len(work.slides)}")
    await anyio.to_thread.run_sync(made.save, path)
    return path


def _add_picture(
    made: deck.Deck, scratch: Path, picture: Path, title: str, said: SlideText | None, width: float, height: float
) -> None:
    slide = made.add_slide()
    whole = SlideBox(left=0, top=0, width=width, height=height)
    taken = pieces.as_powerpoint_takes_it(picture, scratch / f"{picture.stem}.png")
    look = Look(made.scale, {}, partial(made.link, slide))
    writer = shapes.SlideWriter(look, whole, {})
    written = [writer.title_outside(title), writer.picture(made.picture(slide, taken), whole, _alt(said) or title)]
    made.fill(slide, written, notes="" if said is None else said.notes)


async def _editable(work: ExportWork, path: Path) -> Path:
    async with work.open_page("slides") as page:
        found = await page.shapes()
        if found.vertical:
            await work.warn(
                "not_editable",
                "The page is written in columns from top to bottom, which no text box can hold: the slides of the "
                "presentation are pictures.",
            )
        made = deck.Deck(
            found.width,
            found.height,
            title=work.title,
            made_at=work.created_at,
            ground=shapes.ground_of(found.ground),
        )
        await work.progress(_PREPARING, "The slides' texts and shapes are known")
        pictures = await _pictures(work, page, found)
    said = await _said(work)
    titles = _titles(work.title, said, len(found.slides))
    for number, slide in enumerate(found.slides):
        text = said[number] if number < len(said) else None
        await anyio.to_thread.run_sync(_add_shapes, made, found, slide, pictures[number], titles[number], text)
    await anyio.to_thread.run_sync(made.save, path)
    share = editability(found)
    work.tell_editability(share)
    if share < _MOSTLY and not found.vertical:
        await work.warn(
            "not_editable",
            f"{share:.0%} of the words can be edited in the presentation; the others stand in drawings, formulas or "
            "what is turned or filtered, and are pictures there.",
        )
    return path


_Pictures = dict[int, tuple[Path, SlideBox]]  # by number of the piece; 0 is what fills the slide


async def _pictures(work: ExportWork, page: Page, found: SlideShapes) -> Sequence[_Pictures]:
    """For each slide the pictures of its pieces; of what lies behind everything where no fill can say it."""
    scratch, zoom = work.scratch, work.spec.zoom
    taken: list[_Pictures] = [{} for _ in found.slides]
    whole = SlideBox(left=0, top=0, width=found.width, height=found.height)
    if found.vertical or (found.ground is not None and found.ground.picture):
        if not found.vertical:
            await page.isolate(ground=True)
        for number in range(len(found.slides)):
            path = scratch / f"ground-{number}.png"
            await anyio.to_thread.run_sync(path.write_bytes, await page.picture(number))
            taken[number][0] = (path, whole)
    wanted = [
        (number, [shape for shape in slide.shapes if isinstance(shape, PieceShape)])
        for number, slide in enumerate(found.slides)
    ]
    wanted = [(number, own) for number, own in wanted if own]
    if wanted:
        await page.isolate(ground=False)
    for at, (number, own) in enumerate(wanted):
        png = await page.picture(number)
        cut = partial(pieces.cut_out, png, own, zoom, scratch / f"piece-{number}")
        taken[number] |= await anyio.to_thread.run_sync(cut)
        share = _PREPARING + (_CAPTURING - _PREPARING) * (at + 1) / len(wanted)
        await work.progress(share, f"Pictures of slide {number + 1}")
    return taken


def _add_shapes(
    made: deck.Deck, found: SlideShapes, shown: ShapesOfSlide, pictures: _Pictures, title: str, said: SlideText | None
) -> None:
    slide = made.add_slide()
    whole = SlideBox(left=0, top=0, width=found.width, height=found.height)
    related = {number: (made.picture(slide, path), box) for number, (path, box) in pictures.items()}
    look = Look(made.scale, found.fonts, partial(made.link, slide))
    writer = shapes.SlideWriter(look, whole, related)
    written = [writer.picture(related[0][0], whole, _alt(said) if found.vertical else None)] if 0 in related else []
    written += writer.write(shown)
    if not writer.has_title:
        written.insert(0, writer.title_outside(title))
    made.fill(slide, written, background=writer.background, notes="" if said is None else said.notes)


async def _said(work: ExportWork) -> Sequence[SlideText]:
    texts = await work.read_texts()
    return [] if texts is None else texts.slides


def _titles(deck_title: str, said: Sequence[SlideText], count: int) -> list[str]:
    """One for each slide, no two alike: a slide without a heading goes on with the one before it."""
    titles: list[str] = []
    last = deck_title
    for number in range(count):
        own = said[number].title if number < len(said) else ""
        last = own or last
        titles.append(own if own and own not in titles else f"{last} ({number + 1})")
    return titles


def _alt(said: SlideText | None) -> str:
    """What a slide says, for who cannot see its picture."""
    if said is None:
        return ""
    parts = (part.alt or part.words if isinstance(part, SlidePicture) else part.text for part in said.parts)
    return ". ".join(" ".join(part.split()).rstrip(".") for part in parts if part.strip())


def editability(found: SlideShapes) -> float:
    """The share of the words on all slides that stand in text boxes and tables; 1 where there are none."""
    texts = drawn = 0
    for slide in found.slides:
        for shape in slide.shapes:
            if isinstance(shape, PieceShape):
                drawn += len(_WORD.findall(shape.words))
            texts += sum(len(_WORD.findall(paragraph.text)) for paragraph in paragraphs_of(shape))
    return texts / (texts + drawn) if texts + drawn else 1.0
