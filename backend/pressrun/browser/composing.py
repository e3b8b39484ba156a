"""A document made from text, composed to a deck: measured in a page, planned, and dealt out to slides by that page.

Owns what is asked of the page, and what a deck is for those who capture it. The plan itself is slides/composition's.
The same document, style and screen give the same deck, whichever browser of one build made it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from pressrun.browser.pool.lease import Lease
from pressrun.browser.ports import Screen
from pressrun.browser.slides.composition.flow import Flow, flow_of
from pressrun.browser.slides.composition.planner import LARGEST, SMALLEST, Plan, PlannedSlide, plan_deck
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.page_breaks import Box, Slice, SlicePlan
from pressrun.browser.slides.sideways import Extent, plan_document

# Smaller than the planner allows, for what it could not part: a row, a word, a picture with its caption.
_SMALLEST_AT_LAST = 0.5
_BODY = ('<main class="document">', '<main class="document" hidden>')
# What prepare.js looks at as it is laid out, or sets still; behind a backslash a sheet may say anything.
_SEEN_FIRST = re.compile(r"backdrop-filter|animation|transition|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeckSlide:
    """A section of the deck. `face` is a digest of all that it looks like; `height` is more than a slide's where
    nothing could make it fit: several slides show it. `rest`: all that is behind the last slide. `fill`: how much
    of its room is used; None where nobody measured it, as of a deck that was kept.
    """

    top: float
    height: float
    overfull: bool
    face: str
    rest: bool = False
    fill: float | None = None


@dataclass(frozen=True, slots=True)
class Deck:
    """A document of slides, CSS px."""

    html: str
    slides: tuple[DeckSlide, ...]

    def faces(self, height: float) -> dict[tuple[float, float], str]:
        """Of slides of that height, by top and bottom; slides that look the same have names of their own."""
        known: Counter[str] = Counter()
        faces = {}
        for slide in self.slides:
            if not slide.overfull and not slide.rest:
                faces[slide.top, slide.top + height] = _digest(slide.face, str(known[slide.face]))
                known[slide.face] += 1
        return faces


async def compose_deck(lease: Lease, html: str, css: str, screen: Screen, max_slides: int = 500) -> Deck | None:
    """The deck of that document on such a screen; None where it is none of ours, or nothing is in it.

    What does not find room on `max_slides` follows as one part that no slide shows. The page shows the deck then: its
    `layout` and `texts` can be asked for, without loading it anew.

    Raises: BrowserFailure.
    """
    answer = await measure_document(lease, html, css, screen)
    if answer is None:
        return None
    flow, plan = await anyio.to_thread.run_sync(planned, answer)
    if not plan.slides:
        return None
    return await anyio.to_thread.run_sync(deck_of, await deal_out(lease, slides_wanted(flow, plan, max_slides)))


async def measure_document(lease: Lease, html: str, css: str, screen: Screen) -> Mapping[str, Any] | None:
    """What a page answers that is asked how high the parts of it are, for `flow_of`; None: it is none of ours."""
    await lease.load(_not_laid_out(html), opened=False)
    answer: Mapping[str, Any] | None = await lease.ask("compose_measure", {"css": css, **_slide_size(screen)})
    return answer


async def measure_again(lease: Lease, body: str, css: str, screen: Screen) -> Mapping[str, Any]:
    """The same of other parts of the document that the lease shows; they take its place."""
    answer: Mapping[str, Any] = await lease.ask("compose_measure", {"css": css, "body": body, **_slide_size(screen)})
    return answer


async def deal_out(lease: Lease, slides: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What was measured, dealt out to those slides, for `deck_of`; the page shows them then."""
    told = {"slides": slides, "smallest": _SMALLEST_AT_LAST, "readable": SMALLEST, "largest": LARGEST}
    built: Mapping[str, Any] = await lease.ask("compose_build", told)
    return built


def _not_laid_out(html: str) -> str:
    """The document with its body out of sight: measuring lays it out in a column of a slide's width, and what it looks
    like before that nobody sees. Not where a page has to look at it before it is measured (prepare.js).
    """
    return html if is_seen_first(html) else html.replace(*_BODY, 1)


def is_seen_first(html: str) -> bool:
    """Whether a page has to look at the document as it stands, before it is measured."""
    return _SEEN_FIRST.search(html.partition("</head>")[0]) is not None


