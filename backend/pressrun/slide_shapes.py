"""What slides show, as shapes of a presentation: made in the page, read by whoever writes one. Pure.

All lengths are CSS px, from the upper left corner of the slide. Shapes come in the order of painting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pressrun.slide_texts import SlideBox

Editability = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        exclude_if=lambda share: share is None,
        description="of a presentation that can be edited: the share of the words that stand in text boxes and tables",
    ),
]


REGULAR, BOLD = 400, 600  # a program that knows two weights has the second from there on


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Paint(_Part):
    """A colour of sRGB, 0 to 255; `alpha` 0 to 1."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0

    @property
    def hex(self) -> str:
        """RRGGBB."""
        return f"{self.red:02X}{self.green:02X}{self.blue:02X}"


class Stop(Paint):
    """Of a gradient; `at` in percent of its way."""

    at: float


class Gradient(_Part):
    """Linear; `angle` in degrees as CSS has it: 0 goes up, 90 to the right."""

    angle: float
    stops: list[Stop]


class Side(Paint):
    """One side of a border."""

    width: float
    line: str


class Shadow(Paint):
    """Of a box."""

    x: float
    y: float
    blur: float


class Underline(_Part):
    """A line under letters; kinds as CSS has them."""

    kind: Literal["solid", "double", "dotted", "dashed", "wavy"]
    colour: Paint


class ShapeRun(_Part):
    """Letters that look alike. `gap`: air before them that no space makes. `high`: of their line box by the font.
    `width`: of all of them; 0 where it is not known. `numbers`: they are the number of the slide.
    """

    text: str
    font: str
    size: float
    weight: int = 400
    italic: bool = False
    colour: Paint
    underline: Underline | None = None
    strike: bool = False
    raised: Literal["super", "sub"] | None = None
    link: str | None = None
    lang: str = ""
    code: bool = False
    spacing: float = 0.0
    mark: Paint | None = None
    gap: float = 0.0
    high: float = 0.0
    width: float = 0.0
    numbers: bool = False

    @property
    def is_bold(self) -> bool:
        """To a program that knows two weights."""
        return self.weight >= BOLD

    @property
    def key(self) -> str:
        """The same of two runs whose letters are as wide."""
        return f"{self.font}|{self.size}|{self.weight}|{self.italic}|{self.spacing}|{self.width}|{self.text}"


class ShapeLine(_Part):
    """One line as the browser broke it. `base` is its baseline."""

    left: float
    right: float
    top: float
    base: float
    runs: list[ShapeRun]


class Marker(_Part):
    """Of an item: a sign, or a number and how it is written (DrawingML, ST_TextAutonumberScheme)."""

    bullet: str = ""
    number: str = ""
    value: int = 1
    colour: Paint


class ShapeParagraph(_Part):
    """`high` is the height of a line, 0 where the font decides; `left` and `right` are of the block."""

    kind: str
    rank: int | None = None
    rtl: bool = False
    align: str = "left"
    high: float = 0.0
    left: float
    right: float
    marker: Marker | None = None
    level: int = 0
    lines: list[ShapeLine]

    @property
    def text(self) -> str:
        """In one line."""
        words = " ".join("".join(run.text for run in line.runs) for line in self.lines)
        return " ".join(words.split())


class TextShape(_Part):
    """A text box."""

    type: Literal["text"]
    paragraphs: list[ShapeParagraph]


class BoxShape(_Part):
    """Background and border of an element; `sides` from the top clockwise."""

    type: Literal["box"]
    box: SlideBox
    fill: Paint | None = None
    gradient: Gradient | None = None
    radius: float = 0.0
    sides: list[Side | None]
    shadow: Shadow | None = None


class PieceShape(_Part):
    """What is taken as a picture of itself alone. `words`: those that can be read in it."""

    type: Literal["piece"]
    number: int
    box: SlideBox
    alt: str = ""
    words: str = ""


class ShapeCell(_Part):
    """`x`, `y`, `across`, `down` count columns and rows of the table."""

    x: int
    y: int
    across: int
    down: int
    box: SlideBox
    ground: Paint | None = None
    sides: list[Side | None]
    paragraphs: list[ShapeParagraph]


class TableShape(_Part):
    """A table; `columns` and `rows` are their sizes."""

    type: Literal["table"]
    box: SlideBox
    rtl: bool = False
    head: bool = False
    columns: list[float]
    rows: list[float]
    cells: list[ShapeCell]


Shape = Annotated[TextShape | BoxShape | PieceShape | TableShape, Field(discriminator="type")]


class ShapesOfSlide(_Part):
    """One slide."""

    shapes: list[Shape]


class Ground(_Part):
    """What lies behind every slide. `picture`: it is more than a colour."""

    colour: Paint
    picture: bool = False


class SlideShapes(_Part):
    """All slides of a run. `vertical`: the page is written in columns, and has no shapes. `fonts`: for each `font` of a
    run, which family of the machine is behind it, by blocks of 128 code points; empty where that is not known.
    """

    width: float
    height: float
    vertical: bool = False
    ground: Ground | None = None
    slides: list[ShapesOfSlide]
    fonts: dict[str, dict[int, str]] = {}

    @property
    def lines(self) -> Iterator[ShapeLine]:
        """Of all slides, tables included."""
        for slide in self.slides:
            for shape in slide.shapes:
                for paragraph in paragraphs_of(shape):
                    yield from paragraph.lines

    @property
    def runs(self) -> Iterator[ShapeRun]:
        """Of all lines."""
        for line in self.lines:
            yield from line.runs

    @property
    def letters(self) -> dict[str, dict[int, str]]:
        """For each `font` of a run a letter of each block of 128 code points that it is asked to draw."""
        found: dict[str, dict[int, str]] = {}
        for run in self.runs:
            of_font = found.setdefault(run.font, {})
            for letter in set(run.text):
                if letter > "\x7f" and letter.isalpha():
                    of_font.setdefault(ord(letter) >> 7, letter)
        return found


def paragraphs_of(shape: TextShape | BoxShape | PieceShape | TableShape) -> list[ShapeParagraph]:
    """Those of a text box, or of all cells of a table."""
    if isinstance(shape, TextShape):
        return shape.paragraphs
    return [paragraph for cell in shape.cells for paragraph in cell.paragraphs] if isinstance(shape, TableShape) else []
