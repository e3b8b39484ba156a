"""What Chromium's PDFs lack for people who hear them instead of seeing them (PDF/UA-1, ISO 14289-1). Blocks; pure.

Language and title of the whole, names of structure types that readers know, bodies of list items, what a link is. An
author's picture without alternative text stays without one: nobody here knows what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from pressrun.worker_threads import stop_if_cancelled

# Of PDF 1.7 (ISO 32000-1, 14.8.4); any other has to be mapped to one of them
_STANDARD: Final = frozenset((
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index", "NonStruct",
    "Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD",
    "THead", "TBody", "TFoot", "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Annot", "Ruby",
    "RB", "RT", "RP", "Warichu", "WT", "WP", "Figure", "Formula", "Form",
))  # fmt: skip
_BLOCKS: Final = {"Aside": "Sect", "Title": "P", "DocumentFragment": "Part"}  # of PDF 2.0; the others are within a line
_MAX_OUTLINE: Final = 100_000  # entries; a document has fewer nodes
_CHROMIUM_S_OWN: Final = "en-US"  # of a document without a language
_NO_LETTER: Final = re.compile(rb"(<[0-9A-Fa-f]+>\s+)<(?:0000|[Ff][Ee][Ff][Ff]|[Ff]{3}[Ee])>")


def make_accessible(pdf: Pdf, lang: str) -> None:
    """`lang`: of a document that does not say its own; empty where nobody can tell."""
    told = str(pdf.Root.get("/Lang", ""))
    if lang and (not told or (told == _CHROMIUM_S_OWN and not told.startswith(lang))):
        pdf.Root.Lang = String(lang)
    title = str(pdf.docinfo.get("/Title", "")).strip()
    if title:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["dc:title"] = title
        preferences = pdf.Root.get("/ViewerPreferences", Dictionary())
        preferences.DisplayDocTitle = True
        pdf.Root.ViewerPreferences = preferences
    _settle_fonts(pdf)
    root = pdf.Root.get("/StructTreeRoot")
    if root is not None:
        _settle_elements(pdf, root)


def name_outline(pdf: Pdf, headings: Iterable[str]) -> None:
    """With the words of the headings: Chromium names an entry as its lines are drawn, without a space where one ends,
    and with the words of a line from the right to the left in reverse.
    """
    known: dict[str, str] = {}
    for heading in headings:
        for letters in _letters(heading):
            known.setdefault(letters, heading)
    outlines = pdf.Root.get("/Outlines")
    waiting = [] if outlines is None else [outlines]
    for _ in range(_MAX_OUTLINE):
        if not waiting:
            return
        entry = waiting.pop()
        named = [known[letters] for letters in _letters(str(entry.get("/Title", ""))) if letters in known]
        if named:
            entry.Title = String(named[0])
        waiting += [entry[key] for key in ("/Next", "/First") if key in entry]


def _letters(words: str) -> tuple[str, str]:
    """Without spaces: in their order, and in any."""
    bare = "".join(words.split())
    return bare, "".join(sorted(bare))


def elements_of(root: Object) -> Iterator[Object]:
    """All structure elements below, each before its kids."""
    waiting = kids_of(root)[::-1]
    while waiting:
        element = waiting.pop()
        if is_element(element):
            yield element
            waiting += kids_of(element)[::-1]


def kids_of(element: Object) -> list[Any]:
    """Elements and pieces of content."""
    kids = element.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, Array) else [kids]


def is_element(kid: Any) -> bool:
    """Whether it is a structure element; no piece of content."""
    return isinstance(kid, Dictionary) and "/S" in kid


def _settle_elements(pdf: Pdf, root: Object) -> None:
    foreign: set[str] = set()
    for number, element in enumerate([*elements_of(root)]):
        if number % 100 == 0:
            stop_if_cancelled()
        kind = str(element.S)[1:]
        if kind not in _STANDARD:
            foreign.add(kind)
        elif kind == "LI":
            _give_body(pdf, element)
        elif kind == "Figure" and "/Alt" not in element and any(_is_of(kid, "Figure") for kid in elements_of(element)):
            element.S = Name.Div  # a picture with its caption, not the picture
        for kid in kids_of(element):
            if isinstance(kid, Dictionary) and "/Obj" in kid:
                _describe(kid.Obj)
    if foreign:
        roles = root.get("/RoleMap", Dictionary())
        for kind in sorted(foreign):
            if f"/{kind}" not in roles:
                roles[f"/{kind}"] = Name(f"/{_BLOCKS.get(kind, 'Span')}")
        root.RoleMap = roles


def _is_of(kid: Any, kind: str) -> bool:
    return is_element(kid) and str(kid.S) == f"/{kind}"


def _give_body(pdf: Pdf, item: Object) -> None:
    """What of a list item is neither its bullet nor a body yet is its body."""
    kids = kids_of(item)
    label = [kid for kid in kids if _is_of(kid, "Lbl")]
    body = [kid for kid in kids if not _is_of(kid, "Lbl")]
    if not body or any(_is_of(kid, "LBody") for kid in body):
        return
    made = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.LBody, P=item, K=Array(body)))
    if "/Pg" in item and any(not isinstance(kid, Dictionary) for kid in body):
        made.Pg = item.Pg
        _move_content(pdf, item, made, body)
    for kid in body:
        if is_element(kid):
            kid.P = made
    item.K = Array([*label, made])


def _move_content(pdf: Pdf, item: Object, body: Object, kids: list[Any]) -> None:
    """The parent tree says whose a piece of content is."""
    wanted = {int(kid) for kid in kids if not isinstance(kid, Dictionary)}
    key = int(item.Pg.StructParents)
    numbers = pdf.Root.StructTreeRoot.ParentTree.get("/Nums", Array())
    for at in range(0, len(numbers), 2):
        if int(numbers[at]) == key:
            for mcid in wanted:
                numbers[at + 1][mcid] = body


def _describe(annotation: Object) -> None:
    """What a link leads to, where nothing says it."""
    if str(annotation.get("/Subtype")) != "/Link" or "/Contents" in annotation:
        return
    action = annotation.get("/A", Dictionary())
    address = str(action.get("/URI", "")).strip()
    target = annotation.get("/Dest", action.get("/D"))
    place = str(target).lstrip("/") if isinstance(target, Name | String) else ""
    annotation.Contents = String(address or (f"#{place}" if place else "→"))


def _settle_fonts(pdf: Pdf) -> None:
    """A part of a sign that stands for no letter by itself is told as none, and not as one that must not be."""
    seen: set[tuple[int, int]] = set()
    for page in pdf.pages:
        stop_if_cancelled()
        for font in page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary()).values():
            table = font.get("/ToUnicode")
            if table is None or table.objgen in seen:
                continue
            seen.add(table.objgen)
            told = table.read_bytes()
            mended = _NO_LETTER.sub(rb"\1<200B>", told)
            if mended != told:
                table.write(mended)
