"""The export stage: document and slides -> the exports that were asked for, in staging."""

from __future__ import annotations

import re
import unicodedata

from pressrun.artifacts.model import StoredFile
from pressrun.browser.pool.pool import BrowserPool
from pressrun.events.model import Artifact
from pressrun.exports.zip import stream_zip
from pressrun.failpoints import failpoint
from pressrun.pipeline.context import DOCUMENT_NAME, Composed, Exported, Rendered, RunContext, progress_of

_MAX_BASE_NAME_BYTES = 200  # with its ending well under the 255 bytes of a file name
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")  # what an emoji leaves behind


async def export(context: RunContext, pool: BrowserPool, composed: Composed, rendered: Rendered) -> Exported:
    """Makes each export, or takes what an earlier attempt made of the same document.

    Raises: BrowserFailure, DiskFull.
    """
    wanted = context.spec.outputs
    base = base_name(context.spec.output_name or composed.title)
    made: list[StoredFile] = []
    news = _told(context, composed.document) if "html" in wanted else []
    if "pdf" in wanted:
        await context.emit(*news, progress_of("export", 0.1, "Writing the PDF"))
        made.append(await _kept_or_made_pdf(context, pool, f"{base}.pdf", composed))
        news = _told(context, made[-1])
    if "zip" in wanted:  # packed anew: that takes no browser, and what is in it may be new
        await context.emit(*news, progress_of("export", 0.6, "Packing the ZIP"))
        made.append(await _make_zip(context, f"{base}.zip", [composed.document, *rendered.slides, *made]))
        news = _told(context, made[-1])
    ready = "The exports are ready" if made else "Nothing else to export"
    await context.emit(*news, progress_of("export", 1, ready))
    return Exported(artifacts=made)


def base_name(title: str) -> str:
    """A file name from a title: letters, digits, marks of any script, `-`; never empty, never a path."""
    plain = _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFC", title))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in plain)
    short = re.sub(r"-+", "-", kept).strip("-").lower().encode()[:_MAX_BASE_NAME_BYTES].decode(errors="ignore")
    return short.strip("-") or "document"


async def _kept_or_made_pdf(context: RunContext, pool: BrowserPool, name: str, composed: Composed) -> StoredFile:
    known, document = context.exported.get(name), context.document
    if known is not None and document is not None and document.sha256 == composed.document.sha256:
        kept = await context.staging.verify(name, known.sha256)
        if kept is not None:
            return kept
    return await context.staging.write(name, await _make_pdf(context, pool))


async def _make_pdf(context: RunContext, pool: BrowserPool) -> bytes:
    spec = context.spec
    html = (await context.staging.read(DOCUMENT_NAME)).decode()
    async with pool.lease(
        viewport_width=spec.viewport_width, viewport_height=spec.viewport_height, zoom=spec.zoom
    ) as lease:
        await lease.load(html)
        return await lease.pdf()


async def _make_zip(context: RunContext, name: str, files: list[StoredFile]) -> StoredFile:
    paths = [(file.name, context.staging.path(file.name)) for file in files]
    return await context.staging.write(name, stream_zip(paths, modified_at=context.created_at))


def _told(context: RunContext, file: StoredFile) -> list[Artifact]:
    """The event that says the file is there; none where the log has it, of an earlier attempt."""
    failpoint("export.written")
    known = context.exported.get(file.name)
    return [] if known is not None and known.sha256 == file.sha256 else [Artifact(**context.ref(file).model_dump())]
