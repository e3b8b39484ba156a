"""What is told of a document that is over a limit of a page, mostly before a browser sees it. Owns the sentences.

The same limits are looked at again in the page, where scripts and parsing have made of it what they make.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import anyio.to_thread

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.ports import OpenPage
from pressrun.browser.slides.picture_sizes import embedded_pixels
from pressrun.errors import DocumentTooLarge

_FRAME: Final = re.compile(r"<(?:iframe|frame|object|embed|fencedframe|portal)[\s/>]", re.IGNORECASE)
_SRCDOC: Final = re.compile(r"""\bsrcdoc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_MAX_DEPTH: Final = 8  # frames within frames that are counted by the text; all that are opened are counted in the page
_SMALL: Final = 100_000  # characters that are looked through in a few milliseconds, not worth a thread


async def refuse_too_large(html: str, config: BrowserPoolConfig) -> None:
    """Returns if a browser may be given the document.

    Raises:
        DocumentTooLarge: it has too many elements or frames, or pictures of too many pixels.
    """
    # Far over the limit it would take Chromium all of its time just to find that out.
    tags = html.count("<") - html.count("</") - html.count("<!")
    if tags > config.max_nodes:
        raise too_many_nodes(tags, config)
    in_text = len(html) < _SMALL
    frames, pixels = _measure(html) if in_text else await anyio.to_thread.run_sync(_measure, html)
    if frames > config.max_frames:
        raise too_many_frames(config)
    if pixels > config.max_picture_pixels:
        raise too_many_pixels(pixels, config)


def why_ended(page: OpenPage, config: BrowserPoolConfig) -> DocumentTooLarge | None:
    """Which limit the page went over, so that it was closed for that."""
    if page.flooded:
        return DocumentTooLarge(
            f"The document opens more than {config.max_windows} windows (PRESSRUN_PAGE_MAX_WINDOWS); "
            "remove the script that does."
        )
    if page.overframed:
        return too_many_frames(config)
    if page.outgrown:
        return DocumentTooLarge(
            f"The document needs more than {config.max_memory_mb} MB of memory (PRESSRUN_PAGE_MAX_MEMORY_MB); "
            "make its pictures smaller or split it into several."
        )
    return None


def too_high(height_css_px: float, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document is {height_css_px:.0f} CSS px high; at most {config.max_height_css_px:.0f} are taken "
        "(PRESSRUN_PAGE_MAX_HEIGHT_PX); split it into several."
    )


def too_many_boxes(config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document has more than {config.max_boxes} lines and blocks (PRESSRUN_PAGE_MAX_BOXES); "
        "split it into several."
    )


def too_many_nodes(count: int, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document has {count} elements; at most {config.max_nodes} are taken (PRESSRUN_PAGE_MAX_NODES); "
        "split it into several."
    )


def _measure(html: str) -> tuple[int, int]:
    return count_frames(html), embedded_pixels(html)


def count_frames(html: str, depth: int = 0) -> int:
    """Elements that hold a document of their own, those of `srcdoc` documents included. Linear in the text's length."""
    within: list[str] = []

    def take_out(found: re.Match[str]) -> str:
        within.append("".join(found.groups("")))
        return " "

    rest = _SRCDOC.sub(take_out, html) if "srcdoc" in html.lower() else html
    count = sum(1 for _ in _FRAME.finditer(rest))
    if not within or depth == _MAX_DEPTH:
        return count
    return count + sum(count_frames(unescape(document), depth + 1) for document in within)


def too_many_frames(config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document has more than {config.max_frames} frames, objects and embeds (PRESSRUN_PAGE_MAX_FRAMES); "
        "show fewer of them, or pictures in their place."
    )


def too_many_filtered_pixels(count: int, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document's backdrop filters take {count / 1e6:.0f} megapixels on one screen; at most "
        f"{config.max_picture_pixels / 1e6:.0f} are taken (PRESSRUN_PAGE_MAX_PICTURE_PIXELS); filter less of it."
    )


def too_many_pixels(count: int, config: BrowserPoolConfig) -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The document's pictures have {count / 1e6:.0f} megapixels together; at most "
        f"{config.max_picture_pixels / 1e6:.0f} are taken (PRESSRUN_PAGE_MAX_PICTURE_PIXELS); make them smaller."
    )
