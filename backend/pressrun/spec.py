"""`RunSpec`: the validated, normalised request of a run. Pure.

Every field here changes the result of a run, and so every field is part of the fingerprint; what does not change the
result (lane, policies, priority, webhook) belongs to `api.schemas.GenerateRequest`, which extends this model.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pressrun.ids import OPERATION_ID_PATTERN

MAX_TEXT_CHARACTERS = 400_000  # CONTRACT
MAX_HTML_BYTES = 5_000_000  # CONTRACT

Composer = Literal["auto", "markdown", "ai"]
ImageFormat = Literal["png", "jpeg", "webp"]
Output = Literal["images", "html", "pdf", "zip"]
PngMode = Literal["speed", "size"]
Theme = Literal["paper", "ink", "chalk"]

OUTPUT_ORDER: tuple[Output, ...] = ("images", "html", "pdf", "zip")

# C0 and C1 controls: never in a name. Tab and the line ends are right in a source, NUL and the rest never are.
_CONTROLS_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_IN_SOURCE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def _clean_source(value: str) -> str:
    found = _CONTROLS_IN_SOURCE.search(value)
    if found is not None:
        raise ValueError(
            f"holds the control character U+{ord(found.group()):04X} at position {found.start()}; remove it"
        )
    return value


def _clean_name(value: str) -> str:
    found = _CONTROLS_IN_NAME.search(value)
    if found is not None:
        raise ValueError(f"holds the control character U+{ord(found.group()):04X}; use one line of plain text")
    return value.strip()


def _check_html_size(value: str) -> str:
    size_bytes = len(value.encode())
    if size_bytes > MAX_HTML_BYTES:
        raise ValueError(f"is {size_bytes} bytes long; at most {MAX_HTML_BYTES} bytes are taken")
    return value


def _normalise_outputs(value: list[Output]) -> list[Output]:
    return [output for output in OUTPUT_ORDER if output in value]


def none_if_blank(value: str | None) -> str | None:
    """What low-code tools send for a field that was left blank is no value, as in a form."""
    return value if value and value.strip() else None


SourceText = Annotated[str, AfterValidator(_clean_source)]
Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_clean_name)]


class RenderSpec(BaseModel):
    """How a document is shown: the fields that a rerender may change. Immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    output_name: Annotated[Name | None, AfterValidator(none_if_blank)] = None
    zoom: Annotated[float, Field(ge=0.5, le=10)] = 2.1
    viewport_width: Annotated[int, Field(ge=320, le=7680, description="pixels of every image")] = 1920
    viewport_height: Annotated[int, Field(ge=240, le=4320, description="pixels of every image")] = 1080
    overlap: Annotated[float, Field(ge=0, description="CSS px; at most half the viewport")] = 15
    page_breaks: Literal["blocks", "scroll"] = "blocks"
    max_screenshots: Annotated[int, Field(ge=1, le=500)] = 50
    image_format: ImageFormat = "png"
    image_quality: Annotated[int, Field(ge=1, le=100, description="for jpeg and webp")] = 85
    png_mode: Annotated[PngMode, Field(description="for png: written fast, or with half the bytes; same pixels")] = (
        "speed"
    )
    outputs: Annotated[
        list[Output], Field(min_length=1, max_length=len(OUTPUT_ORDER)), AfterValidator(_normalise_outputs)
    ] = ["images"]


class RunSpec(RenderSpec):
    """What a run is to make, with every default filled in. Immutable."""

    text: Annotated[
        SourceText | None,
        Field(max_length=MAX_TEXT_CHARACTERS, description="Markdown or plain text"),
        AfterValidator(none_if_blank),
    ] = None
    rerender_of: Annotated[
        str | None,
        Field(pattern=f"^{OPERATION_ID_PATTERN}$", description="the run whose saved document is shown"),
    ] = None
    html: Annotated[
        Annotated[SourceText, AfterValidator(_check_html_size)] | None,
        Field(description="a whole HTML document, shown as it is; at most 5 MB"),
        AfterValidator(none_if_blank),
    ] = None
    composer: Annotated[Composer, Field(description="who turns text into the document")] = "auto"
    model_choice: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._:/-]{0,128}$", description="empty is `default`"),
        AfterValidator(lambda value: value or "default"),
    ] = "default"
    system_prompt: Annotated[SourceText | None, Field(max_length=20_000), AfterValidator(none_if_blank)] = None
    enable_verification: bool = True
    use_cache: bool = True
    title: Annotated[Name | None, AfterValidator(none_if_blank)] = None
    theme: Theme = "paper"

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        given = [name for name in ("text", "html", "rerender_of") if getattr(self, name)]
        if not given:
            raise ValueError("text: one of `text` or `html` is required and must not be empty")
        if len(given) > 1:
            raise ValueError("html: give either `text` or `html`, not both")
        limit = self.viewport_height / self.zoom / 2
        if self.overlap > limit:
            raise ValueError(
                f"overlap: {self.overlap:g} is more than half the viewport, which is {limit:g} CSS px at this zoom"
            )
        return self
