"""The export stage: document and slides -> the exports that were asked for, in staging, in the order of their table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import anyio.to_thread
import structlog

from pressrun.artifacts.model import MANIFEST_NAME, StoredFile
from pressrun.artifacts.names import SCRATCH_FOLDER
from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.events.model import Artifact, Progress
from pressrun.export_kinds import ExportKind, asks_for_document, kinds_of
from pressrun.exports.contract import Content, ExportWork, Page, maker_of
from pressrun.failpoints import failpoint
from pressrun.pipeline.context import (
    DECK_NAME,
    DOCUMENT_NAME,
    SOURCE_NAME,
    Composed,
    Exported,
    Rendered,
    RunContext,
    progress_of,
)
from pressrun.pipeline.kept_exports import keep, made_of, take_kept
from pressrun.settings import Settings
from pressrun.slide_shapes import SlideShapes
from pressrun.slide_texts import SLIDES_NAME, SlideTexts
from pressrun.spec import PdfLayout

_log = structlog.get_logger(__name__)

_MAX_BASE_NAME_BYTES = 200  # with its ending well under the 255 bytes of a file name
# Names of devices on Windows, whatever ending they have (Microsoft, "Naming Files, Paths, and Namespaces")
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]")
_OWN_NAMES = {DECK_NAME, DOCUMENT_NAME, MANIFEST_NAME, SLIDES_NAME, SOURCE_NAME}
# What is drawn as nothing (Unicode's Default_Ignorable_Code_Point, but for the space of no width, which parts words),
# and the frame of a keycap. Some of it is letters and marks: a name of nothing else could not be seen.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class ExportMeans:
    """What exports are given of this server. Shared by all runs; `cache` is a folder that may not be there yet."""

    settings: Settings
    cache: Path


async def export(
    context: RunContext, pool: BrowserPool, means: ExportMeans, composed: Composed, rendered: Rendered
) -> Exported:
    """Makes each export, or takes what an earlier attempt made of the very same.

    Raises: BrowserFailure, DiskFull.
    """
    to_make = [kind for kind in kinds_of(context.spec.outputs) if kind.module is not None]
    base = base_name(context.spec.output_name or composed.title)
    made: list[StoredFile] = []
    news = _told(context, composed.document) if asks_for_document(context.spec.outputs) else []
    for number, kind in enumerate(to_make):
        progress = partial(_progress, number, len(to_make))
        await context.emit(*news, progress(0, kind.making))
        names = {ending: file_name(base, ending) for ending in kind.files_of(context.spec)}
        before = [composed.document, *rendered.slides, *made]
        of = await made_of(context, kind, composed, rendered, before, means.settings.voice)
        files = await take_kept(context, kind, of, names.values())
        if files is None:
            shares: list[float] = []
            work = _work(context, pool, means, kind, composed.title, rendered, before, progress, shares.append)
            content = await maker_of(kind)(work)
            contents = content if isinstance(content, Mapping) else {kind.ending: content}
            files = [await _put(context, name, contents[ending]) for ending, name in names.items()]
            files[0] = files[0].model_copy(update={"editability": next(iter(shares), None)})
            failpoint("export.written")
            await keep(context, kind, of, files)
            _log.debug("export made", kind=kind.name, attempt=context.attempt)
        made += files
        news = [event for file in files for event in _told(context, file)]
    ready = "The exports are ready" if made else "Nothing else to export"
    await context.emit(*news, progress_of("export", 1, ready))
    return Exported(artifacts=made)


def base_name(title: str) -> str:
    """A file name from a title: letters and digits of any script with their marks, `-`; never empty, never a path."""
    plain = unicodedata.normalize("NFC", _UNSEEN.sub("", title))
    kept = ""
    for c in plain:
        category = unicodedata.category(c)[0]
        kept += c if category in "LN" or (category == "M" and kept[-1:] not in ("", "-")) else "-"
    short = re.sub(r"-+", "-", kept).strip("-").lower().encode()[:_MAX_BASE_NAME_BYTES].decode(errors="ignore")
    name = short.strip("-") or "document"
    return f"{name}-slides" if _DEVICES.fullmatch(name) else name


def file_name(base: str, ending: str) -> str:
    """Of an export in the batch folder: never that of another export, nor of a file that each run has."""
    name = base + ending
    return name if name not in _OWN_NAMES else f"{base}-export{ending}"


def _progress(number: int, total: int, share: float, message: str) -> Progress:
    """How far the stage is when its export of that number (from 0) is so far; each has as much of the stage's part."""
    return progress_of("export", (number + share) / total, message)


