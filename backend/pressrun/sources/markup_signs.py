"""Whether a text has any Markdown of its own, or was pasted without. Pure and linear.

Blanks to fill in (`____`), stars around a line (`*** The end ***`), an address in angle brackets are no Markdown.
"""

from __future__ import annotations

import re
from typing import Final

_MARKDOWN: Final = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]+\[[ xX]\]|\|.*\||:::)"  # blocks that begin so
    r"|^ {0,3}(?:\[[^\]\n]+\]:[ \t]|=+[ \t]*$|(?:-[ \t]*){3,}$)"  # definitions, underlines, rules
    r"|(?<!\*)\*{2,3}(?![*\s])[^*\n]{0,300}[^*\s]\*{2}"
    r"|(?<![\w(.])_{2,3}(?![_\s])(?!\w+__[(.\[])[^_\n]{0,300}[^_\s]__(?!\w)"
    r"|`[^`\n]+`|\]\(|\[\^|<!--|</?[A-Za-z][^<>\n@]*>",
    re.MULTILINE,
)
_LIST: Final = re.compile(r"^ {0,3}(?:[-*+][ \t]|\d{1,9}[.)][ \t])", re.MULTILINE)


def is_pasted(text: str) -> bool:
    """Whether nothing in it is Markdown but what everybody types: numbers and dashes before a line."""
    return _MARKDOWN.search(text) is None


def is_plain(text: str) -> bool:
    """Whether there are not even such lists."""
    return is_pasted(text) and _LIST.search(text) is None
