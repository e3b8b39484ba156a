"""Markdown or plain text -> a document. The parsing itself is `markdown`'s, in a child process."""

from __future__ import annotations

from pressrun.sources.document import Document, DocumentWarning, wrap_fragment
from pressrun.sources.parser_pool import cool_down, parse, warm_up
from pressrun.sources.titles import one_line, title_of
from pressrun.spec import Theme

__all__ = ["compose_text", "cool_down", "title_of", "warm_up"]


async def compose_text(text: str, *, title: str | None, theme: Theme, timeout_s: float = 20) -> Document:
    """Renders `text`; a missing `title` is taken from it. Raises: SourceTooComplex, ComposeFailed."""
    made = await parse("markdown", text=text, timeout_s=timeout_s)
    title = one_line(title or "") or title_of(text)
    html = wrap_fragment(made["html"], title=title, theme=theme, lang=made["lang"], dir=made["dir"])
    return Document(html, title, tuple(DocumentWarning(code, message) for code, message in made["warnings"]))
