"""The slide that front matter asks for: title, subtitle, authors, date. Runs in the parser child.

Pandoc and Quarto begin with it whenever there is a title. Elsewhere a title alone only names the document, as in a blog
or a wiki; with a subtitle, an author or a date beside it, it is what the first slide says.
"""

from __future__ import annotations

import html
import re
from typing import Any

from pressrun.sources.decks import DIVS, Deck
from pressrun.sources.directives import NO_DATES

_KEYS = ("subtitle", "author", "institute", "date")
_OF_THE_DAY = frozenset(("date", word) for word in NO_DATES)
_FIRST_HEADING = re.compile(r"\s*<h1\b[^>]*>(.*?)</h1>\n?", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def with_title_slide(body: str, deck: Deck, fields: dict[str, Any]) -> str:
    """The rendered body with it in front; its own heading of that name serves as the title's."""
    said = fields
    if deck.title_block:
        parts = dict(zip(("title", "author", "date"), deck.title_block, strict=False))
        said = {key: value for key, value in parts.items() if value}
    title = said.get("title")
    below = [(key, words) for key in _KEYS if (words := _words_of(said.get(key))) and (key, words) not in _OF_THE_DAY]
    if not isinstance(title, str) or not title.strip() or not (deck.dialect in DIVS or (not deck.dialect and below)):
        return body
    if deck.is_deck:
        lines = "\n".join(f'<p class="{key}" dir="auto">{_escaped(words)}</p>' for key, words in below)
    else:  # one paragraph: what follows it is the text
        lines = f'<p class="subtitle" dir="auto">{"<br>".join(_escaped(words) for _, words in below)}</p>'
    first = _FIRST_HEADING.match(body)
    if first is not None and not deck.dialect and _same(html.unescape(_TAG.sub("", first[1])), title):
        return f"{first[0]}{lines}\n{body[first.end() :]}"
    made = f'<h1 dir="auto">{_escaped(title)}</h1>\n' + (f"{lines}\n" if below else "")
    if deck.is_deck:
        made = f'<hr class="slide-break" data-layout="title">\n{made}<hr class="slide-break">\n'
    return made + body


def _same(heading: str, title: str) -> bool:
    return heading.split() == title.split()


def _escaped(words: str) -> str:
    return html.escape(words, quote=False)


def _words_of(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words_of, value)))
    if isinstance(value, dict):
        return " ".join(filter(None, (_words_of(value.get("name")), _affiliations_of(value))))
    return value.strip() if isinstance(value, str) else ""


def _affiliations_of(author: dict[str, Any]) -> str:
    """Where somebody works, in brackets; as Quarto has it, https://quarto.org/docs/journals/authors.html."""
    said = author.get("affiliations") or author.get("affiliation") or author.get("institute")
    words = _words_of(said)
    return f"({words})" if words else ""
