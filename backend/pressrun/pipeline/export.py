"""Stage 3: document and slides -> the exports that were asked for, in staging."""

from __future__ import annotations

import re
import unicodedata

from pressrun.artifacts.model import StoredFile
from pressrun.browser.pool import BrowserPool
from pressrun.events.model import Artifact
from pressrun.exports.zip import stream_zip
from pressrun.failpoints import failpoint
from pressrun.pipeline.context import DOCUMENT_NAME, Composed, Exported, Rendered, RunContext, progress_of

_MAX_BASE_NAME_BYTES = 200  # with its ending well under the 255 bytes of a file name
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")  # what an emoji leaves behind


async def export(context: RunContext, pool: BrowserPool, composed: Composed, rendered: Rendered) -> Exported:
    """Makes each export. Raises: BrowserFailure, DiskFull."""
    wanted = context.spec.outputs
    base = base_name(context.spec.output_name or composed.title)
    made: list[StoredFile] = []
    news = [_artifact(context, composed.document)] if "html" in wanted else []
    if "pdf" in wanted:
        await context.emit(*news, progress_of("export", 0.1, "Writing the PDF"))
        made.append(await context.staging.write(f"{base}.pdf", await _make_pdf(context, pool)))
        news = [_artifact(context, made[-1])]
    if "zip" in wanted:
        await context.emit(*news, progress_of("export", 0.6, "Packing the ZIP"))
        made.append(await _make_zip(context, f"{base}.zip", [composed.document, *rendered.slides, *made]))
        news = [_artifact(context, made[-1])]
    ready = "The exports are ready" if made else "Nothing else to export"
    await context.emit(*news, progress_of("export", 1, ready))
    return Exported(artifacts=made)


def base_name(title: str) -> str:
    """A file name from a title: letters, digits, marks of any script, `-`; never empty, never a path."""
    plain = _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFC", title))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in plain)
    short = re.sub(r"-+", "-", kept).strip("-").lower().encode()[:_MAX_BASE_NAME_BYTES].decode(errors="ignore")
    return short.strip("-") or "document"


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


def _artifact(context: RunContext, file: StoredFile) -> Artifact:
    failpoint("export.written")
    return Artifact(**context.ref(file).model_dump())
