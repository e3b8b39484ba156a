"""Markdown or plain text -> a document. The parsing itself is `markdown`'s, in a child process."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pressrun.egress.broker import Egress
from pressrun.sources.document import Document, DocumentWarning, wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.parser_pool import cool_down, parse, warm_up
from pressrun.sources.pictures import missing_box
from pressrun.sources.remote import embed_remote
from pressrun.sources.titles import one_line, title_of

__all__ = ["compose_text", "cool_down", "title_of", "warm_up"]


async def compose_text(
    text: str,
    *,
    title: str | None,
    look: Look,
    egress: Egress | None = None,
    attached: Mapping[str, bytes] = MappingProxyType({}),
    timeout_s: float = 20,
) -> Document:
    """Renders `text`; a missing `title` is taken from it. Its pictures on the web are fetched by `egress`, if given,
    or are those `attached`.

    Raises: SourceTooComplex, ComposeFailed.
    """
    made = await parse(
        "markdown", text=text, keep_remote=egress is not None, attached=list(attached), timeout_s=timeout_s
    )
    title = one_line(title or "") or made["title"]
    warnings = tuple(DocumentWarning(code, message) for code, message in made["warnings"])
    body = made["html"]
    if egress is not None or attached:
        embedded = await embed_remote(body, egress, attached=attached, box=missing_box)
        body, warnings = embedded.html, (*embedded.warnings, *warnings)
    look, told = look.with_front_matter(made["look"])
    warnings = (*(DocumentWarning(code, message) for code, message in told), *warnings)
    html = wrap_fragment(body, title=title, look=look, lang=made["lang"], dir=made["dir"], upright=made["upright"])
    return Document(html, title, warnings)
