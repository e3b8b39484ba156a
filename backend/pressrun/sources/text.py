"""Markdown or plain text -> a document. The parsing itself is `markdown`'s, in a child process."""

from __future__ import annotations

from pressrun.egress.broker import Egress
from pressrun.sources.document import Document, DocumentWarning, wrap_fragment
from pressrun.sources.parser_pool import cool_down, parse, warm_up
from pressrun.sources.pictures import missing_box
from pressrun.sources.remote import embed_remote
from pressrun.sources.titles import one_line, title_of
from pressrun.spec import Theme

__all__ = ["compose_text", "cool_down", "title_of", "warm_up"]


async def compose_text(
    text: str, *, title: str | None, theme: Theme, egress: Egress | None = None, timeout_s: float = 20
) -> Document:
    """Renders `text`; a missing `title` is taken from it. Its pictures on the web are fetched by `egress`, if given.

    Raises: SourceTooComplex, ComposeFailed.
    """
    made = await parse("markdown", text=text, keep_remote=egress is not None, timeout_s=timeout_s)
    title = one_line(title or "") or made["title"]
    warnings = tuple(DocumentWarning(code, message) for code, message in made["warnings"])
    body = made["html"]
    if egress is not None:
        embedded = await embed_remote(body, egress, box=missing_box)
        body, warnings = embedded.html, (*embedded.warnings, *warnings)
    html = wrap_fragment(body, title=title, theme=theme, lang=made["lang"], dir=made["dir"])
    return Document(html, title, warnings)
