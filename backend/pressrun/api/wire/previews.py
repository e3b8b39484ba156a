"""What POST /preview answers with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Self

from pydantic import Field

from pressrun.api.wire.schemas import Answer
from pressrun.coverage import Coverage
from pressrun.pipeline.preview import Preview


class PreviewSlideOut(Answer):
    """A slide that a run would make."""

    index: Annotated[int, Field(description="from 1")]
    title: Annotated[str, Field(description="its first heading of the highest rank, in one line; empty if it has none")]
    layout: Annotated[str, Field(description="of a composed slide; empty for a window of the document")]
    fill: Annotated[float | None, Field(description="how much of its room is used, 0..1; null for a window")]
    line: Annotated[int | None, Field(description="of the source, from 1, where it begins; null where nobody can tell")]


class PreviewWarning(Answer):
    """As a `warning` event of a run has it."""

    code: str
    message: str


class PreviewOut(Answer):
    """What a run of this body would show."""

    title: str
    composed: Annotated[bool, Field(description="false: the document is shown as it is, in windows")]
    width: Annotated[float, Field(description="of a slide, CSS px")]
    height: float
    slide_count: int
    truncated: Annotated[bool, Field(description="there is more than max_screenshots slides show")]
    slides: list[PreviewSlideOut]
    coverage: Annotated[Coverage | None, Field(description="null where the source is too complex to be compared")]
    warnings: list[PreviewWarning]
    estimated_total_s: Annotated[
        float | None, Field(description="half of the runs like it took no longer; null while there are too few")
    ]
    estimated_total_p75_s: Annotated[float | None, Field(description="three quarters of them took no longer")]
    html: Annotated[
        str | None, Field(description="the deck as a page, one slide below the other; null where it is not composed")
    ]

    @classmethod
    def of(cls, preview: Preview, median_s: float | None, p75_s: float | None) -> Self:
        """The wire form."""
        return cls(
            title=preview.title,
            composed=preview.html is not None,
            width=preview.width,
            height=preview.height,
            slide_count=len(preview.slides),
            truncated=preview.truncated,
            slides=[
                PreviewSlideOut(index=index, **asdict(slide)) for index, slide in enumerate(preview.slides, start=1)
            ],
            coverage=preview.coverage,
            warnings=[PreviewWarning(code=warning.code, message=warning.message) for warning in preview.warnings],
            estimated_total_s=median_s,
            estimated_total_p75_s=p75_s,
            html=preview.html,
        )
