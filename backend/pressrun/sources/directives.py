"""What the tools of decks can be told, and what becomes of it here. Names only; pure.

What a slide says of its look becomes `data-layout`, `data-class` and `data-background` of its break. What only moves or
waits is passed over, for a picture stands still. All else is told: no field of an author goes in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from pressrun.sources.backdrops import PICTURE_KEYS, address_of

# https://marpit.marp.app/directives and https://github.com/marp-team/marp-core
_MARP: Final = frozenset(
    re.split(
        " ",
        "theme style headingDivider size math title author description keywords url image marp lang paginate "
        "header footer class backgroundColor backgroundImage backgroundPosition backgroundRepeat backgroundSize "
        "color transition",
    )
)
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
        "preprocessor template background-video-loop background-video-muted background-interactive",
    )
)
# They are read: `title`, `lang`, and what the title slide of Pandoc and Quarto shows; `pressrun` by our command line
USED: Final = frozenset(
    re.split(
        " ",
        "title lang language subtitle author institute date layout class background backgroundColor headingDivider "
        "slide-level format pressrun backgroundSize background-size",
    )
)
_HIDES: Final = frozenset(["hide", "disabled", "visibility"])  # a slide is left out; here it is shown, and that told
# Layouts of Slidev that ours have other names for; a first slide without one is its cover
_LAYOUTS: Final = {"cover": "title", "intro": "title", "fact": "statement", "end": "closing"}
LOOKS: Final = frozenset(["layout", "class", "background", "backgroundColor"])  # of a slide, if they can be read
_REMARKS: Final = re.compile(
    r"\s*(?:prettier-|markdownlint|vale\b|textlint|cspell|spell-?checker|eslint|omit (?:in|from) toc|/?toc\b|more\b|"
    r"end[-_]slide|fit\b|pause\s*$|stop\s*$|START doctoc|END doctoc|DON'T EDIT|ALL-CONTRIBUTORS|\s*$)",
    re.IGNORECASE,
)
_FIRST_COMMENT: Final = re.compile(r"\s*<!--((?:(?!-->).){1,4000})-->", re.DOTALL)
_SURE: Final = frozenset(["marp", "paginate", "headingDivider", "theme", "size"])  # nobody else says that there
_GLOBAL: Final = frozenset(["theme", "headingDivider", "paginate", "footer", "title", "author", "description"])
LOOK_KEYS: Final = frozenset(["theme", "footer", "slide-number", "aspectratio", "transition", "slide-level"])
_KEY: Final = re.compile(r"[ \t]*(?P<key>[_$]?[A-Za-z][\w-]*)[ \t]*:[ \t]*(?P<value>.*)$")
_REVEAL: Final = re.compile(r"\s*\.(slide|element):")
_REVEAL_ATTRIBUTE: Final = re.compile(r"""([a-z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl|oklch|oklab|lab|lch)a?\([\d.,%/ a-z-]{1,60}\)")
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
            is_picture = name in PICTURE_KEYS and bool(address_of(value))
            is_used = not value or is_picture or bool(slide_attributes({name: value})) or name in USED - LOOKS
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


def comment_kind(comment: str, dialect: str) -> dict[str, str] | str:
    """What a comment tells a tool, by key; else `note`, or `remark` for what is about the file."""
    reveal = _REVEAL.match(comment)
    if reveal is not None:
        if reveal[1] == "element":
            return "remark"
        pairs = _REVEAL_ATTRIBUTE.findall(comment)
        return {key.removeprefix("data-"): one or other for key, one, other in pairs}
    if dialect in ("marp", ""):
        found = [_KEY.fullmatch(line) for line in comment.strip().split("\n") if line.strip()]
        keys = [key for key in found if key is not None]
        begins = bool(keys) and found[0] is not None
        if begins and all(key["key"].lstrip("_$") in _MARP for key in keys):
            return {key["key"]: key["value"].strip().strip("\"'") for key in keys}
    return "remark" if _REMARKS.match(comment) else "note"


def slide_attributes(said: dict[str, str]) -> dict[str, str | int | float]:
    """What is kept of what a slide says of itself."""
    made: dict[str, str | int | float] = {}
    for key, value in said.items():
        if key == "layout" and _WORDS.fullmatch(value):
            made["data-layout"] = _LAYOUTS.get(value, value)
        elif key == "class" and _WORDS.fullmatch(value):
            made["data-class"] = value
        elif key in ("background", "backgroundColor", "background-color") and _COLOUR.fullmatch(value):
            made["data-background"] = value
    return made


def note_unused_fields(fields: dict[str, Any], used: set[str], lines: dict[str, int], unused: Unused) -> None:
    """Of the front matter of a deck. `used`: keys of which something was done; of a format of Quarto what is in it."""
    for key, value in fields.items():
        if key not in used:
            unused.note_fields({key: value if isinstance(value, str) else " "}, lines.get(key, 1))
    formats = fields.get("format")
    for inside in formats.values() if isinstance(formats, dict) else ():
        for key, value in inside.items() if isinstance(inside, dict) else ():
            if str(key) not in LOOK_KEYS:
                unused.note_fields({str(key): value if isinstance(value, str) else " "}, lines.get("format", 1))


def said_in_first_comment(text: str, fields: dict[str, Any]) -> dict[str, Any]:
    """What a comment at the very beginning says of a whole deck, as Marp has it beside front matter; `fields` go
    before. https://github.com/marp-team/marp/blob/main/website/docs/guide/directives.md
    """
    found = _FIRST_COMMENT.match(text)
    kind = comment_kind(found[1], "marp") if found is not None else ""
    if not isinstance(kind, dict) or (_SURE.isdisjoint(kind) and "marp" not in fields):
        return {}
    said = {key: _list(value) for key, value in kind.items() if not key.startswith("_") and key in _GLOBAL}
    return {"marp": "true"} | {key: value for key, value in said.items() if key not in fields}


def _list(value: str) -> str | list[str]:
    return [part.strip() for part in value[1:-1].split(",")] if value[:1] == "[" and value[-1:] == "]" else value
