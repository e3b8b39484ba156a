"""Export `pdf`: the slides, or the document, printed by a browser."""

from __future__ import annotations

from pressrun.exports.contract import ExportWork


async def make(work: ExportWork) -> bytes:
    """Raises: BrowserFailure."""
    async with work.open_page() as page:
        return await page.pdf(work.spec.pdf_layout)
