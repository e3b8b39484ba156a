"""The author's notes in a PDF of slides: as annotations that are not printed, or below the slide on its page. Blocks.

Below: each page becomes twice as high, the slide stays in its upper half, and the lower half is a page that a browser
has printed of the notes, for nothing else sets type in all scripts. What does not fit goes on on pages of its own.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from pressrun.exports.media.script import language_by_letters
from pressrun.exports.pdf_access import elements_of, is_element, kids_of
from pressrun.worker_threads import stop_if_cancelled

_ICON_PT: Final = 20.0  # of an annotation, in the upper right corner; viewers draw it in a size of their own
_LETTERS_A_LINE: Final = 110  # arbitrary (80..130): notes are read by one who has the page in front of him
_MCID: Final = re.compile(rb"/MCID\s+(\d+)")


def annotate(pdf: Pdf, notes: Sequence[str]) -> None:
    """Each page gets its note (empty: none) as a text annotation."""
    for page, note in zip(pdf.pages, notes, strict=False):
        if not note:
            continue
        stop_if_cancelled()
        right, top = float(page.mediabox[2]), float(page.mediabox[3])
        annotation = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Text,
            Name=Name.Note,
            Rect=[right - _ICON_PT, top - _ICON_PT, right, top],
            Contents=String(note),
            Open=False,
        )
        if "/Annots" not in page:
            page.Annots = Array()
        page.Annots.append(pdf.make_indirect(annotation))


def notes_as_html(notes: Sequence[str], width: float) -> str:
    """A document to be printed on pages as wide as a slide (CSS px): a list of links to the slides' notes on the first
    page, which say where they are, then the notes of each on pages of their own.
    """
    numbers = [number for number, note in enumerate(notes) if note]
    links = "".join(f'<a href="#n{number}">{number}</a> ' for number in numbers)
    parts = "".join(
        f'<section id="n{number}"{_lang_of(notes[number])}>{_paragraphs(notes[number])}</section>' for number in numbers
    )
    size = width / _LETTERS_A_LINE * 1.9  # a letter is about half as wide as high
    margin = f"{width * 0.03:.1f}px {width * 0.06:.1f}px"
    return (
        '<!DOCTYPE html><html><meta charset="utf-8"><title>Notes</title><style>'
        f"@page{{margin:{margin}}}html{{color:#222;background:#fff;font:{size:.2f}px/1.45 sans-serif}}body{{margin:0}}"
        "section{break-before:page}p{margin:0 0 .5em;overflow-wrap:anywhere}</style>"
        f"<nav>{links}</nav>{parts}</html>"
    )


def put_below(pdf: Pdf, printed: bytes, notes: Sequence[str]) -> None:
    """Puts the printed `notes_as_html` below the slides."""
    tree = pdf.Root.get("/StructTreeRoot")
    slides = [page.obj for page in pdf.pages]
    reach = _reach_of(tree, slides) if tree is not None else {}
    with Pdf.open(io.BytesIO(printed)) as other:
        places = _places(other)
        forms = [pdf.copy_foreign(other.make_indirect(page.as_form_xobject())) for page in other.pages]
    pages: list[Object] = []
    for number, slide in enumerate(slides):
        stop_if_cancelled()
        left, bottom, right, top = (float(edge) for edge in slide.MediaBox)
        height = top - bottom
        slide.MediaBox = Array([left, bottom - height, right, top])
        pages.append(slide)
        own = forms[places[number][0] : places[number][1]] if number in places else []
        if not own:
            continue
        shown: list[tuple[Object, Object, float, float]] = [(slide, own[0], left, bottom - height)]
        for at in range(1, len(own), 2):
            more: Object = pdf.make_indirect(
                Dictionary(Type=Name.Page, MediaBox=Array(slide.MediaBox), Resources=Dictionary(), Tabs=Name.S)
            )
            pages.append(more)
            shown += [(more, form, left, bottom - half * height) for half, form in enumerate(own[at : at + 2])]
        for page, form, x, y in shown:
            _paint(pdf, page, form, (x, y, right - left, height))
        _rule(pdf, slide, (left, right, bottom))
        if tree is not None:
            _tag(pdf, tree, [(page, form) for page, form, _, _ in shown], notes[number], _behind(tree, reach, number))
    del pdf.pages[:]
    for page in pages:
        pdf.pages.append(pikepdf.Page(page))


def _lang_of(note: str) -> str:
    lang = language_by_letters(note)
    return f' lang="{lang}"' if lang else ""


def _paragraphs(note: str) -> str:
    return "".join(f'<p dir="auto">{html.escape(line)}</p>' for line in note.splitlines() if line.strip())


def _places(printed: Pdf) -> Mapping[int, tuple[int, int]]:
    """For each slide with notes, from which page of the print to before which they are."""
    indexes = {page.obj.objgen: index for index, page in enumerate(printed.pages)}
    begins = {
        int(name[2:]): indexes[place[0].objgen]
        for name, place in printed.Root.get("/Dests", Dictionary()).items()
        if re.fullmatch(r"/n\d+", name) and place[0].objgen in indexes
    }
    order = sorted(begins)
    ends = [*(begins[number] for number in order[1:]), len(indexes)]
    return {number: (begins[number], end) for number, end in zip(order, ends, strict=True)}


def _paint(pdf: Pdf, page: Object, form: Object, place: tuple[float, float, float, float]) -> None:
    left, bottom, width, height = place
    own = [float(edge) for edge in form.BBox]
    across, up = width / (own[2] - own[0]), height / (own[3] - own[1])
    objects = page.Resources.get("/XObject", Dictionary())
    name = f"/Notes{sum(key.startswith('/Notes') for key in objects.keys())}"  # noqa: SIM118 - it has no __iter__
    objects[name] = form
    page.Resources.XObject = objects
    placed = b"q\n%.5f 0 0 %.5f %.4f %.4f cm\n%s Do\nQ\n" % (across, up, left, bottom, name.encode())
    pikepdf.Page(page).contents_add(pdf.make_stream(placed))


def _rule(pdf: Pdf, page: Object, at: tuple[float, float, float]) -> None:
    """A thin line between slide and notes."""
    left, right, height = at
    line = b"/Artifact BMC\nq\n0.8 G\n0.75 w\n%.4f %.4f m\n%.4f %.4f l\nS\nQ\nEMC\n" % (left, height, right, height)
    pikepdf.Page(page).contents_add(pdf.make_stream(line))


def _tag(pdf: Pdf, tree: Object, shown: Sequence[tuple[Object, Object]], note: str, behind: Object | None) -> None:
    """A paragraph for each part of the notes, behind what the slide says."""
    parent = behind.P if behind is not None else next(elements_of(tree), tree)
    section = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Sect, P=parent, T=String("Notes")))
    if lang := language_by_letters(note):
        section.Lang = String(lang)
    made = []
    for page, form in shown:
        pieces = sorted({int(number) for number in _MCID.findall(form.read_bytes())})
        if not pieces:
            continue
        paragraph = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, P=section, Pg=page))
        paragraph.K = Array([Dictionary(Type=Name.MCR, Pg=page, Stm=form, MCID=number) for number in pieces])
        key = int(tree.get("/ParentTreeNextKey", 0))
        form.StructParents, tree.ParentTreeNextKey = key, key + 1
        known = [paragraph if number in pieces else tree for number in range(pieces[-1] + 1)]
        numbers = tree.ParentTree.Nums
        numbers.append(key)
        numbers.append(pdf.make_indirect(Array(known)))
        made.append(paragraph)
    section.K = Array(made)
    kids = kids_of(parent)
    at = next((n + 1 for n, kid in enumerate(kids) if behind is not None and _is(kid, behind)), len(kids))
    parent.K = Array([*kids[:at], section, *kids[at:]])


def _is(kid: Any, element: Object) -> bool:
    return is_element(kid) and kid.objgen == element.objgen


_Reach = dict[tuple[int, int], tuple[int, int]]  # by element: the first and the last slide that has content of it


def _reach_of(tree: Object, slides: Sequence[Object]) -> _Reach:
    """Of all elements that have content, in them or below."""
    indexes = {slide.objgen: number for number, slide in enumerate(slides)}
    found: _Reach = {}
    for element in reversed([*elements_of(tree)]):  # kids before their parents
        numbers = [indexes[page] for page in _pages_of(element) if page in indexes]
        for kid in kids_of(element):
            if is_element(kid):
                numbers += found.get(kid.objgen, ())
        if numbers:
            found[element.objgen] = min(numbers), max(numbers)
    return found


def _pages_of(element: Object) -> Iterator[tuple[int, int]]:
    if "/Pg" in element:
        yield element.Pg.objgen
    for kid in kids_of(element):
        if isinstance(kid, Dictionary) and "/S" not in kid and "/Pg" in kid:
            yield kid.Pg.objgen


def _behind(tree: Object, reach: _Reach, number: int) -> Object | None:
    """What the notes of a slide come after: the last element that begins on it or before; within it, if it goes on."""
    behind: Object | None = None
    element = next(elements_of(tree), tree)  # the one that holds all others: notes stand in it
    while True:
        below = [
            kid for kid in kids_of(element) if is_element(kid) and reach.get(kid.objgen, (number + 1,))[0] <= number
        ]
        if not below:
            return behind
        element = behind = below[-1]
        if reach[element.objgen][1] <= number:
            return behind
