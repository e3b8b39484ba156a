"""Tags, links and outline of a tall page that was cut into slides. Blocks; pure.

Ids of marked content are those of a page, so each slide has its own; a paragraph that two slides show has content on
both (ISO 32000-1, 14.7). What no slide shows is in neither.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pikepdf import Array, Dictionary, Name, Object, Pdf

from pressrun.browser.slides.pdf_content import Dealer
from pressrun.browser.slides.pdf_geometry import Rect
from pressrun.browser.slides.pdf_streams import Sheet

_XYZ_TOP: Final = 3  # [page /XYZ left top zoom], ISO 32000-1, 12.3.2.2
_MAX_OUTLINE: Final = 100_000  # entries; a document has fewer nodes


class Placed(NamedTuple):
    """A slide as a page of the new PDF."""

    page: Object
    sheet: Sheet


class _Mark(NamedTuple):
    """A piece of marked content on a slide: its page, its id there, and the elements of that page by id."""

    page: Object
    mcid: int
    elements: list[Any]


@dataclass(slots=True)
class _Tree:
    """What the parent tree will say: for each slide its elements by id, and the elements of links."""

    marks: dict[int, list[_Mark]]  # by the id on the tall page
    links: dict[tuple[int, int], Object]  # annotation -> the slide's page that has it
    of_links: list[tuple[Object, Object]] = field(default_factory=list)


def settle_tags(pdf: Pdf, tall: Object, placed: Sequence[Placed], dealer: Dealer) -> None:
    """Gives each slide its links, and the tags what they mean now."""
    pages = {id(slide.sheet): slide.page for slide in placed}
    links = _deal_links(pdf, tall, pages, dealer)
    root = pdf.Root.get("/StructTreeRoot")
    if root is None:
        return
    tree = _Tree({}, links)
    lists: list[list[Any]] = []
    for slide in placed:
        elements: list[Any] = [None] * len(slide.sheet.marks)
        lists.append(elements)
        for mcid, own in slide.sheet.marks.items():
            tree.marks.setdefault(mcid, []).append(_Mark(slide.page, own, elements))
    _settle_elements(root, tree)
    numbers: list[Any] = []
    for number, (slide, elements) in enumerate(zip(placed, lists, strict=True)):
        slide.page.StructParents = number
        slide.page.Tabs = Name.S
        known = Array([pdf.Root.StructTreeRoot if element is None else element for element in elements])
        numbers += [number, pdf.make_indirect(known)]
    for number, (annotation, element) in enumerate(tree.of_links, start=len(placed)):
        annotation.StructParent = number
        numbers += [number, element]
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(placed) + len(tree.of_links)


def _deal_links(pdf: Pdf, tall: Object, pages: dict[int, Object], dealer: Dealer) -> dict[tuple[int, int], Object]:
    """The annotations of each slide; where each is, for the first slide that has it."""
    homes: dict[tuple[int, int], Object] = {}
    for annotation in list(tall.get("/Annots", Array())):
        left, bottom, right, top = (float(edge) for edge in annotation.Rect)
        box = Rect(min(left, right), min(bottom, top), max(left, right), max(bottom, top))
        for sheet in dealer.that_show(box):
            page = pages[id(sheet)]
            own = annotation
            if annotation.objgen in homes:
                own = pdf.make_indirect(Dictionary({k: v for k, v in annotation.items() if k != "/StructParent"}))
            else:
                homes[annotation.objgen] = page
                if "/StructParent" in annotation:
                    del annotation.StructParent
            own.Rect = Array(list(box.meet(sheet.window)))
            if "/Annots" not in page:
                page.Annots = Array()
            page.Annots.append(own)
    return homes


def _settle_elements(root: Object, tree: _Tree) -> None:
    """From the leaves up, for an element with nothing left goes too."""
    order: list[Object] = []
    waiting = [kid for kid in _kids(root) if _is_element(kid)]
    while waiting:
        element = waiting.pop()
        order.append(element)
        waiting += [kid for kid in _kids(element) if _is_element(kid)]
    gone: set[tuple[int, int]] = set()
    for element in reversed(order):
        had = _kids(element)
        left = [new for kid in had for new in _settled(element, kid, tree, gone)]
        if had and not left:
            gone.add(element.objgen)
            continue
        _set_kids(element, left)
    _set_kids(root, [kid for kid in _kids(root) if not (_is_element(kid) and kid.objgen in gone)])


def _settled(element: Object, kid: Any, tree: _Tree, gone: set[tuple[int, int]]) -> Iterator[Any]:
    """What stands for one kid of an element now."""
    if _is_element(kid):
        if kid.objgen not in gone:
            yield kid
    elif isinstance(kid, Object) and "/Obj" in kid:
        page = tree.links.get(kid.Obj.objgen)
        if page is not None:
            tree.of_links.append((kid.Obj, element))
            yield Dictionary(Type=Name.OBJR, Obj=kid.Obj, Pg=page)
    else:
        mcid = int(kid.MCID if isinstance(kid, Object) and "/MCID" in kid else kid)
        for page, own, elements in tree.marks.get(mcid, []):
            elements[own] = element
            yield Dictionary(Type=Name.MCR, Pg=page, MCID=own)


def _is_element(kid: Any) -> bool:
    return isinstance(kid, Object) and "/S" in kid


def _kids(element: Object) -> list[Any]:
    kids = element.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, Array) else [kids]


def _set_kids(element: Object, kids: list[Any]) -> None:
    """A single piece of content is a number with the page beside it, as Chromium writes it."""
    if "/Pg" in element:
        del element.Pg
    if len(kids) == 1 and kids[0].get("/Type") == Name.MCR:
        element.Pg, element.K = kids[0].Pg, kids[0].MCID
    elif kids:
        element.K = kids[0] if len(kids) == 1 else Array(kids)
    elif "/K" in element:
        del element.K


def settle_places(pdf: Pdf, tall: Object, placed: Sequence[Placed], named: Mapping[str, float]) -> None:
    """Makes each place in the document one on the first slide that shows it, or comes after. `named`: where in the
    document names lead to, whatever the PDF says.
    """
    ends = [-slide.sheet.window.bottom for slide in placed]

    def place(destination: Any) -> Any:
        if isinstance(destination, Dictionary) and "/D" in destination:
            destination.D = place(destination.D)
            return destination
        if not isinstance(destination, Array) or len(destination) < 1:
            return destination
        kept = list(destination)
        is_told = len(kept) > _XYZ_TOP and kept[_XYZ_TOP] is not None and kept[0].objgen == tall.objgen
        return place_at(float(kept[_XYZ_TOP]) if is_told else math.inf)

    def place_at(top: float) -> Array:
        slide = placed[min(bisect_right(ends, -top), len(placed) - 1)]
        return Array([slide.page, Name.XYZ, None, min(top, slide.sheet.window.top), None])

    for holder in _holders(pdf, placed):
        for key in ("/Dest", "/D"):
            if isinstance(holder.get(key), Array):
                holder[key] = place(holder[key])
    names = pdf.Root.get("/Dests", Dictionary())
    for name in list(names.keys()):
        known = named.get(name[1:])
        names[name] = place(names[name]) if known is None else place_at(known)
    for leaf in _leaves(pdf.Root.get("/Names", Dictionary()).get("/Dests")):
        for index in range(1, len(leaf.Names), 2):
            leaf.Names[index] = place(leaf.Names[index])


def _holders(pdf: Pdf, placed: Sequence[Placed]) -> Iterator[Object]:
    """What leads somewhere: links, and entries of the outline."""
    for slide in placed:
        for annotation in slide.page.get("/Annots", Array()):
            yield annotation
            if "/A" in annotation and annotation.A.get("/S") == Name.GoTo:
                yield annotation.A
    outlines = pdf.Root.get("/Outlines")
    waiting = [] if outlines is None else [outlines]
    for _ in range(_MAX_OUTLINE):
        if not waiting:
            break
        entry = waiting.pop()
        yield entry
        waiting += [entry[key] for key in ("/Next", "/First") if key in entry]


def _leaves(node: Any) -> Iterator[Object]:
    """The leaves of a name tree."""
    waiting = [] if node is None else [node]
    while waiting:
        node = waiting.pop()
        if "/Names" in node:
            yield node
        waiting += list(node.get("/Kids", Array()))
