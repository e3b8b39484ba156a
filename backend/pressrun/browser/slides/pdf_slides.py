"""A printed PDF with the whole document on one tall page -> a PDF whose pages are the slides. Blocks; pure.

The new pages are windows on the tall one: their boxes have its coordinates, so that links, places and patterns stay as
they are. Fonts and pictures are shared. Tags, outline, links and the language go along: what an id, a place or an
annotation of the tall page meant belongs to the slides that show it. `decision 0064` says why it is made so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pressrun.browser.slides.page_breaks import Slice
from pressrun.browser.slides.pdf_content import (
    Dealer,
    Form,
    Resources,
    TooMuchPainted,
    UnknownContent,
)
from pressrun.browser.slides.pdf_geometry import Rect
from pressrun.browser.slides.pdf_links import without_bad_links
from pressrun.browser.slides.pdf_streams import Sheet
from pressrun.browser.slides.pdf_tags import Placed, settle_places, settle_tags
from pressrun.worker_threads import stop_if_cancelled

__all__ = ["Printed", "TooMuchPainted", "UnknownContent", "Window", "cut_into_slides", "window_of"]

_NAME: Final = re.compile(rb"/([^\s()<>\[\]{}/%]+)")
_CATEGORIES: Final = ("/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font")
_TALL: Final = 1  # the first page is of the screen's size and empty


@dataclass(frozen=True, slots=True)
class Window:
    """What a slide shows, in pt from the document's upper left corner: the slide's own edges, and between which heights
    and sides the document is seen in it.
    """

    left: float
    top: float
    width: float
    height: float
    begin: float
    end: float
    sides: tuple[float, float]


def window_of(slice: Slice, width: float, height: float, zoom: float) -> Window:
    """What a slide of that size shows, as its picture does; one CSS px is one pt."""
    left, top = slice.left - slice.inset, slice.top - slice.offset
    clipped = slice.height < height - 1 / zoom
    return Window(
        left=left,
        top=top,
        width=width,
        height=height,
        begin=slice.top if clipped and slice.top > 0 else top,
        end=slice.bottom if clipped else top + height,
        sides=(left if slice.right is None else slice.left, left + width if slice.right is None else slice.right),
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """What the browser printed: the document on the second page of `content`; on the first of `background`, what lies
    behind each slide from its upper left corner. `top` is the height of the document at that page's top, and `places`
    where things are that its links lead to, by their names. `canvas` is the colour where a slide shows nothing, 0..255.
    """

    content: bytes
    background: bytes | None
    top: float
    places: Mapping[str, float]
    canvas: tuple[int, ...] = (255, 255, 255)


def cut_into_slides(printed: Printed, windows: Sequence[Window], *, cuts_lines: bool, made_at: datetime) -> bytes:
    """`cuts_lines`: a slide may end within a line, which then stands on both; else each line is of one slide.

    The same input gives the same bytes. Raises: TooMuchPainted, UnknownContent.
    """
    with Pdf.open(io.BytesIO(without_bad_links(printed.content))) as pdf:
        if len(pdf.pages) <= _TALL:
            raise UnknownContent("there is no second page")
        tall = pdf.pages[_TALL]
        height = float(tall.obj.MediaBox[3]) + printed.top  # from here down, heights are those of the document
        dealer = Dealer([_seen(window, height) for window in windows], cuts_lines=cuts_lines)
        contents = dealer.deal(tall.Contents.read_bytes(), _resources(pdf, tall.obj.Resources))
        behind = None if printed.background is None else _form_of(pdf, without_bad_links(printed.background))
        pages = [
            pdf.make_indirect(_page(pdf, tall.obj, height, *made, behind=behind, canvas=printed.canvas))
            for made in zip(windows, dealer.sheets, contents, strict=True)
        ]
        placed = [Placed(page, sheet) for page, sheet in zip(pages, dealer.sheets, strict=True)]
        settle_tags(pdf, tall.obj, placed, dealer)
        settle_places(pdf, tall.obj, placed, {name: height - at for name, at in printed.places.items()})
        del pdf.pages[:]
        for page in pages:
            pdf.pages.append(pikepdf.Page(page))
        for key in ("/CreationDate", "/ModDate"):
            pdf.docinfo[key] = made_at.strftime("D:%Y%m%d%H%M%S+00'00'")
        made = io.BytesIO()
        pdf.save(made, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return made.getvalue()


def _seen(window: Window, height: float) -> Rect:
    """Of the tall page: what of the document the slide may paint."""
    top, bottom = max(window.begin, window.top), min(window.end, window.top + window.height)
    return Rect(window.sides[0], height - bottom, window.sides[1], height - top)


def _page(
    pdf: Pdf,
    tall: Object,
    height: float,
    window: Window,
    sheet: Sheet,
    content: bytes,
    *,
    behind: Object | None,
    canvas: Sequence[int],
) -> Dictionary:
    stop_if_cancelled()
    upper = height - window.top
    left, bottom, right, top = sheet.window
    parts = [b"q\n%.4f %.4f %.4f %.4f re W n\n" % (left, bottom, right - left, top - bottom), content, b"Q\n"]
    forms = dict(sheet.forms)
    if behind is not None:
        forms[b"Behind"] = behind
        down = upper - float(behind.BBox[3])
        parts.insert(0, b"/Artifact BMC\nq\n1 0 0 1 %.4f %.4f cm\n/Behind Do\nQ\nEMC\n" % (window.left, down))
    colour = b" ".join(b"%.4f" % (part / 255) for part in canvas)
    area = b"%.4f %.4f %.4f %.4f" % (window.left, upper - window.height, window.width, window.height)
    parts.insert(0, b"/Artifact BMC\nq\n%b rg %b re f\nQ\nEMC\n" % (colour, area))
    body = b"".join(parts)
    return Dictionary(
        Type=Name.Page,
        MediaBox=Array([window.left, upper - window.height, window.left + window.width, upper]),
        Contents=Stream(pdf, body),
        Resources=_used(tall.Resources, body, forms),
    )


def _used(resources: Object, content: bytes, forms: Mapping[bytes, Any]) -> Dictionary:
    """The resources that the content names, and no other."""
    named = {"/" + name.decode("latin-1") for name in _NAME.findall(content)}
    used = Dictionary()
    for category in _CATEGORIES:
        entries = {name: entry for name, entry in resources.get(category, Dictionary()).items() if name in named}
        if category == "/XObject":
            entries |= {f"/{key.decode()}": form for key, form in forms.items() if f"/{key.decode()}" in named}
        if entries:
            used[category] = Dictionary(entries)
    return used


def _resources(pdf: Pdf, resources: Object) -> Resources:
    def read_form(form: Stream) -> Form:
        left, bottom, right, top = (float(edge) for edge in form.BBox)
        a, b, c, d, e, f = (float(number) for number in form.get("/Matrix", [1, 0, 0, 1, 0, 0]))
        own = _resources(pdf, form.get("/Resources", Dictionary()))
        return Form(Rect(left, bottom, right, top), (a, b, c, d, e, f), form.read_bytes(), own)

    def copy_form(form: Stream, content: bytes, forms: Mapping[bytes, Any]) -> Stream:
        copy = Stream(pdf, content)
        for key in ("/Type", "/Subtype", "/BBox", "/Matrix", "/Group"):
            if key in form:
                copy[key] = form[key]
        copy.Resources = _used(form.get("/Resources", Dictionary()), content, forms)
        return copy

    objects = resources.get("/XObject", Dictionary())
    states = resources.get("/ExtGState", Dictionary())
    return Resources(
        {_key(name): entry for name, entry in _forms(objects)},
        frozenset(_key(name) for name, state in states.items() if "/SMask" in state),
        read_form,
        copy_form,
    )


def _forms(objects: Object) -> Iterator[tuple[str, Any]]:
    return ((name, entry) for name, entry in objects.items() if entry.get("/Subtype") == Name.Form)


def _key(name: str) -> bytes:
    return name[1:].encode("latin-1")


def _form_of(pdf: Pdf, background: bytes) -> Object:
    with Pdf.open(io.BytesIO(background)) as other:
        return pdf.copy_foreign(other.make_indirect(other.pages[0].as_form_xobject()))
