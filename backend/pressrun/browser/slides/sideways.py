"""Slides of a document that does not only go down: wider than a slide, or written from right to left or in columns.

Owns which way a document goes; where it is cut is page_breaks.py's. Boxes are turned so that the document goes down and
its lines to the right, cut, and the slices turned back. What is wider than a slide is then cut sideways too, where no
box is crossed if there is such a place, in reading order: the slides of one height follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, Final, Literal

from pressrun.browser.slides.page_breaks import (
    BOX_KINDS,
    OVERHANG_CSS_PX,
    Box,
    PageBreaks,
    Slice,
    SlicePlan,
    plan_slices,
)
from pressrun.spec import Fit

Flow = Literal["down", "left", "right"]
FLOWS: Final[dict[str, Flow]] = {"down": "down", "left": "left", "right": "right"}

# How small `fit: shrink` makes what is wider than a slide: at half its size text of 16 px has, at zoom 2.1, the height
# of the small print of a newspaper on a slide that fills a screen. What needs less is split sideways.
LEAST_SCALE = 0.5

# Of a slide: a cut further left leaves more of it empty than a column cut in two costs.
_LEAST_SHARE = 0.4
_MARGIN_SHARE = 0.03  # air left of a slide that goes on sideways, as the document has itself at its left


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a document reaches, CSS px. `flow`: where its blocks go on. `rtl`: its lines go from right to left."""

    height: float
    width: float
    flow: Flow = "down"
    rtl: bool = False


def plan_document(
    boxes: Sequence[Box],
    extent: Extent,
    slide: tuple[float, float],
    overlap_css_px: float,
    mode: PageBreaks,
    max_slices: int,
    *,
    fit: Fit = "shrink",
) -> SlicePlan:
    """As `plan_slices`, for documents that go any way; `slide` is the width and height of one, CSS px.

    `fit`: `clip` makes no slides of what stands out at the sides of a document that goes down.
    """
    if fit == "clip" and extent.flow == "down":
        return plan_slices(boxes, extent.height, slide[1], overlap_css_px, mode, max_slices)
    turn = _Turn.of(boxes, extent, slide)
    along, across = (slide[1], slide[0]) if extent.flow == "down" else slide
    turned = boxes if turn.is_none else [turn.box(box) for box in boxes]
    plan = plan_slices(turned, turn.length, along, overlap_css_px, mode, max_slices)
    ink = sorted((box for box in turned if box.kind in ("line", "picture")), key=lambda box: box.top)
    if turn.is_none and not any(_overhangs(box, across) for box in ink):
        return plan
    slices = [panel for piece in plan.slices for panel in _panels(piece, ink, across, overlap_css_px)]
    kept = tuple(turn.slice(piece) for piece in slices[:max_slices])
    return SlicePlan(kept, plan.truncated or len(slices) > max_slices)


def cut_off_share(boxes: Sequence[Box], width_css_px: float) -> float:
    """How much of the lines and pictures stands out at the sides of a slide, 0..1."""
    ink = [box for box in boxes if box.kind in ("line", "picture")]
    area = sum(box.height * (box.right - box.left) for box in ink)
    inside = sum(box.height * max(0.0, min(box.right, width_css_px) - max(box.left, 0.0)) for box in ink)
    return 1 - inside / area if area else 0.0


def _overhangs(box: Box, across: float) -> bool:
    return box.right > across + OVERHANG_CSS_PX or box.left < -OVERHANG_CSS_PX


def _panels(piece: Slice, ink: Sequence[Box], across: float, overlap: float) -> list[Slice]:
    """The slice, or several beside each other if what stands in it is wider than a slide."""
    shown = [box for box in ink if box.top < piece.bottom - 0.5 and box.bottom > piece.top + 0.5]
    end = max((box.right for box in shown), default=0.0)
    if end <= across + OVERHANG_CSS_PX:
        return [piece]
    margin = min(max(0.0, min(box.left for box in shown)), across * _MARGIN_SHARE)
    panels: list[Slice] = []
    start, inset = 0.0, 0.0
    while end - start > across - inset + OVERHANG_CSS_PX:
        limit = start + across - inset
        cut, following = _cut(shown, start, limit, across, overlap)
        panels.append(replace(piece, left=start, right=cut, inset=inset))
        start, inset = following, margin if following == cut else 0.0
    return [*panels, replace(piece, left=start, right=end + OVERHANG_CSS_PX, inset=inset)]


def _cut(shown: Sequence[Box], start: float, limit: float, across: float, overlap: float) -> tuple[float, float]:
    """Where a panel ends, and where the next one begins."""
    reach, best = start, None
    for box in sorted(shown, key=lambda box: box.left):
        if box.left > limit:
            break
        if box.left >= reach and start + across * _LEAST_SHARE < reach <= limit:
            best = (reach, box.left)
        reach = max(reach, box.right)
    if best is not None:
        return (best[0] + best[1]) / 2, (best[0] + best[1]) / 2
    cut = [box.left for box in shown if start + 1 < box.left < limit < box.right and box.right - box.left <= across]
    return limit, min(cut, default=limit - overlap)


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a document is turned: `flow`, whether its lines are mirrored, and where it begins along its flow."""

    flow: Flow
    mirrored: bool
    begin: float
    length: float
    width: float
    slide: tuple[float, float]

    @classmethod
    def of(cls, boxes: Sequence[Box], extent: Extent, slide: tuple[float, float]) -> _Turn:
        if extent.flow == "down":
            mirrored = extent.rtl and any(_overhangs(box, slide[0]) for box in boxes)
            return cls("down", mirrored, 0.0, extent.height, extent.width, slide)
        ink = [box for box in boxes if box.kind in ("line", "picture")]
        left = min((0.0, *(box.left for box in ink)))
        right = max((extent.width, *(box.right for box in ink)))
        begin = right if extent.flow == "left" else left
        return cls(extent.flow, False, begin, right - left, extent.width, slide)

    @property
    def is_none(self) -> bool:
        return self.flow == "down" and not self.mirrored

    def box(self, box: Box) -> Box:
        if self.flow == "left":
            return Box(box.kind, self.begin - box.right, self.begin - box.left, box.top, box.bottom)
        if self.flow == "right":
            return Box(box.kind, box.left - self.begin, box.right - self.begin, box.top, box.bottom)
        return Box(box.kind, box.top, box.bottom, self.width - box.right, self.width - box.left)

    def slice(self, piece: Slice) -> Slice:
        """The slice as it stands in the document."""
        width, height = self.slide
        if self.flow == "down":
            if not self.mirrored or piece.right is None:
                return piece
            left, right = self.width - piece.right, self.width - piece.left
            return replace(piece, left=left, right=right, inset=width - piece.inset - (right - left))
        top = piece.left
        bottom = height if piece.right is None else piece.right
        if self.flow == "right":
            left, right, inset = self.begin + piece.top, self.begin + piece.bottom, piece.offset
        else:
            left, right = self.begin - piece.bottom, self.begin - piece.top
            inset = width - piece.offset - piece.height
        return Slice(top, bottom, piece.inset, left, right, inset)


def boxes_of(flat: Sequence[Any], sides: Sequence[float] | None) -> Iterator[Box]:
    """What in_page/layout.js sends: kind, top and bottom of each, and where they matter left and right."""
    beside = repeat((0.0, 0.0)) if sides is None else zip(sides[::2], sides[1::2], strict=True)
    for kind, top, bottom, (left, right) in zip(flat[::3], flat[1::3], flat[2::3], beside, strict=False):
        if kind in BOX_KINDS:
            yield Box(kind, float(top), float(bottom), float(left), float(right))
