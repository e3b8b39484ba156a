"""A brand on top of a theme, as CSS: an accent colour that can be read on the theme's page, fonts, a logo. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

AA: Final = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
_STEPS: Final = 40  # of a mix towards black or white; a step is less than anybody sees

Colour = tuple[float, float, float]


def brand_css(
    *, accent: str | None, logo: str | None, heading_font: str | None, body_font: str | None, page: str, scheme: str
) -> str:
    """The rules; empty where nothing is given. `accent`: `#rgb` or `#rrggbb`; `page`: the theme's ground."""
    return "".join(_rules(accent, logo, heading_font, body_font, page, scheme))


def _rules(
    accent: str | None, logo: str | None, heading_font: str | None, body_font: str | None, page: str, scheme: str
) -> Iterator[str]:
    if heading_font:
        yield f':root {{ --display: "{heading_font}", var(--sans); --display-weight: 700; --display-spacing: 0em; }}\n'
    if body_font:
        yield f':root {{ --text: "{body_font}", var(--sans); }}\n'
    if logo:
        yield f':root {{ --logo: url("{logo}"); }}\n'
    if accent:
        ground = _colour(page) or ((255, 255, 255) if scheme == "light" else (0, 0, 0))
        brand = _colour(accent) or ground
        # panels are a little nearer to the text than the page is: a little more than AA on the page is AA on them
        shown = readable(brand, ground, AA * 1.2)
        on = _hex(max(((0, 0, 0), (255, 255, 255)), key=lambda colour: contrast(colour, shown)))
        yield f":root {{ --brand: {accent}; --accent: {_hex(shown)}; --on-accent: {on}; }}\n"
        tones = " ".join(f"--{name}: {on};" for name in _ON_BRAND)
        yield (
            '.slide:is([data-layout="section"], [data-layout="closing"]) { background-image: none; '
            f"--page: {_hex(shown)}; --panel: {_hex(shown)}; --mark: {_hex(shown)}; {tones} }}\n"
        )


_ON_BRAND: Final = (
    "ink", "heading", "strong", "soft", "quote", "accent", "line", "good", "special", "careful", "bad",
)  # fmt: skip


def readable(colour: Colour, ground: Colour, least: float = AA) -> Colour:
    """The colour, or the nearest on its way to black or white that has that contrast on the ground."""
    target = max(((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)), key=lambda end: contrast(end, ground))
    for step in range(_STEPS + 1):
        share = step / _STEPS
        mixed = tuple(a + (b - a) * share for a, b in zip(colour, target, strict=True))
        if contrast(mixed, ground) >= least:  # type: ignore[arg-type]
            return mixed  # type: ignore[return-value]
    return target


def contrast(one: Colour, other: Colour) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def _light(colour: Colour) -> float:
    red, green, blue = (
        value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(text: str) -> Colour | None:
    digits = text.removeprefix("#")
    if len(digits) == 3:  # noqa: PLR2004  (#rgb)
        digits = "".join(digit * 2 for digit in digits)
    try:
        return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    except ValueError:
        return None  # a name, or no colour


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(value):02x}" for value in colour)
