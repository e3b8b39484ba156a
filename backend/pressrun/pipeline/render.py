"""Stage 2: document.html -> slides/0001.png … in staging.

One lease for the whole run. While a slide is being written and logged the next is being captured; `screenshot` events
come in the order of the slides. What an earlier attempt captured is verified by its digest and not captured again; nor
is what the capture cache has, and where it has everything no browser is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from pressrun.artifacts.model import StoredFile
from pressrun.browser.capture_cache import CaptureCache
from pressrun.browser.lease import Lease
from pressrun.browser.page_breaks import Slice, SlicePlan, plan_slices
from pressrun.browser.pool import BrowserPool
from pressrun.errors import EmptyDocument, PressrunError
from pressrun.events.model import Screenshot, Warning
from pressrun.pipeline.captures import RunCaptures, open_captures
from pressrun.pipeline.context import DOCUMENT_NAME, Rendered, RunContext
from pressrun.spec import ImageFormat, RunSpec

_ENDINGS: dict[ImageFormat, str] = {"png": "png", "jpeg": "jpg", "webp": "webp"}
_CAPTURED_AHEAD = 1  # one image in memory between capture and disk is enough to keep the browser busy


async def render(context: RunContext, pool: BrowserPool, cache: CaptureCache | None = None) -> Rendered:
    """Captures every slide. Raises: BrowserFailure, EmptyDocument, DiskFull."""
    spec = context.spec
    document = await context.staging.read(DOCUMENT_NAME)
    html = document.decode()
    context = _without_slides_of_another_document(context, html)
    captures = await open_captures(context, cache, document)
    known = await captures.plan()
    if known is not None and (slides := await _all_from_cache(context, captures, known)) is not None:
        return Rendered(slides=slides, truncated=known.truncated)
    await context.progress("render", 0, "Opening the document in the browser")
    async with pool.lease(
        viewport_width=spec.viewport_width, viewport_height=spec.viewport_height, zoom=spec.zoom
    ) as lease:
        await lease.load(html)
        plan = await _plan(context, lease)
        await captures.keep_plan(plan)
        await _warn_if_truncated(context, plan)
        slides = await _capture_all(context, lease, plan.slices, captures)
    return Rendered(slides=slides, truncated=plan.truncated)


async def _all_from_cache(context: RunContext, captures: RunCaptures, plan: SlicePlan) -> list[StoredFile] | None:
    """Every slide without a browser, told in order; None, and nothing was told, if one of them has to be captured."""
    files: list[StoredFile] = []
    for index in range(1, len(plan.slices) + 1):
        file = await captures.place(index, _slide_name(context.spec, index))
        if file is None:
            return None
        files.append(file)
    await _warn_if_truncated(context, plan)
    for index, file in enumerate(files, start=1):
        await _tell(context, index, len(files), file)
    await context.progress("render", 1, "Every slide was captured before", len(files), len(files))
    return files


async def _warn_if_truncated(context: RunContext, plan: SlicePlan) -> None:
    if plan.truncated and not context.captured:
        await context.emit(
            Warning(
                code="truncated",
                message=f"The document is longer than max_screenshots={context.spec.max_screenshots} slides; the rest "
                "is not captured. Raise max_screenshots (up to 500) to get it all.",
            )
        )


def _without_slides_of_another_document(context: RunContext, html: str) -> RunContext:
    """A document that had to be made again need not be the one that earlier attempts captured."""
    known = context.document
    if known is None or known.sha256 in (None, hashlib.sha256(html.encode()).hexdigest()):
        return context
    return replace(context, captured={})


async def _plan(context: RunContext, lease: Lease) -> SlicePlan:
    spec = context.spec
    layout = await lease.layout()
    if layout.is_empty:
        raise EmptyDocument
    return plan_slices(
        layout.boxes,
        layout.height_css_px,
        spec.viewport_height / spec.zoom,
        spec.overlap,
        spec.page_breaks,
        spec.max_screenshots,
    )


async def _capture_all(
    context: RunContext, lease: Lease, slices: Sequence[Slice], captures: RunCaptures
) -> list[StoredFile]:
    files: list[StoredFile] = []
    send, receive = anyio.create_memory_object_stream[tuple[int, bytes | StoredFile]](_CAPTURED_AHEAD)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_save_all, context, receive, len(slices), files, captures)
            await _capture_each(context, lease, slices, send, captures)
    except* PressrunError as group:  # one failure ends both sides; what happened is the first
        raise _first(group) from None
    return files


async def _capture_each(
    context: RunContext,
    lease: Lease,
    slices: Sequence[Slice],
    send: MemoryObjectSendStream[tuple[int, bytes | StoredFile]],
    captures: RunCaptures,
) -> None:
    spec = context.spec
    async with send:
        for index, piece in enumerate(slices, start=1):
            known = context.captured.get(index)
            image: bytes | StoredFile | None = None
            if known is not None:
                image = await context.staging.verify(known.filename, known.sha256)
            if image is None:
                image = await captures.place(index, _slide_name(spec, index))
            if image is None:
                image = await lease.capture(piece, spec.image_format, spec.image_quality)
            try:
                await send.send((index, image))
            except anyio.BrokenResourceError:
                return  # saving failed: that is what happened, not this


async def _save_all(
    context: RunContext,
    receive: MemoryObjectReceiveStream[tuple[int, bytes | StoredFile]],
    total: int,
    files: list[StoredFile],
    captures: RunCaptures,
) -> None:
    async with receive:
        async for index, image in receive:
            if isinstance(image, StoredFile):
                file = image
            else:
                file = await context.staging.write(_slide_name(context.spec, index), image)
                await captures.keep(index, file)
            files.append(file)
            if await _tell(context, index, total, file):
                await context.progress("render", index / total, f"Slide {index} of {total}", index, total)


def _slide_name(spec: RunSpec, index: int) -> str:
    return f"slides/{index:04d}.{_ENDINGS[spec.image_format]}"


async def _tell(context: RunContext, index: int, total: int, file: StoredFile) -> bool:
    """Says that a slide is there; False if an earlier attempt said so."""
    spec = context.spec
    known = context.captured.get(index)
    if known is not None and known.sha256 == file.sha256:  # captured again after a crash: the log has it already
        return False
    await context.emit(
        Screenshot(
            index=index,
            total=total,
            filename=file.name,
            url=context.url_of(file.name),
            width=spec.viewport_width,
            height=spec.viewport_height,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
        )
    )
    return True


def _first(group: BaseExceptionGroup[PressrunError]) -> PressrunError:
    first: BaseExceptionGroup[PressrunError] | PressrunError = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
