"""Where things stand in a loaded document, as the page tells it (`in_page/layout.js`). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.slides.document_limits import too_high, too_many_boxes
from pressrun.browser.slides.page_breaks import Box
from pressrun.browser.slides.sideways import FLOWS, Extent, Flow, boxes_of


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """Boxes in document order, CSS px from its top left corner.

    The boxes have sides only where something stands out of a slide, or the document does not go down. `sides`: where
    the outermost on the left begins and the one on the right ends. `layered`: something with content in it is painted
    as a layer of its own.
    """

    height_css_px: float
    boxes: tuple[Box, ...]
    width_css_px: float = 0.0
    flow: Flow = "down"
    rtl: bool = False
    layered: bool = False
    sides: tuple[float, float] = (0.0, 0.0)

    @property
    def extent(self) -> Extent:
        """How far it reaches, for `plan_document`."""
        return Extent(self.height_css_px, self.width_css_px, self.flow, self.rtl)

    @property
    def is_empty(self) -> bool:
        """Nothing to see: no visible text, no picture."""
        return not any(box.kind in ("line", "picture") for box in self.boxes)


def read_layout(answer: dict[str, Any], config: BrowserPoolConfig) -> DocumentLayout:
    """What the page has measured. Raises: DocumentTooLarge, it is higher or has more boxes than may be."""
    height = float(answer["heightCssPx"])
    if height > config.max_height_css_px:
        raise too_high(height, config)
    if not answer["complete"]:
        raise too_many_boxes(config)
    boxes = tuple(boxes_of(answer["boxes"], answer.get("sides")))
    return DocumentLayout(
        height,
        boxes,
        float(answer.get("widthCssPx", 0)),
        FLOWS[answer.get("flow", "down")],
        bool(answer.get("rtl")),
        bool(answer.get("layered")),
        (min((box.left for box in boxes), default=0.0), max((box.right for box in boxes), default=0.0)),
    )
