"""What the tools of decks can be told, and what becomes of it here. Names only; pure.

What a slide says of its look becomes `data-layout`, `data-class` and `data-background` of its break. What only moves or
waits is passed over, for a picture stands still. All else is told: no field of an author goes in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from pressrun.sources.backdrops import PICTURE_KEYS, SIZE_KEYS, SIZES, address_of
from pressrun.sources.colours import is_colour
from pressrun.sources.marp import read_directives
from pressrun.sources.titles import plain_line

# They say how something moves, waits, is presented or is built: nothing of it can be seen in a picture
STILL: Final = frozenset(
    re.split(
        " ",
        "transition clicks clicksStart preload routeAlias hideInToc dragPos routerMode drawings record download "
        "exportFilename presenter browserExporter remoteAssets monaco monacoTypesSource mdc highlighter "
        "lineNumbers selectable wakeLock htmlAttrs defaults addons info keywords description url image marp math "
        "draft incremental execute jupyter revealOptions editor toc toc-depth number-sections "
        "embed-resources standalone self-contained tags categories favicon slug twoslash plantUmlServer "
        "overviewSnapshots contextMenu seoMeta hash controls progress history center navigationMode autoSlide "
        "fig-cap-location abbr auto-animate auto-animate-easing auto-animate-unmatched "
        "auto-animate-duration state timing id chalkboard chalkboard-buttons preview-links multiplex menu code-fold "
        "code-tools code-copy code-overflow code-line-numbers background-transition scroll-view show-notes "
        "resources filters comark engine fig-width fig-height fig-align fig-format duration timer clickAnimation pwa "
        "titleTemplate notesAutoRuby export monacoRunAdditionalDeps monacoTypesAdditionalPackages level watch scripts "
        "preprocessor template scrollable smaller background-video-loop background-video-muted background-interactive",
    )
)
# They are read: `title`, `lang`, and what the title slide of Pandoc and Quarto shows; `pressrun` by our command line
USED: Final = frozenset(
    re.split(
        " ",
        "title lang language subtitle author institute date layout class background backgroundColor headingDivider "
        "slide-level format pressrun",
    )
)
NO_DATES: Final = frozenset(["today", "now", "last-modified"])  # of Quarto: the same text makes the same slides
_HIDES: Final = frozenset(["hide", "disabled", "visibility"])  # a slide is left out; here it is shown, and that told
# Layouts of Slidev that ours have other names for; a first slide without one is its cover
_LAYOUTS: Final = {"cover": "title", "intro": "title", "fact": "statement", "end": "closing"}
LOOKS: Final = frozenset(["layout", "class", "background", "backgroundColor"])  # of a slide, if they can be read
_REMARKS: Final = re.compile(
    r"\s*(?:prettier-|markdownlint|vale\b|textlint|cspell|spell-?checker|eslint|omit (?:in|from) toc|/?toc\b|more\b|"
    r"end[-_]slide|fit\b|pause\s*$|stop\s*$|START doctoc|END doctoc|DON'T EDIT|ALL-CONTRIBUTORS|\s*$)",
    re.IGNORECASE,
)
LOOK_KEYS: Final = frozenset(["theme", "footer", "slide-number", "aspectratio", "transition", "slide-level"])
_REVEAL: Final = re.compile(r"\s*\.(slide|element):")
_REVEAL_ATTRIBUTE: Final = re.compile(r"""([a-z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NUMBERS: Final = frozenset(["true", "false", "hold", "skip"])  # whether one is shown, and whether it counts
_SHOWN: Final = frozenset(["true", "hold"])
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\(|<img\b", re.IGNORECASE)
# What `.element` says of how something comes and goes, in classes and in attributes
_FRAGMENT: Final = re.compile(r"\s*(?:fragment|current-visible|semi-fade-out|fade-\w[\w-]*|grow|shrink|zoom-in)\b")
_MOVES: Final = re.compile(r"fragment-index|auto-animate\S*|id|trim|noescape|autoslide|line-numbers")
_WORDS: Final = re.compile(r"[\w -]{1,100}")
_MAX_NAMED: Final = 12  # of a warning


@dataclass(slots=True)
class Unused:
    """What authors asked for and nobody does here, with the lines."""

    names: list[tuple[str, int]] = field(default_factory=list)

    def note(self, name: str, line: int) -> None:
        """One thing, as its author calls it."""
        self.names.append((name, line))

    def note_fields(self, said: dict[str, str], line: int) -> None:
        """Those of a slide that are not used and would mean something in a picture."""
        for key, value in said.items():
            name = key.lstrip("_$")
            is_picture = (name in PICTURE_KEYS and bool(address_of(value))) or (name in SIZE_KEYS and value in SIZES)
            is_used = not value or is_picture or bool(slide_attributes({name: value})) or name in USED - LOOKS
            if name == "date" and value in NO_DATES:
                self.note(f"date: {value}", line)
            if name in ("header", "footer") and _PICTURE.search(value):
                self.note(f"picture in the {name}", line)
            if name in _HIDES and value.lower() not in ("true", "hidden"):
                continue
            if name == "url" and said.get("layout", "").startswith("iframe"):
                self.note("url", line)
            elif not is_used and name not in STILL:
                self.note(name, line)

    def warnings(self) -> list[tuple[str, str]]:
        """One for all of them."""
        if not self.names:
            return []
        distinct = list(dict.fromkeys(self.names))
        named = ", ".join(f"`{name}` (line {line})" for name, line in distinct[:_MAX_NAMED])
        more = f" and {len(distinct) - _MAX_NAMED} more" if len(distinct) > _MAX_NAMED else ""
        return [("directive_ignored", f"Not used: {named}{more}. docs/markdown.md says what is read.")]


def comment_kind(comment: str, dialect: str) -> tuple[dict[str, str], str]:
    """What a comment tells a tool, by key; and what is a note of it: nothing of what is about the file."""
    reveal = _REVEAL.match(comment)
    if reveal is not None:
        pairs = _REVEAL_ATTRIBUTE.findall(comment)
        told = {key.removeprefix("data-"): one or other for key, one, other in pairs}
        if reveal[1] == "slide":
            return told, ""
        stays = {key: value for key, value in told.items() if not _MOVES.fullmatch(key) and not _FRAGMENT.match(value)}
        return {f".element: {key}": value for key, value in stays.items()}, ""
    if dialect not in ("marp", ""):
        return {}, "" if _REMARKS.match(comment) else comment
    said, note = read_directives(comment)
    plain = {key: value if isinstance(value, str) else " ".join(value) for key, value in said.items()}
    return plain, "" if _REMARKS.match(note) else note


def slide_attributes(said: dict[str, str]) -> dict[str, str | int | float]:
    """What is kept of what a slide says of itself."""
    made: dict[str, str | int | float] = {}
    for key, value in said.items():
        if key == "layout" and _WORDS.fullmatch(value):
            made["data-layout"] = _LAYOUTS.get(value, value)
        elif key == "class" and _WORDS.fullmatch(value):
            made["data-class"] = value
        elif key in ("background", "backgroundColor", "background-color") and is_colour(value):
            made["data-background"] = value
        elif key == "color" and is_colour(value):
            made["data-color"] = value
        elif key in ("header", "footer"):
            made[f"data-{key}"] = plain_line(value)
        elif key == "paginate" and value.lower() in _NUMBERS:
            made["data-number"] = value.lower()
    return made


def settle_margins(slides: list[dict[str, str | int | float]], look: dict[str, Any]) -> None:
    """What most slides have for a footer, a header and a number becomes that of the deck; the others keep their own.

    `slides`: what `slide_attributes` found of each. `look`: what the front matter says of all, by the names of `Look`.
    """
    for name in ("footer", "header"):
        key, usual = f"data-{name}", look.get(name, "")
        if not any(key in slide for slide in slides):
            continue
        words = [str(slide.pop(key, usual)) for slide in slides]
        look[name] = max(filter(None, words), key=Counter(words).__getitem__, default="")
        for slide, own in zip(slides, words, strict=True):
            if own != look[name]:
                slide[key] = own
    if any("data-number" in slide for slide in slides):
        usual = str(look.get("page_numbers", False)).lower()
        numbers = [str(slide.pop("data-number", usual)) for slide in slides]
        look["page_numbers"] = not _SHOWN.isdisjoint(numbers)
        for slide, own in zip(slides, numbers, strict=True):
            if own != "true" and look["page_numbers"]:
                slide["data-number"] = own


def note_unused_fields(fields: dict[str, Any], used: set[str], lines: dict[str, int], unused: Unused) -> None:
    """Of the front matter of a deck. `used`: keys of which something was done; of a format of Quarto what is in it."""
    for key, value in fields.items():
        if key not in used:
            unused.note_fields({key: value if isinstance(value, str) else " "}, lines.get(key, 1))
    formats = fields.get("format")
    for inside in formats.values() if isinstance(formats, dict) else ():
        for key, value in inside.items() if isinstance(inside, dict) else ():
            if str(key) not in LOOK_KEYS or isinstance(value, list | dict):
                unused.note_fields({str(key): value if isinstance(value, str) else " "}, lines.get("format", 1))
