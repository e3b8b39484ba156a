"""Export `viewer`: one file that holds all slides and shows them, from a disk or from a server.

Without scripts it is a page with the slides below each other, their text and their notes. Everything is inside: slides
as `data:`, one style sheet, one script. The policy that the file has of itself and that it is served under
(api/wire/file_headers.py) names that script by its digest, so no other runs, whatever a slide says.
"""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.resources
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pressrun.export_kinds import IMAGE_TYPES
from pressrun.exports.contract import ExportWork
from pressrun.slide_texts import SlidePicture, SlideText, SlideTexts

_CHUNK_BYTES = 192 * 1024  # a multiple of three: base64 of pieces is that of the whole
_HELP = "← → slides · o overview · n notes · f full screen"


async def make(work: ExportWork) -> Iterable[bytes]:
    """UTF-8, written piece by piece."""
    return _page(work, await work.read_texts())


@cache
def policy() -> str:
    """What the file may load and run, as a Content-Security-Policy: itself, and nothing from elsewhere."""
    digest = base64.b64encode(hashlib.sha256(_own("viewer.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "form-action 'none'; base-uri 'none'"
    )


@cache
def _own(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _page(work: ExportWork, texts: SlideTexts | None) -> Iterator[bytes]:
    spec = work.spec
    slides = [] if texts is None else texts.slides
    said = [block for slide in slides for block in slide.blocks]
    lang = next((block.lang for block in said if block.lang), "")
    direction = "rtl" if said and said[0].dir == "rtl" else "ltr"
    shape = f"--width: {spec.viewport_width}; --height: {spec.viewport_height}"
    paper = f"@page {{ size: {spec.viewport_width}px {spec.viewport_height}px; margin: 0 }}"
    yield (
        f'<!DOCTYPE html>\n<html lang="{html.escape(lang)}" dir="{direction}" style="{shape}">\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy())}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(work.title)}</title>\n<style>{paper}\n{_own('viewer.css')}</style>\n<main>\n"
    ).encode()
    for number, (_, path) in enumerate(work.slides, start=1):
        yield from _slide(number, path, slides[number - 1] if number <= len(slides) else None)
    yield (
        f'</main>\n<footer dir="ltr" hidden><output></output> <span>{_HELP}</span></footer>\n'
        f"<script>{_own('viewer.js')}</script>\n</html>\n"
    ).encode()


def _slide(number: int, path: Path, slide: SlideText | None) -> Iterator[bytes]:
    title = html.escape(" ".join(filter(None, (f"{number}.", "" if slide is None else slide.title))))
    yield f'<section id="s{number}" aria-label="{title}" tabindex="-1">\n'.encode()
    yield f'<img alt="{title}" loading="lazy" src="data:{IMAGE_TYPES[path.suffix]};base64,'.encode()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield base64.b64encode(chunk)
    yield b'">\n'
    if slide is not None:
        if slide.notes:
            yield f'<aside class="notes" dir="auto">{_paragraphs(slide.notes.splitlines())}</aside>\n'.encode()
        yield f"<details><summary>{number}</summary>{''.join(_words(slide))}</details>\n".encode()
    yield b"</section>\n"


def _words(slide: SlideText) -> Iterator[str]:
    for part in slide.parts:
        if isinstance(part, SlidePicture):
            yield _paragraphs([part.alt or part.words])
        else:
            lang = f' lang="{html.escape(part.lang)}"' if part.lang else ""
            lines = "<br>".join(map(html.escape, part.text.split("\n")))
            yield f'<p dir="{part.dir}"{lang}>{lines}</p>'


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line.strip())
