"""What must be changed in an HTML source before a browser shows it, and what none can show. For the parser child.

A browser is given HTML, never XML: so what is XML is written as HTML here, or one `<title/>` would swallow the page.
Closed details are opened, for a picture cannot be; links that lead out of the web go (`links`); and a page that names
its encoding names UTF-8, which it is saved in. All else stays as it was, to the character.
"""

from __future__ import annotations

import html as html_module
import re
from typing import Any, Final
from xml.parsers import expat

from pressrun.sources.characters import bullet_of, settle_bullets
from pressrun.sources.elements import VOID
from pressrun.sources.encodings import codec_of
from pressrun.sources.links import find_bad_links

_PROLOG: Final = 4_096  # characters in which a document says what it is
_META: Final = re.compile(r"""<meta\b[^>]{0,500}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_XML_DECLARATION: Final = re.compile(r"""\ufeff?<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_XHTML: Final = re.compile(r"""<html\b[^>]{0,2000}?\sxmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""")
_NAMED_REFERENCE: Final = re.compile(r"&[A-Za-z][A-Za-z0-9]*;")
_INSIDE: Final = r"""(?:[^<>"'/]++|/(?!>)|"[^"]*+"|'[^']*+')*"""
_XML: Final = re.compile(
    rf"""<!--.*?--> | <\?.*?\?> | <!\[CDATA\[(?P<cdata>.*?)\]\]>
    | <(?P<raw>style|script)\b(?P<attributes>{_INSIDE})>(?P<content>.*?)</(?P=raw)\s*>
    | <(?P<empty>[A-Za-z_][\w:.-]*+)(?P<inside>{_INSIDE})/> | </(?P<end>[A-Za-z]+)\s*>""",
    re.VERBOSE | re.DOTALL,
)
# text and comments as HTML has them, so that no tag is seen where there is none; then the tags that are looked for
_HTML: Final = re.compile(
    r"""<!--.*?(?:-->|\Z)
    | <(?P<text>script|style|textarea|title|xmp|iframe|noembed|noframes|plaintext)\b.*?(?:</(?P=text)\b|\Z)
    | <(?P<name>details|frameset|frame|body)\b(?P<attributes>(?:[^<>"']++|"[^"]*+"|'[^']*+')*)>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_OPEN: Final = re.compile(r"""(?:^|[\s"'])open(?=[\s=/]|$)""", re.IGNORECASE)
_GROUP: Final = re.compile(r"""\sname\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_QUOTED: Final = re.compile(r""""[^"]*"|'[^']*'""")
_SOURCE: Final = re.compile(r"""\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_OWN_FONT: Final = re.compile(r"@font-face|@import|rel\s*=\s*[\"']?stylesheet", re.IGNORECASE)
_BULLET_REFERENCE: Final = re.compile(r"&#(?:x0*f0[2-9a-f][0-9a-f]|0*61[4-6]\d\d);", re.IGNORECASE)
# a letter alone in an element whose own style asks for such a font, as Word writes the bullets of a list
_IN_SYMBOLS: Final = re.compile(
    r"""(?P<before><[a-z]+\b[^<>]{0,500}?font-family:\s*(?:&quot;|["'])?
        (?P<family>Wingdings|Symbol)\b(?![ ]?\d)[^<>]{0,500}>\s*)
    (?P<letter>&[A-Za-z]+;|&\#\d+;|[!-\xff])(?=\s*<)""",
    re.IGNORECASE | re.VERBOSE,
)
_MAX_FRAMES: Final = 5  # named in the message


def prepare_html(html: str, *, links: bool) -> dict[str, Any]:
    """`html` as it is to be shown (None: as it came), and the `frames` of a page that is nothing but a frameset.

    `links`: some may be bad. Looking for them is by far the longest part.
    """
    made = _with_bullets(_as_html(_as_utf8(html)))
    made, frames = _opened(made)
    parts, at = [], 0
    for start, end in find_bad_links(made)["bad"] if links else ():
        parts.append(made[at:start])
        at = end
    made = "".join([*parts, made[at:]])
    return {"html": None if made == html else made, "frames": frames}


def _as_utf8(html: str) -> str:
    """The document with the name of its encoding: what it came in was decoded before."""
    for pattern in (_XML_DECLARATION, _META):
        found = pattern.search(html, 0, _PROLOG)
        if found is not None and codec_of(found[1]) not in (None, "utf-8"):
            html = html[: found.start(1)] + "utf-8" + html[found.end(1) :]
    return html


def _as_html(html: str) -> str:
    """XML in the spelling of HTML; what is not well-formed is no XML, and stays."""
    is_xml = html[:_PROLOG].lstrip("\ufeff \t\r\n").startswith("<?xml") or _XHTML.search(html, 0, _PROLOG)
    if not is_xml or ("/>" not in html and "<![CDATA[" not in html) or not _is_well_formed(html):
        return html
    return _XML.sub(_spelled, html)


def _spelled(found: re.Match[str]) -> str:
    if found["cdata"] is not None:
        return html_module.escape(found["cdata"], quote=False)
    if found["raw"]:
        if found["attributes"].endswith("/"):
            return found[0]
        content = html_module.unescape(re.sub(r"<!\[CDATA\[|\]\]>", "", found["content"]))
        return f"<{found['raw']}{found['attributes']}>{content}</{found['raw']}>"
    if found["empty"]:
        name = found["empty"]
        return found[0] if name.lower() in VOID else f"<{name}{found['inside'].rstrip()}></{name}>"
    return "" if (found["end"] or "").lower() in VOID else found[0]


def _is_well_formed(html: str) -> bool:
    if "<!ENTITY" in html:
        return False
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        # HTML's own names, which a DTD would define, say nothing of the form
        parser.Parse(_NAMED_REFERENCE.sub("", html).lstrip("\ufeff \t\r\n").encode(), True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _with_bullets(html: str) -> str:
    """Word's bullets as characters, unless the document may have a font of its own: icon fonts use the same places."""
    if _OWN_FONT.search(html):
        return html
    html = settle_bullets(html)
    html = _BULLET_REFERENCE.sub(lambda found: settle_bullets(html_module.unescape(found[0])), html)
    return _IN_SYMBOLS.sub(_bullet_for, html)


def _bullet_for(found: re.Match[str]) -> str:
    """The letter that such a font draws as something else; its code is that of windows-1252."""
    letter = html_module.unescape(found["letter"])
    code = letter.encode("cp1252", "replace")
    symbol = found["family"].lower() == "symbol"
    bullet = bullet_of(code[0], symbol=symbol) if len(code) == 1 and code != b"?" else None
    return found[0] if bullet is None else found["before"] + bullet


def _opened(html: str) -> tuple[str, list[str] | None]:
    """The document with its details open; what its frames would show if it is a frameset."""
    parts: list[str] = []
    at = 0
    frames: list[str] | None = None
    has_body = False
    for found in _HTML.finditer(html):
        name, attributes = (found["name"] or "").lower(), found["attributes"] or ""
        if name == "details" and not _OPEN.search(_QUOTED.sub("''", attributes)):
            # a name makes a group of which one is open at a time
            parts += [html[at : found.start("attributes")], " open" + _GROUP.sub("", attributes)]
            at = found.end("attributes")
        elif name == "body":
            has_body = True
        elif name == "frameset" and not has_body:
            frames = frames or []
        elif name == "frame" and frames is not None and len(frames) < _MAX_FRAMES:
            source = _SOURCE.search(attributes)
            frames += [html_module.unescape(source[1] or source[2] or source[3] or "")[:100]] if source else []
    return "".join([*parts, html[at:]]), frames