async def _put(context: RunContext, name: str, content: Content) -> StoredFile:
    if isinstance(content, Path):
        return await context.staging.take(name, content)
    return await context.staging.write(name, content)


@dataclass(frozen=True, slots=True)
class _OpenPage:
    """The document in a browser, and where the run's slides are in it."""

    lease: Lease
    context: RunContext
    rendered: Rendered

    async def pdf(self, layout: PdfLayout) -> bytes:
        """See `Page`."""
        if layout == "slides":
            context = self.context
            mode: Literal["blocks", "scroll"] = "scroll" if context.spec.page_breaks == "scroll" else "blocks"
            return await self.lease.pdf_of_slides(self.rendered.slices, mode, context.created_at)
        return await self.lease.pdf()

    async def shapes(self) -> SlideShapes:
        """See `Page`."""
        await self.lease.layout()  # it says how far slides reach
        return await self.lease.shapes(self.rendered.slices)

    async def isolate(self, *, ground: bool) -> None:
        """See `Page`."""
        await self.lease.isolate(ground=ground)

    async def picture(self, number: int) -> bytes:
        """See `Page`."""
        return await self.lease.capture(self.rendered.slices[number])


def _work(
    context: RunContext,
    pool: BrowserPool,
    means: ExportMeans,
    kind: ExportKind,
    title: str,
    rendered: Rendered,
    files: Sequence[StoredFile],
    progress: Callable[[float, str], Progress],
    tell_editability: Callable[[float], None],
) -> ExportWork:
    async def read_document() -> str:
        return (await context.staging.read(DOCUMENT_NAME)).decode()

    async def read_texts() -> SlideTexts | None:
        if rendered.texts is None:
            return None
        data = await context.staging.read(rendered.texts.name)
        return await anyio.to_thread.run_sync(SlideTexts.model_validate_json, data)

    @asynccontextmanager
    async def open_page(shown: PdfLayout) -> AsyncIterator[Page]:
        spec = context.spec
        deck = rendered.deck if shown == "slides" else None
        html = await read_document() if deck is None else (await context.staging.read(deck.name)).decode()
        async with pool.lease(
            viewport_width=spec.viewport_width, viewport_height=spec.viewport_height, zoom=spec.zoom, fit=spec.fit
        ) as lease:
            await lease.load(html, opened=deck is None)
            yield _OpenPage(lease, context, rendered)

    async def print_pages(html: str) -> bytes:
        spec = context.spec
        async with pool.lease(
            viewport_width=spec.viewport_width, viewport_height=spec.viewport_height, zoom=spec.zoom
        ) as lease:
            await lease.load(html, opened=False)
            return await lease.pdf()

    async def tell(share: float, message: str) -> None:
        await context.emit(progress(share, message))

    return ExportWork(
        spec=context.spec,
        title=title,
        created_at=context.created_at,
        slides=[(file.name, context.staging.path(file.name)) for file in rendered.slides],
        files=[(file.name, context.staging.path(file.name)) for file in files],
        read_document=read_document,
        read_texts=read_texts,
        open_page=open_page,
        print_pages=print_pages,
        progress=tell,
        warn=context.warn,
        tell_editability=tell_editability,
        scratch=context.staging.path(f"{SCRATCH_FOLDER}/{kind.name}"),
        cache=means.cache,
        settings=means.settings,
    )


def _told(context: RunContext, file: StoredFile) -> list[Artifact]:
    """The event that says the file is there; none where the log has it, of an earlier attempt."""
    failpoint("export.kept")
    known = context.exported.get(file.name)
    return [] if known is not None and known.sha256 == file.sha256 else [Artifact(**context.ref(file).model_dump())]
