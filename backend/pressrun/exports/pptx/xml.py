"""DrawingML as text: lengths, colours, fills, lines, and the frame of every shape. Pure; knows no library.

The order of children is that of the schema (ECMA-376, part 1, 20 and 21): PowerPoint repairs a file that has another.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from pressrun.slide_shapes import Gradient, Paint, Shadow, Side
from pressrun.slide_texts import SlideBox

EMU_PER_CSS_PX = 9525  # 914 400 an inch, 96 CSS px an inch
# The longer side of a slide: 13.333 inch, PowerPoint's own wide format. So letters have the sizes that people expect.
LONGER_SIDE_CSS_PX = 1280

NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
# Says to screen readers that there is nothing to read out
_DECORATIVE = (
    '<a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative '
    'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
)
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, 2.2; line ends are no text here
_MOST_OF_ALT = 2_000  # characters; arbitrary, nobody listens to more
_DASHES = {"dashed": "dash", "dotted": "sysDot"}


@dataclass(frozen=True, slots=True)
class Scale:
    """From CSS px of a slide to what PowerPoint counts in."""

    factor: float

    @classmethod
    def of(cls, width: float, height: float) -> Scale:
        """For slides of that size, CSS px."""
        return cls(LONGER_SIDE_CSS_PX / max(width, height))

    def emu(self, css_px: float) -> int:
        """A length."""
        return round(css_px * self.factor * EMU_PER_CSS_PX)

    def points(self, css_px: float) -> int:
        """A size of letters or the air between lines, in hundredths of a point."""
        return round(css_px * self.factor * 75)


def text(value: str) -> str:
    """For the inside of an element."""
    return escape(_NOT_XML.sub("", value))


def attribute(value: str) -> str:
    """With its quotes, in one line."""
    return quoteattr(" ".join(_NOT_XML.sub(" ", value).split()))


def named(number: int, name: str, alt: str | None = None) -> str:
    """`p:cNvPr` with its id; `alt` None: it is there to be looked at only."""
    if alt is None:
        return f'<p:cNvPr id="{number}" name={attribute(name)}>{_DECORATIVE}</p:cNvPr>'
    said = f" descr={attribute(alt[:_MOST_OF_ALT])}" if alt.strip() else ""
    return f'<p:cNvPr id="{number}" name={attribute(name)}{said}/>'


def frame(box: SlideBox, scale: Scale, tag: str = "a:xfrm") -> str:
    """Where a shape is. A shape of no extent cannot be seen or taken hold of."""
    left, top = scale.emu(box.left), scale.emu(box.top)
    width, height = max(1, scale.emu(box.width)), max(1, scale.emu(box.height))
    return f'<{tag}><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></{tag}>'


def colour(paint: Paint) -> str:
    """`a:srgbClr`."""
    if paint.alpha >= 1:
        return f'<a:srgbClr val="{paint.hex}"/>'
    return f'<a:srgbClr val="{paint.hex}"><a:alpha val="{round(paint.alpha * 100_000)}"/></a:srgbClr>'


def fill(paint: Paint | None, gradient: Gradient | None = None) -> str:
    """One of the fills."""
    if gradient is not None:
        stops = sorted(gradient.stops, key=lambda stop: stop.at)
        places = "".join(
            f'<a:gs pos="{round(min(100.0, max(0.0, stop.at)) * 1000)}">{colour(stop)}</a:gs>' for stop in stops
        )
        angle = round((gradient.angle - 90) % 360 * 60_000) % 21_600_000
        return f'<a:gradFill rotWithShape="1"><a:gsLst>{places}</a:gsLst><a:lin ang="{angle}" scaled="0"/></a:gradFill>'
    return "<a:noFill/>" if paint is None else f"<a:solidFill>{colour(paint)}</a:solidFill>"


def line(side: Side | None, scale: Scale, tag: str = "a:ln") -> str:
    """A border, or none."""
    if side is None:
        return f'<{tag} w="0"><a:noFill/></{tag}>'
    dash = f'<a:prstDash val="{_DASHES.get(side.line, "solid")}"/>'
    return f'<{tag} w="{scale.emu(side.width)}">{fill(side)}{dash}</{tag}>'


def shadow(cast: Shadow | None, scale: Scale) -> str:
    """The effects of a shape."""
    if cast is None:
        return ""
    distance = (cast.x**2 + cast.y**2) ** 0.5
    direction = round(math.degrees(math.atan2(cast.y, cast.x)) % 360 * 60_000) % 21_600_000
    return (
        f'<a:effectLst><a:outerShdw blurRad="{scale.emu(cast.blur)}" dist="{scale.emu(distance)}" dir="{direction}" '
        f'algn="ctr" rotWithShape="0">{colour(cast)}</a:outerShdw></a:effectLst>'
    )


def geometry(box: SlideBox, radius: float) -> str:
    """A rectangle, with round corners if it has some, or an ellipse."""
    shorter = min(box.width, box.height)
    if radius <= 0 or shorter <= 0:
        return '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
    if radius >= shorter / 2 and abs(box.width - box.height) < 1:
        return '<a:prstGeom prst="ellipse"><a:avLst/></a:prstGeom>'
    share = min(50_000, round(radius / shorter * 100_000))
    return f'<a:prstGeom prst="roundRect"><a:avLst><a:gd name="adj" fmla="val {share}"/></a:avLst></a:prstGeom>'


def clean(value: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("", value)
