"""Export `pdf`: the slides, or the document, printed by a browser; the author's notes as annotations if asked for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio.to_thread

from pressrun.exports.contract import ExportWork
from pressrun.later import import_later

if TYPE_CHECKING:
    import pikepdf
else:
    pikepdf = import_later("pikepdf")  # 200 ms; only who writes notes needs it here

_ICON_PT = 20.0  # of a note, in the upper right corner; viewers draw it in a size of their own


async def make(work: ExportWork) -> bytes:
    """Raises: BrowserFailure."""
    async with work.open_page(work.spec.pdf_layout) as page:
        pdf = await page.pdf(work.spec.pdf_layout)
    texts = await work.read_texts() if work.spec.pdf_notes == "annotations" else None
    notes = [] if texts is None else [slide.notes for slide in texts.slides]
    return await anyio.to_thread.run_sync(with_notes, pdf, notes) if any(notes) else pdf


def with_notes(pdf: bytes, notes: Sequence[str]) -> bytes:
    """The same pages, each with its note (empty: none) as a text annotation that is not printed. Blocks."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page, note in zip(opened.pages, notes, strict=False):
            if not note:
                continue
            right, top = float(page.mediabox[2]), float(page.mediabox[3])
            annotation = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Text,
                Name=pikepdf.Name.Note,
                Rect=[right - _ICON_PT, top - _ICON_PT, right, top],
                Contents=pikepdf.String(note),
                Open=False,
            )
            if "/Annots" not in page:
                page.Annots = pikepdf.Array()
            page.Annots.append(opened.make_indirect(annotation))
        written = io.BytesIO()
        opened.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return written.getvalue()
