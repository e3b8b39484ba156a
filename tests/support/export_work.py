"""A run's slides and words as an export is given them, without a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from pressrun.export_kinds import EXPORT_KINDS
from pressrun.exports.contract import ExportWork, maker_of
from pressrun.slide_texts import SlideBlock, SlideBox, SlidePicture, SlideText, SlideTexts
from pressrun.spec import RunSpec

KINDS = {kind.name: kind for kind in EXPORT_KINDS}
COLOURS = ["#a03020", "#20a030", "#2030a0"]


def block(kind: Any, text: str, top: float, left: float = 0, **more: Any) -> SlideBlock:
    return SlideBlock(kind=kind, text=text, box=SlideBox(left=left, top=top, width=100, height=20), **more)


SLIDES = [
    SlideText(
        index=1,
        blocks=[
            block("heading", "Water & <air>", 0, level=2),
            block("heading", "The whole: *lesson*", 30, level=1),
            block("paragraph", "1. is no list\n# is no heading", 60),
            block("item", "first", 90),
            block("item", "second_one_", 120),
            block("cell", "a|b", 150),
            block("cell", "c", 150, 100),
            block("cell", "d", 180),
            block("cell", "e", 180, 100),
            block("code", "x = '```'\n---\ny", 210),
        ],
        pictures=[SlidePicture(alt="A [river]", box=SlideBox(left=0, top=80, width=9, height=9))],
        notes="Say it -- slowly --> now",
    ),
    SlideText(index=2, blocks=[block("paragraph", "layout: center", 0), block("paragraph", "مرحبا", 30, dir="rtl")]),
    SlideText(index=3, blocks=[block("quote", "</script><script>alert(1)</script>", 0)]),
]


def work_in(folder: Path, slides: list[SlideText] = SLIDES, **fields: Any) -> tuple[ExportWork, list[float]]:
    """Of a run whose slides are of one colour each."""
    shares: list[float] = []
    pictures = [folder / f"{colour[1:]}.png" for colour in COLOURS]
    for colour, picture in zip(COLOURS, pictures, strict=True):
        Image.new("RGB", (640, 360), colour).save(picture)
    paths = [(f"slides/{number + 1:04d}.png", pictures[number % len(COLOURS)]) for number in range(len(slides))]

    async def read_texts() -> SlideTexts:
        return SlideTexts(width=320, height=180, slides=slides)

    async def progress(share: float, _words: str) -> None:
        shares.append(share)

    nothing: Any = None
    work = ExportWork(
        spec=RunSpec(text="x", viewport_width=640, viewport_height=360, overlap=0, **fields),
        title='The "title"',
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
        slides=paths,
        files=paths,
        read_document=nothing,
        read_texts=read_texts,
        open_page=nothing,
        print_pages=nothing,
        progress=progress,
        warn=nothing,
        tell_editability=nothing,
        scratch=folder,
        cache=folder,
        settings=nothing,
    )
    return work, shares


async def made(kind: str, work: ExportWork) -> bytes:
    content = await maker_of(KINDS[kind])(work)
    return content if isinstance(content, bytes) else b"".join(content)
