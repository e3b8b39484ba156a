"""`Coverage`: how much of what somebody sent is on the slides, as the wire, the manifest and clients have it. Pure.

How it is counted is in sources/coverage.py; what a word is in sources/words.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Why = Literal["lost", "hidden", "truncated", "clipped", "side"]
ComparedWith = Literal["text", "html", "document"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class MissingText(_Part):
    """A passage that no slide shows: `lost` before the browser saw it, or in the document and not to be seen."""

    text: Annotated[str, Field(description="as it was sent, cut after 120 characters")]
    words: int
    line: Annotated[int, Field(description="of what was sent, from 1")]
    after: Annotated[str, Field(description="the words before it")] = ""
    why: Annotated[
        Why,
        Field(
            description="`lost`: not in the document; `hidden` by the document itself; `truncated` by max_screenshots; "
            "`clipped` by something of a fixed height; `side`: beyond the left or right edge"
        ),
    ]


class MissingPicture(_Part):
    """A picture that no slide shows."""

    alt: str
    why: Why | Literal["not_loaded"]


class HiddenContent(_Part):
    """What the document holds and never shows, unless the same is said where it can be seen."""

    words: int = 0
    share: Annotated[float, Field(ge=0, le=1, description="of all its words")] = 0.0
    examples: list[str] = []


class Coverage(_Part):
    """The words of the source and those on the slides, compared. Ten examples of each kind at most."""

    share: Annotated[float, Field(ge=0, le=1, description="of the words that a slide shows; 1 only if none is missing")]
    words: Annotated[int, Field(description="of the source; in scripts without spaces each character is one")]
    words_missing: int = 0
    missing: list[MissingText] = []
    pictures: int = 0
    pictures_missing: int = 0
    missing_pictures: list[MissingPicture] = []
    cut_at_sides: Annotated[
        float, Field(ge=0, le=1, description="share of the words beyond the left or right edge")
    ] = 0.0
    hidden_content: HiddenContent = HiddenContent()
    compared_with: Annotated[ComparedWith, Field(description="what was sent, or the document where an AI wrote it")] = (
        "document"
    )

    summary: Annotated[str, Field(description="all of it in a sentence or two, for a person")] = ""

    @property
    def is_whole(self) -> bool:
        """Nothing is missing."""
        return not self.words_missing and not self.pictures_missing
