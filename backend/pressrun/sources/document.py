"""The document: what every source becomes and every export starts from.

Owns the frame around a body (theme, content policy, title, language). Does not sanitise: what is wrapped is trusted
to be clean. A document is self-contained: it names nothing outside itself, and its policy lets it load nothing.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pressrun.egress.broker import Egress
from pressrun.sources.look import Look

# The browser is sealed besides; this keeps the promise where somebody opens document.html by hand.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'"
)

_FRAME = """<!doctype html>
<html lang="{lang}" dir="{direction}"{attributes}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main class="document">
{body}
</main>
</body>
</html>
"""

_OURS_BEGIN, _OURS_END = '</head>\n<body>\n<main class="document">\n', "\n</main>\n</body>\n</html>\n"

Direction = Literal["ltr", "rtl", "auto"]


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """Something a person should know about a document: `code` is fixed, `message` is for the person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """A whole HTML page, its title (one line of plain text), and what was not as the source wanted it."""

    html: str
    title: str
    warnings: tuple[DocumentWarning, ...] = ()


class Composer(Protocol):
    """What a row of source_kinds.py names: a source -> the document."""

    async def __call__(
        self, source: str, /, *, title: str | None, look: Look, egress: Egress | None, attached: Mapping[str, bytes]
    ) -> Document:
        """A missing `title` is taken from the source; with what it names on the web if there is an `egress`, and of
        the files that were sent with it.

        Raises: ComposeFailed.
        """
        ...


def wrap_fragment(
    fragment_html: str, *, title: str, look: Look, lang: str = "", dir: Direction = "ltr", upright: bool = False
) -> str:
    """Puts a body that is already sanitised into a whole document. `lang` is BCP 47, empty for unknown; `upright`: its
    script has no slanted letters.
    """
    return _FRAME.format(
        lang=html.escape(lang),
        direction=dir,
        policy=CONTENT_POLICY,
        title=html.escape(title),
        attributes=look.attributes() + (' data-upright=""' if upright else ""),
        style=look.css(),
        body=fragment_html,
    )


def is_ours(html: str) -> bool:
    """Whether the document was made by `wrap_fragment`, so that its body is one flow of blocks in our own markup."""
    return _OURS_BEGIN in html and html.endswith(_OURS_END)
