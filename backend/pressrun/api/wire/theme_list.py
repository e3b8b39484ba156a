"""What GET /themes answers with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pressrun.api.wire.schemas import Answer


class ThemeOut(Answer):
    """A look that a document made from text may have."""

    name: Annotated[str, Field(description="what `theme` of a request says")]
    label: Annotated[str, Field(description="its name for people")]
    words: Annotated[str, Field(description="what it looks like")]
    scheme: Literal["light", "dark"]
    author: str
    colours: Annotated[dict[str, str], Field(description="of page, ink, heading and accent, for a swatch")]
    preview_url: Annotated[str | None, Field(description="a picture of it; null if there is none")]


class ThemeList(Answer):
    """The themes of this server: the built-in ones, then those of whoever runs it."""

    themes: list[ThemeOut]