def plan_of_deck(
    slides: Sequence[DeckSlide], layout: DocumentLayout | None, screen: Screen, overlap: float, max_slices: int
) -> SlicePlan:
    """One slice for each slide of the deck; of one that is overfull as many as it takes. `layout`: None if none is."""
    width, height = screen.width / screen.zoom, screen.height / screen.zoom
    slices: list[Slice] = []
    for slide in slides:
        if slide.rest or len(slices) > max_slices:
            return SlicePlan(tuple(slices[:max_slices]), truncated=True)
        if slide.overfull and layout is not None:
            slices += _windows(slide, layout, (width, height), overlap)
        else:
            slices.append(Slice(slide.top, slide.top + height))
    return SlicePlan(tuple(slices[:max_slices]), truncated=len(slices) > max_slices)


def _windows(
    slide: DeckSlide, layout: DocumentLayout, size: tuple[float, float], overlap: float
) -> Sequence[Slice]:  # fmt: skip
    """What is higher or wider than a slide is cut, as any document is."""
    bottom = slide.top + slide.height
    boxes = [
        Box(box.kind, box.top - slide.top, box.bottom - slide.top, box.left, box.right)
        for box in layout.boxes
        if box.top >= slide.top - 1 and box.bottom <= bottom + 1
    ]
    extent = Extent(slide.height, layout.width_css_px, rtl=layout.rtl)
    plan = plan_document(boxes, extent, size, min(overlap, size[1] / 2), "blocks", 500)
    return [
        Slice(piece.top + slide.top, piece.bottom + slide.top, piece.offset, piece.left, piece.right, piece.inset)
        for piece in plan.slices
    ]


def _slide_size(screen: Screen) -> dict[str, int]:
    """Whole CSS px, as a page's view is; what is over is cut off at the slide's right and lower edge."""
    return {name: _whole(pixels / screen.zoom) for name, pixels in (("width", screen.width), ("height", screen.height))}


def _whole(value: float) -> int:
    return max(1, -int(-(value - 1e-6) // 1))


def planned(answer: Mapping[str, Any]) -> tuple[Flow, Plan]:
    """The document as it was measured, and its cheapest deck."""
    flow = flow_of(answer)
    return flow, plan_deck(flow)


def slides_wanted(flow: Flow, plan: Plan, max_slides: int) -> list[dict[str, Any]]:
    """For `deal_out`: the slides, and as one more what does not find room on them."""
    slides = _with_numbers([_wanted(flow, slide) for slide in plan.slides[:max_slides]])
    if len(plan.slides) > max_slides:
        rest = plan.slides[max_slides]
        whole = {"last": len(flow.atoms), "layout": "text", "running": None, "number": None, "rest": True}
        slides.append({**_wanted(flow, rest), **whole})
    return slides


def _wanted(flow: Flow, slide: PlannedSlide) -> dict[str, Any]:
    """A slide as compose_build.js is told."""
    atom = flow.atoms[slide.first]
    return {
        "first": slide.first,
        "last": slide.last,
        "layout": slide.layout,
        "running": slide.running,
        "part": None if slide.part is None else f"{slide.part[0]}/{slide.part[1]}",
        "before": atom.before,
        "columns": flow.columns,
        "author": _said_of(flow, slide.first),
    }


def _with_numbers(slides: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with the `number` that is shown on it; None where its author wants none. Some do not count: from there on a
    number is not the slide's place, `is_place`.
    """
    count = 0
    for place, slide in enumerate(slides, start=1):
        said = slide["author"].get("number", "true")
        count += said not in ("hold", "skip")
        slide["number"] = count if said in ("true", "hold") else None
        slide["is_place"] = count == place
    return slides


def _said_of(flow: Flow, first: int) -> dict[str, str]:
    """What an author says of a slide holds for all that it becomes; but for its layout, which is that of the first."""
    begin = next((at for at in range(first, -1, -1) if flow.atoms[at].author is not None), first)
    said = dict(flow.atoms[begin].author or {})
    if begin != first:
        said.pop("layout", None)
    return said


def deck_of(built: Mapping[str, Any]) -> Deck:
    """The page's answer, or one that was put together alike."""
    shell = hashlib.sha256(built["shell"].encode("utf-8", "surrogatepass")).hexdigest()
    fills = [*built["fills"], None]  # what is behind the last slide has none
    slides = [
        DeckSlide(
            float(top),
            float(height),
            bool(overfull),
            _digest(shell, section),
            rest=bool(rest),
            fill=None if rest or fill is None else round(float(fill), 3),
        )
        for (top, height, overfull, rest), section, fill in zip(
            built["places"], built["sections"], fills[: len(built["places"])], strict=True
        )
    ]
    html = built["before"] + "".join(built["sections"]) + built["behind"]
    return Deck(html.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), tuple(slides))


def _digest(shell: str, section: str) -> str:
    return hashlib.sha256(f"{shell}\n{section}".encode("utf-8", "surrogatepass")).hexdigest()
