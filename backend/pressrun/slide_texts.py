"""`slides.json`: what each slide of a run says and where it stands. Pure.

Written once beside the pictures and read by whatever is made of their text: coverage, search, alt text, notes,
subtitles, editable exports. `version` is raised when a reader of an earlier one would misread it; fields are added
without that.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SLIDES_NAME = "slides.json"

BlockKind = Literal["heading", "paragraph", "item", "cell", "code", "caption", "quote", "field", "value"]
WhyNotShown = Literal["hidden", "truncated", "clipped", "side"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class SlideBox(_Part):
    """CSS px from the upper left corner of the slide; times the zoom these are pixels of its picture."""

    left: float
    top: float
    width: float
    height: float


class SlideBlock(_Part):
    """Words that belong together: a paragraph, a heading, a cell. One that is parted is a block on each slide."""

    kind: Annotated[
        BlockKind, Field(description="`field`: text of a form field; `value`: what the document does not hold as text")
    ]
    level: Annotated[int | None, Field(description="of a heading, from 1")] = None
    text: Annotated[str, Field(description="as the document has it, `\\n` where a line is broken on purpose")]
    added: Annotated[list[str], Field(description="parts of the text that nobody sent: numbers of footnotes")] = []
    continues: Annotated[bool, Field(description="goes on from the slide before, in the same line of thought")] = False
    joined: Annotated[bool, Field(description="that line was parted within a word, which a slide is too low for")] = (
        False
    )
    lang: Annotated[str, Field(description="BCP 47; empty where the document does not say")] = ""
    dir: Literal["ltr", "rtl"] = "ltr"
    box: SlideBox


class SlidePicture(_Part):
    """A picture on a slide. `words`: those inside of a drawing."""

    alt: str
    words: str = ""
    box: SlideBox


class SlideLink(_Part):
    """Where a part of the slide leads to."""

    url: str
    text: str
    box: SlideBox


class SlideText(_Part):
    """One slide, its blocks in reading order."""

    index: Annotated[int, Field(description="of its picture, from 1")]
    layout: Annotated[str, Field(description="of a slide that was composed; empty for a window of the document")] = ""
    blocks: list[SlideBlock]
    pictures: list[SlidePicture] = []
    links: list[SlideLink] = []
    notes: Annotated[str, Field(description="what the author says to it and nobody sees there, as plain text")] = ""

    @property
    def title(self) -> str:
        """The first of its headings of the highest rank, in one line; empty if it has none."""
        headings = [block for block in self.blocks if block.kind == "heading"]
        first = min(headings, key=lambda block: block.level or 1, default=None)
        return "" if first is None else " ".join(first.text.split())

    @property
    def parts(self) -> list[SlideBlock | SlidePicture]:
        """Blocks in reading order, and each picture before the first block that begins below its upper edge."""
        waiting = sorted(self.pictures, key=lambda picture: picture.box.top)
        parts: list[SlideBlock | SlidePicture] = []
        for block in self.blocks:
            while waiting and waiting[0].box.top <= block.box.top:
                parts.append(waiting.pop(0))
            parts.append(block)
        return [*parts, *waiting]


class NotShown(_Part):
    """Text that the document holds and no slide shows."""

    text: str
    why: Annotated[
        WhyNotShown,
        Field(
            description="`hidden` by the document itself; `truncated`: behind the last slide; `clipped` by something "
            "of a fixed height; `side`: beyond the left or right edge"
        ),
    ]


class LostPicture(_Part):
    """A picture that the document holds and no slide shows."""

    alt: str
    why: WhyNotShown | Literal["not_loaded"]


class Composition(_Part):
    """How well the document is dealt out to its slides."""

    slides: int
    mean_fill: Annotated[float, Field(description="how much of their height slides use, 0..1; titles do not count")]
    least_fill: float
    breaks_in_sentence: Annotated[int, Field(description="slides that begin in the middle of a sentence")]
    without_heading: Annotated[int, Field(description="slides that do not begin with a heading")]
    orphans: Annotated[int, Field(description="slides with less than a fifth, and no heading of their own")]
    continued_tables_without_head: int


class SlideTexts(_Part):
    """The file. In a run of no slides there is none."""

    version: Literal[1] = 1
    width: Annotated[float, Field(description="of a slide, CSS px")]
    height: float
    slides: list[SlideText]
    not_shown: list[NotShown] = []
    lost_pictures: list[LostPicture] = []
    composition: Composition | None = None
    missing_glyphs: Annotated[
        str, Field(description="characters of the slides that no font has, so that boxes stand there; each once")
    ] = ""
    not_opened: Annotated[
        bool, Field(description="too large for what scrolls, hides or reaches out of it to be opened: cut as it stands")
    ] = False

    @property
    def characters(self) -> set[str]:
        """Whatever stands on a slide as text."""
        characters: set[str] = set()
        for slide in self.slides:
            for block in slide.blocks:
                characters.update(block.text)
            for picture in slide.pictures:
                characters.update(picture.words)
        return characters
