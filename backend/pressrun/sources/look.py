"""How a document made from text is to look: theme, brand, footer, page numbers. Owns the style sheet of a document.

What a request says goes before what the front matter of the text says; what neither says is the theme's.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pressrun.errors import ComposeFailed
from pressrun.request_errors import FieldErrors
from pressrun.spec import RunSpec
from pressrun.themes.brand import brand_css
from pressrun.themes.catalog import AUTO, BUILT_IN, DEFAULT, Theme, Themes, base_css


@dataclass(frozen=True, slots=True)
class Look:
    """`theme`: its name; `themes`: those that this server has. None, and `auto`: nobody has said."""

    theme: str = AUTO
    themes: Themes = field(default_factory=lambda: BUILT_IN)
    theme_css: str | None = None
    accent: str | None = None
    logo: str | None = None
    heading_font: str | None = None
    body_font: str | None = None
    footer: str | None = None
    header: str | None = None  # no request says one
    page_numbers: bool | None = None
    running_heading: str = AUTO
    writing_mode: str = AUTO

    @classmethod
    def of(cls, spec: RunSpec, themes: Themes) -> Self:
        """What a request says."""
        return cls(
            theme=spec.theme,
            themes=themes,
            theme_css=spec.theme_css,
            accent=spec.brand_accent,
            logo=spec.brand_logo,
            heading_font=spec.brand_heading_font,
            body_font=spec.brand_body_font,
            footer=spec.footer,
            page_numbers=spec.page_numbers,
            running_heading=spec.running_heading,
            writing_mode=spec.writing_mode,
        )

    def with_front_matter(self, said: Mapping[str, Any]) -> tuple[Self, list[tuple[str, str]]]:
        """With what the text says where the request does not; and what of that cannot be, as (code, message).

        `said` is what `deck_fields.look_of` has found.
        """
        values = {
            name: value for name, value in said.items() if name != "theme_line" and getattr(self, name) in (None, AUTO)
        }
        warnings = []
        theme = values.get("theme")
        if theme is not None and theme not in self.themes and theme != AUTO:
            del values["theme"]
            names = ", ".join(self.themes)
            message = f"Not used: `theme: {theme}` (line {said['theme_line']}) is none of this server's: {names}."
            warnings.append(("directive_ignored", message))
        return replace(self, **values), warnings

    def chosen(self) -> Theme:
        """Raises: ComposeFailed where this server has no such theme: another one has admitted the run."""
        found = self.themes.get(DEFAULT if self.theme == AUTO else self.theme)
        if found is None:
            raise ComposeFailed(
                f"this server has no theme `{self.theme}`; put it into PRESSRUN_THEMES_DIR of every server"
            )
        return found

    def css(self) -> str:
        """The whole style sheet: what all themes share, the theme's own, the brand, what the request adds.

        Raises: ComposeFailed.
        """
        theme = self.chosen()
        brand = brand_css(
            accent=self.accent,
            logo=self.logo,
            heading_font=self.heading_font,
            body_font=self.body_font,
            page=theme.colours.get("page", ""),
            scheme=theme.scheme,
        )
        return "\n".join(filter(None, (base_css(), theme.css(), brand, self.theme_css)))

    def attributes(self) -> str:
        """Of the document's root: what the composer of slides adds to each (`in_page/compose_build.js`)."""
        said = {
            "data-header": self.header,
            "data-footer": self.footer,
            "data-page-numbers": "" if self.page_numbers else None,
            "data-logo": "" if self.logo else None,
            "data-running-heading": None if self.running_heading in (AUTO, "numbered") else self.running_heading,
            "data-writing": "vertical" if self.writing_mode == "vertical" else None,
        }
        return "".join(f' {name}="{html.escape(value)}"' for name, value in said.items() if value is not None)


def require_theme(name: str, themes: Themes) -> None:
    """Raises: FieldErrors if the server has no such theme."""
    if name not in themes and name != AUTO:
        names = ", ".join(f"`{known}`" for known in (AUTO, *themes))
        raise FieldErrors([{"field": "theme", "problem": f"`{name}` is no theme of this server", "valid": names}])
