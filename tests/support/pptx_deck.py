"""A document as pictures and as presentations, without a run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.browser.slides.sideways import plan_document
from pressrun.exports import pptx
from pressrun.exports.contract import ExportWork
from pressrun.slide_shapes import SlideShapes
from pressrun.slide_texts import SlideTexts
from pressrun.spec import PptxMode, RunSpec

SIZE = (960, 540)
ZOOM = 1.05  # a layout of 914 x 514 CSS px


@dataclass
class Presented:
    """What came of it. `warnings` are their codes, `took_s` is of the presentations alone, with loading the page."""

    files: dict[str, Path]
    pictures: list[Path]
    shapes: list[SlideShapes] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    took_s: float = 0.0


@dataclass
class _Page:
    lease: Lease
    slices: tuple[Slice, ...]
    presented: Presented

    async def shapes(self) -> SlideShapes:
        await self.lease.layout()
        found = await self.lease.shapes(self.slices)
        self.presented.shapes.append(found)
        return found

    async def isolate(self, *, ground: bool) -> None:
        await self.lease.isolate(ground=ground)

    async def picture(self, number: int) -> bytes:
        return await self.lease.capture(self.slices[number])


async def present(
    pool: BrowserPool,
    html: str,
    folder: Path,
    mode: PptxMode,
    notes: dict[int, str] | None = None,
    *,
    size: tuple[int, int] = SIZE,
    zoom: float = ZOOM,
    slices: tuple[Slice, ...] | None = None,
) -> Presented:
    """Captures the slides and makes the presentations; `notes` by number of the slide from 1. `slices`: of a deck,
    which `html` is; else the document is cut.
    """
    screen = {"viewport_width": size[0], "viewport_height": size[1], "zoom": zoom}
    presented = Presented({}, [])

    @asynccontextmanager
    async def opened() -> AsyncIterator[Lease]:
        async with pool.lease(**screen) as lease:  # type: ignore[arg-type]
            await lease.load(html, opened=slices is None)
            yield lease

    async with opened() as lease:
        layout = await lease.layout()
        places = _cut(layout, size, zoom) if slices is None else slices
        texts = await lease.texts(SlicePlan(places, truncated=False))
        presented.pictures += await _draw(lease, places, folder)
    said = [slide.model_copy(update={"notes": (notes or {}).get(slide.index, "")}) for slide in texts.slides]

    @asynccontextmanager
    async def open_page(_shown: str) -> AsyncIterator[_Page]:
        async with opened() as lease:
            yield _Page(lease, places, presented)

    async def read_texts() -> SlideTexts:
        return texts.model_copy(update={"slides": said})

    work = _work(RunSpec(text="x", **screen, pptx_mode=mode), presented, folder, read_texts, open_page)  # type: ignore[arg-type]
    begun_at = time.perf_counter()
    made = await pptx.make(work)
    presented.took_s = time.perf_counter() - begun_at
    files = made if isinstance(made, dict) else {".pptx": made}
    presented.files = {ending: path for ending, path in files.items() if isinstance(path, Path)}
    return presented


def _cut(layout: DocumentLayout, size: tuple[int, int], zoom: float) -> tuple[Slice, ...]:
    shown = (size[0] / zoom, size[1] / zoom)
    return plan_document(layout.boxes, layout.extent, shown, 15, "blocks", 50, fit="shrink").slices


async def _draw(lease: Lease, slices: tuple[Slice, ...], folder: Path) -> list[Path]:
    pictures = []
    for number, piece in enumerate(slices, start=1):
        path = folder / f"{number:04d}.png"
        path.write_bytes(await lease.capture(piece))
        pictures.append(path)
    return pictures


def _work(spec: RunSpec, presented: Presented, folder: Path, read_texts: Any, open_page: Any) -> ExportWork:
    async def warn(code: str, _words: str) -> None:
        presented.warnings.append(code)

    async def progress(share: float, _words: str) -> None:
        assert 0 <= share <= 1

    slides = [(f"slides/{path.name}", path) for path in presented.pictures]
    nothing: Any = None
    return ExportWork(
        spec=spec,
        title="A deck",
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
        slides=slides,
        files=slides,
        read_document=nothing,
        read_texts=read_texts,
        open_page=open_page,
        print_pages=nothing,
        progress=progress,
        warn=warn,
        tell_editability=presented.shares.append,
        scratch=folder / "work",
        cache=folder / "cache",
        settings=nothing,
    )


def drawn_by_libreoffice(presentation: Path, folder: Path, size: tuple[int, int] = SIZE) -> list[Image.Image]:
    """Its slides, as large as the pictures."""
    (drawn,) = all_drawn_by_libreoffice([presentation], folder, size)
    return drawn


def all_drawn_by_libreoffice(
    presentations: Sequence[Path], folder: Path, size: tuple[int, int] = SIZE
) -> list[list[Image.Image]]:
    """The slides of each, whose names differ; in a profile of its own, for LibreOffice runs once for each.

    Drawn twice as large and made small: poppler puts letters on whole pixels, up to one above where they stand.
    """
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*convert, *map(str, presentations)], check=True, capture_output=True, timeout=600)
    scale = ["-scale-to-x", str(2 * size[0]), "-scale-to-y", str(2 * size[1])]
    drawn = []
    for presentation in presentations:
        name = presentation.stem
        pdf, pages = str(folder / f"{name}.pdf"), folder / f"{name}-drawn"
        subprocess.run(["pdftoppm", *scale, pdf, str(pages)], check=True, timeout=300)
        drawn.append([Image.open(path).convert("RGB").reduce(2) for path in sorted(folder.glob(f"{name}-drawn-*.ppm"))])
    return drawn
