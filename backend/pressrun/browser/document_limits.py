"""What is told of a document before a browser sees it: that it is over a limit of a page. Owns the sentences.

The same limits are looked at again in the page, where scripts and parsing have made of it what they make.
"""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.picture_sizes import embedded_pixels
from pressrun.errors import DocumentTooLarge

_SMALL: Final = 100_000  # characters that are looked through in a few milliseconds, not worth a thread


async def refuse_too_large(html: str, config: BrowserPoolConfig) -> None:
    """Returns if a browser may be given the document.

    Raises:
        DocumentTooLarge: it has too many elements, or pictures of too many pixels.
    """
    # Far over the limit it would take Chromium all of its time just to find that out.
    tags = html.count("<") - html.count("</") - html.count("<!")
    if tags > config.max_nodes:
        raise too_many_nodes(tags, config)
    in_text = len(html) < _SMALL
    pixels = embedded_pixels(html) if in_text else await anyio.to_thread.run_sync(embedded_pixels, html)
    if pixels > config.max_picture_pixels:
        raise too_many_pixels(pixels, config)


def too_many_nodes(count: int, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document has {count} elements; at most {config.max_nodes} are taken (PRESSRUN_PAGE_MAX_NODES); "
        "split it into several."
    )


def too_many_pixels(count: int, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document's pictures have {count / 1e6:.0f} megapixels together; at most "
        f"{config.max_picture_pixels / 1e6:.0f} are taken (PRESSRUN_PAGE_MAX_PICTURE_PIXELS); make them smaller."
    )
