"""HTML as it is -> a document. It is not cleaned, for the browser is sealed and runs no scripts; only made ready.

Its title and its warnings are looked for in a child process, and what it names on the web is put into it where
PRESSRUN_EGRESS allows, as is what was sent with it; an HTML that is too much for that is still shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from pressrun.egress.broker import Egress
from pressrun.errors import FramesetDocument, SourceTooComplex
from pressrun.sources.document import Document, DocumentWarning
from pressrun.sources.look import Look
from pressrun.sources.parser_pool import parse
from pressrun.sources.remote import embed_remote
from pressrun.sources.titles import NO_TITLE, one_line

SCAN_LIMIT_S = 5.0  # 5 MB of nothing but tags, the largest taken, need about three

# spares most documents the walk: an attribute of a link, and behind it what is not plainly on the web or within
_LINK = re.compile(
    r"""(?:href|action|ping|to|from|by|values)\s*=\s*["']?(?!https?://|mailto:|tel:|\#|[\s"'])""", re.IGNORECASE
)
# and what else `html_prepare` changes
_OTHER = re.compile(
    r"""<details\b|<frameset\b|<\?xml\b|http://www\.w3\.org/1999/xhtml|charset\s*=\s*["']?\s*(?!utf-?8)
    |[\uf020-\uf0ff]|&\#(?:x0*f0|0*61)|wingdings|:\s*symbol\b""",
    re.IGNORECASE | re.VERBOSE,
)

_NOT_SCANNED = DocumentWarning(
    "not_examined",
    "The HTML was too complex to be examined; what it may miss here (scripts, resources elsewhere) is not listed.",
)


async def compose_html(
    html: str,
    *,
    title: str | None,
    look: Look | None = None,
    egress: Egress | None = None,
    attached: Mapping[str, bytes] = MappingProxyType({}),
) -> Document:
    """The document, with its own title unless one is given, and whatever the theme, in its own look.

    Raises: FramesetDocument; ComposeFailed if the scanner is broken.
    """
    given = one_line(title or "")
    try:
        html = await _prepared(html)
        embedded = await embed_remote(html, egress, attached=attached)
        found = await parse("html", html=html, fetched=embedded.fetched, timeout_s=SCAN_LIMIT_S)
    except SourceTooComplex:
        return Document(html, given or NO_TITLE, (_NOT_SCANNED,))
    warnings = tuple(DocumentWarning(code, message) for code, message in found["warnings"])
    return Document(embedded.html, given or found["title"] or NO_TITLE, (*embedded.warnings, *warnings))


async def _prepared(html: str) -> str:
    """Raises: FramesetDocument, SourceTooComplex, ComposeFailed."""
    links = _LINK.search(html) is not None
    if not links and _OTHER.search(html) is None:
        return html
    made = await parse("prepare", html=html, links=links, timeout_s=SCAN_LIMIT_S)
    if made["frames"] is not None:
        raise FramesetDocument(made["frames"])
    return html if made["html"] is None else str(made["html"])
