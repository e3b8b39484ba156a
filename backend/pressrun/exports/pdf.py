"""Export `pdf`: the slides, or the document, printed by a browser, with the author's notes if asked for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio.to_thread

from pressrun.exports.contract import ExportWork
from pressrun.exports.media.script import language_by_letters
from pressrun.later import import_later

if TYPE_CHECKING:
    import pikepdf

    from pressrun.exports import pdf_access, pdf_notes
else:
    pikepdf = import_later("pikepdf")  # 200 ms; only who makes a PDF needs it
    pdf_access = import_later("pressrun.exports.pdf_access")
    pdf_notes = import_later("pressrun.exports.pdf_notes")


async def make(work: ExportWork) -> bytes:
    """Raises: BrowserFailure."""
    spec = work.spec
    async with work.open_page(spec.pdf_layout) as page:
        pdf = await page.pdf(spec.pdf_layout)
    texts = await work.read_texts()
    notes = [slide.notes for slide in texts.slides] if texts is not None and spec.pdf_notes != "none" else []
    below = None
    if spec.pdf_notes == "pages" and any(notes):
        await work.progress(0.7, "Printing the notes")
        below = await work.print_pages(pdf_notes.notes_as_html(notes, spec.viewport_width / spec.zoom))
    blocks = [] if texts is None else [block for slide in texts.slides for block in slide.blocks]
    lang = language_by_letters("\n".join(block.text for block in blocks))
    headings = [block.text for block in blocks if block.kind == "heading"]
    return await anyio.to_thread.run_sync(finished, pdf, lang, notes, below, headings)


def finished(
    pdf: bytes, lang: str, notes: Sequence[str] = (), below: bytes | None = None, headings: Sequence[str] = ()
) -> bytes:
    """The PDF as it is handed out. `notes` are of its pages, empty for none: annotations, or with `below`, which is
    their print, under each slide. `headings` name what is of them in the outline. The same input gives the same bytes.
    Blocks.
    """
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        if below is not None:
            pdf_notes.put_below(opened, below, notes)
        else:
            pdf_notes.annotate(opened, notes)
        pdf_access.make_accessible(opened, lang)
        pdf_access.name_outline(opened, headings)
        written = io.BytesIO()
        opened.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return written.getvalue()
