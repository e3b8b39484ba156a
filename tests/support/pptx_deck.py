"""A document as pictures and as presentations, without a run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
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
) -> Presented:
    """Captures the slides and makes the presentations; `notes` by number of the slide from 1."""
    screen = {"viewport_width": size[0], "viewport_height": size[1], "zoom": zoom}
    presented = Presented({}, [])

    @asynccontextmanager
    async def opened() -> AsyncIterator[Lease]:
        async with pool.lease(**screen) as lease:  # type: ignore[arg-type]
            await lease.load(html)
            yield lease

    async with opened() as lease:
        layout = await lease.layout()
        shown = (size[0] / zoom, size[1] / zoom)
        slices = plan_document(layout.boxes, layout.extent, shown, 15, "blocks", 50, fit="shrink").slices
        texts = await lease.texts(SlicePlan(slices, truncated=False))
        for number, piece in enumerate(slices, start=1):
            path = folder / f"{number:04d}.png"
            path.write_bytes(await lease.capture(piece))
            presented.pictures.append(path)
    said = [slide.model_copy(update={"notes": (notes or {}).get(slide.index, "")}) for slide in texts.slides]

    @asynccontextmanager
    async def open_page(_shown: str) -> AsyncIterator[_Page]:
        async with opened() as lease:
            yield _Page(lease, slices, presented)

    async def read_texts() -> SlideTexts:
        return texts.model_copy(update={"slides": said})

    async def warn(code: str, _words: str) -> None:
        presented.warnings.append(code)

    async def progress(share: float, _words: str) -> None:
        assert 0 <= share <= 1

    slides = [(f"slides/{path.name}", path) for path in presented.pictures]
    nothing: Any = None
    work = ExportWork(
        spec=RunSpec(text="x", **screen, pptx_mode=mode),  # type: ignore[arg-type]
        title="A deck",
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
        slides=slides,
        files=slides,
        read_document=nothing,
        read_texts=read_texts,
        open_page=open_page,  # type: ignore[arg-type]
        progress=progress,
        warn=warn,
        tell_editability=presented.shares.append,
        scratch=folder / "work",
        cache=folder / "cache",
        settings=nothing,
    )
    begun_at = time.perf_counter()
    made = await pptx.make(work)
    presented.took_s = time.perf_counter() - begun_at
    files = made if isinstance(made, dict) else {".pptx": made}
    presented.files = {ending: path for ending, path in files.items() if isinstance(path, Path)}
    return presented


def drawn_by_libreoffice(presentation: Path, folder: Path, size: tuple[int, int] = SIZE) -> list[Image.Image]:
    """Its slides, as large as the pictures; in a profile of its own, for LibreOffice runs once for each."""
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(presentation)]
    subprocess.run(convert, check=True, capture_output=True, timeout=300)
    pdf = folder / f"{presentation.stem}.pdf"
    scale = ["-scale-to-x", str(size[0]), "-scale-to-y", str(size[1])]
    subprocess.run(["pdftoppm", "-png", *scale, str(pdf), str(folder / "drawn")], check=True, timeout=120)
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("drawn-*.png"))]
