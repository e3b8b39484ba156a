"""Diagrams of Mermaid in a document of ours: where they stand, and what stands there once they are drawn. Pure.

A fenced block in the language `mermaid` is a listing until somebody has drawn it; then a figure with an SVG, whose
labels are text. What is drawn comes from a page, so `clean_drawings` (for the parser child) takes it for a stranger's.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pressrun.sources.svg import clean_svg

LANGUAGE: Final = "mermaid"
PREFIX: Final = "diagram-part"  # what names of parts begin with in what is drawn; each in a document has its own
MAX_DIAGRAMS: Final = 50  # of a document; arbitrary
_MAX_SVG: Final = 1_000_000  # characters of a drawing; the largest that is readable has a tenth
_MAX_ALT: Final = 1_000
_MAX_LINE: Final = 500  # characters of a line that are looked through for labels
_LISTING: Final = re.compile(
    rf'<pre><code(?= [^>]*class="language-{LANGUAGE}")(?P<attributes>[^>]*)>(?P<source>[^<]*)</code></pre>'
)
_LINE: Final = re.compile(r' data-line="(\d+)"')
_STYLE: Final = re.compile(r"<style>.*?</style>", re.DOTALL)
_NAMES: Final = re.compile(rf'(\bid="|"#|url\(#){PREFIX}-')

# What a reader of a drawing sees of its source. In doubt a word is left out: what is not asked for is never missing.
_UNSAID: Final = re.compile(
    r"\s*(?:%%|accTitle|accDescr|classDef\b|class\b.*:::|style\b|linkStyle\b|click\b|link\b|callback\b|href\b|direction\b"
    r"|UpdateRelStyle|UpdateElementStyle|UpdateLayoutConfig|dateFormat\b|axisFormat\b|properties\b|links\b)"
)
_QUOTED: Final = re.compile(r'"([^"\n]*)"')
_TITLE: Final = re.compile(r"\s*(?:pie\s+(?:showData\s+)?)?title\s+(\S.*)")
_BOXED: Final = re.compile(r"[\w)]\s*[\[({>]{1,3}[/\\]?([^\[\](){}|\"\n]+)[/\\]?[\])}]{1,3}|\|([^|\n]+)\|")
_AFTER_COLON: Final = re.compile(r"[^:\n]*[^:\s][ \t]*:[ \t]*([^:;\n][^;\n]*)$")
_CALLED: Final = re.compile(r"\s*(?:create\s+)?(?:participant|actor)\s+\S+\s+as\s+(\S.*)")
_MAPPED: Final = re.compile(r"\s*(?:\w*\s*[\[({)]{1,2})?([^\[\](){}:\n]+?)[\])}(]{0,2}\s*$")
_MARKUP: Final = re.compile(r"<[^<>]*>|#\w+;|\\n")


@dataclass(frozen=True, slots=True)
class Diagram:
    """One that is to be drawn. `line`: of the text, where its fence begins; None where nobody knows."""

    source: str
    line: int | None


def diagrams_of(document: str) -> list[Diagram]:
    """Those of a document made by `wrap_fragment`, in order."""
    found = []
    for listing in _LISTING.finditer(document):
        line = _LINE.search(listing["attributes"])
        found.append(Diagram(html.unescape(listing["source"]), int(line[1]) if line else None))
    return found


def page_for(document: str) -> str:
    """A document with nothing but the style of that one, in which its diagrams are drawn."""
    style = _STYLE.search(document)
    head = f"<head><meta charset='utf-8'>{style[0] if style else ''}</head>"
    return f"<!doctype html><html>{head}<body><p>Ag</p></body></html>"


def with_figures(document: str, figures: Sequence[str | None]) -> str:
    """The document with each diagram as that figure; None: it stays as it was typed."""
    waiting = iter(figures)

    def settle(listing: re.Match[str]) -> str:
        figure = next(waiting, None)
        if figure is not None:
            return figure
        return f'<pre><code class="language-{LANGUAGE}">{listing["source"]}</code></pre>'

    return _LISTING.sub(settle, document)


def figures_of(diagrams: Sequence[Diagram], drawings: Sequence[dict[str, Any] | None]) -> list[str | None]:
    """Of cleaned drawings. Two that are alike have parts of different names."""
    known: Counter[str] = Counter()
    figures: list[str | None] = []
    for diagram, drawing in zip(diagrams, drawings, strict=True):
        if drawing is None:
            figures.append(None)
            continue
        digest = hashlib.sha256(diagram.source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        known[digest] += 1
        svg = _NAMES.sub(rf"\g<1>d{digest}-{known[digest]}-", drawing["svg"])
        alt = html.escape(" ".join((drawing["title"] or diagram.source).split())[:_MAX_ALT])
        size = f"--width: {drawing['width']:.0f}; --height: {drawing['height']:.0f}"
        figures.append(f'<figure class="diagram">{_opened(svg, alt, size)}</figure>')
    return figures


def _opened(svg: str, alt: str, size: str) -> str:
    return re.sub(r"^<svg\b", lambda _: f'<svg role="img" aria-label="{alt}" style="{size}"', svg, count=1)


def said_in_diagram(source: str) -> str:
    """The words of its labels. Linear."""
    lines = source.split("\n")
    if lines[0].strip() == "---":
        end = next((at for at, line in enumerate(lines[1:], start=1) if line.strip() == "---"), 0)
        lines = lines[end + 1 :]
    lines = [line for line in lines if line.strip() and not _UNSAID.match(line)]
    kind = re.split(r"[\s:-]", lines[0].strip(), maxsplit=1)[0] if lines else ""
    said = [_MARKUP.sub(" ", word) for at, line in enumerate(lines) for word in _labels(kind, line, first=not at)]
    return " ".join(said)


def _labels(kind: str, line: str, *, first: bool) -> list[str]:
    line = line[:_MAX_LINE]
    title = _TITLE.match(line)
    if title is not None:
        return [title[1].strip('" ')]
    quoted = _QUOTED.findall(line)
    bare = _QUOTED.sub('""', line)
    if kind in ("graph", "flowchart"):
        return [*quoted, *("".join(found) for found in _BOXED.findall(bare))]
    if kind == "sequenceDiagram":
        called = _CALLED.match(line)
        after = _AFTER_COLON.match(line)
        return [called[1]] if called else [after[1]] if after else []
    if kind in ("stateDiagram", "erDiagram"):
        after = _AFTER_COLON.match(bare)
        return [*quoted, *([after[1]] if after and '"' not in after[1] else [])]
    if kind == "mindmap" and not first and "::" not in line and '"' not in line:
        mapped = _MAPPED.fullmatch(line.strip())
        return [mapped[1]] if mapped else []
    return quoted


def clean_drawings(svgs: list[str]) -> dict[str, Any]:
    """`svgs` as they may stand in a document, or None and why not. The parser child's."""
    return {"drawings": [_clean(svg) for svg in svgs]}


def _clean(svg: str) -> tuple[str | None, str]:
    if len(svg) > _MAX_SVG:
        return None, "it is too large as a picture; part it"
    cleaned = clean_svg(svg.encode("utf-8", "replace"))
    if cleaned is None:
        return None, "what was drawn is no picture"
    if cleaned.dropped:
        return None, f"it holds what is elsewhere or acts (<{cleaned.dropped[0][0]}>); take that out"
    return cleaned.data.decode(), ""
