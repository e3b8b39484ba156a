"""What a run can be made from: a row for each field of a request that is a source. Pure and light, as export_kinds.py.

The field itself stands in spec.py. What makes the document of it is named and not imported, so that only a run needs
it; it is a `Composer` of sources/document.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One of the limits is its own: of a text the characters count, of what is shown as it is the bytes.

    `label`: its name for people. `files`: what its files are called. `endings`: theirs, with the dot. `composer`: a
    reference as of an entry point. `for_ai`: it is text that an AI may turn into the document, too.
    """

    field: str
    label: str
    description: str
    files: str
    endings: tuple[str, ...]
    media_types: tuple[str, ...]
    composer: str
    max_characters: int | None = None
    max_bytes: int | None = None
    for_ai: bool = False

    @property
    def most_bytes(self) -> int:
        """What may be read of a file before it is surely too long: UTF-8 spells a character in up to 4 bytes."""
        return self.max_bytes or 4 * (self.max_characters or 0)


# the first is what a file of an unknown ending is taken for
SOURCE_KINDS = (
    SourceKind(
        field="text",
        label="Text or Markdown",
        description="Markdown or plain text",
        files="Markdown, plain text",
        endings=(".md", ".markdown", ".txt"),
        media_types=("text/markdown", "text/x-markdown", "text/plain"),
        composer="pressrun.sources.text:compose_text",
        max_characters=400_000,  # CONTRACT
        for_ai=True,
    ),
    SourceKind(
        field="html",
        label="HTML",
        description="a whole HTML document, shown as it is; at most 5 MB",
        files="HTML",
        endings=(".html", ".htm", ".xhtml"),
        media_types=("text/html", "application/xhtml+xml"),
        composer="pressrun.sources.html:compose_html",
        max_bytes=5_000_000,  # CONTRACT
    ),
)
BY_FIELD = {kind.field: kind for kind in SOURCE_KINDS}
FIELDS = tuple(BY_FIELD)
if TYPE_CHECKING:
    SourceField = str
else:
    SourceField = Literal[FIELDS]


def one_of(words: Iterable[str]) -> str:
    """`text` or `html`, as a sentence has it."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


FIELD_WORDS = one_of(f"`{field}`" for field in FIELDS)
FILE_WORDS = one_of(", ".join(kind.files for kind in SOURCE_KINDS).split(", "))
ENDINGS = tuple(ending for kind in SOURCE_KINDS for ending in kind.endings)


def kind_of_ending(ending: str) -> SourceKind | None:
    """By the ending of a file's name, in lower case and with its dot."""
    return next((kind for kind in SOURCE_KINDS if ending in kind.endings), None)


def kind_of_media_type(media_type: str) -> SourceKind | None:
    """By what a client says of a file."""
    return next((kind for kind in SOURCE_KINDS if media_type in kind.media_types), None)


def for_people() -> list[dict[str, Any]]:
    """The table as a user interface shows it."""
    told = ("field", "label", "endings", "max_characters", "max_bytes")
    return [{name: getattr(kind, name) for name in told} for kind in SOURCE_KINDS]
