"""What begins and ends a fenced listing, for all that read Markdown by its lines."""

from __future__ import annotations

import re
from typing import Final

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
"""At the beginning of a line; its group is the fence, which is ended by one of the same that is as long or longer."""
_FORMULA: Final = re.compile(r"\s{0,3}(\$\$(?!.*\$\$)|\\\[(?!.*\\\])|\\begin\{([A-Za-z]+\*?)\}(?!.*\\end\{))")
_MAX_FORMULA_LINES: Final = 200


def end_of_formula(lines: list[str], at: int) -> int:
    """The last line of the displayed formula of several lines that begins there; -1 if none does."""
    opening = _FORMULA.match(lines[at]) if at < len(lines) else None
    if opening is None:
        return -1
    closing = {"$": "$$", "[": "\\]"}.get(opening[1][-1], f"\\end{{{opening[2]}}}")
    for end in range(at + 1, min(at + _MAX_FORMULA_LINES, len(lines))):
        if closing in lines[end]:
            return end
        if not lines[end].strip():
            break
    return -1
