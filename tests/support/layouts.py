"""Documents that a plain screenshot shows only a part of, by kind, each with coloured marks where its content ends.

What is right is told by the marks: every one is seen in some picture, in the order of the letters. All text is ours;
the structures are those that people send (issue 12).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

MARKS = {
    "a": (230, 0, 126),
    "b": (0, 87, 255),
    "c": (0, 166, 81),
    "d": (255, 122, 0),
    "e": (138, 43, 226),
    "f": (0, 183, 195),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A document and what its slides must be like."""

    name: str
    kind: str
    html: str
    marks: str = "abc"  # in the order in which they are to be seen
    absent: str = ""  # marks of what nobody should see
    slides: int | None = None  # exactly so many
    at_most: int = 50
    corners: str | None = None  # "dark": of every slide


def mark(letter: str) -> str:
    red, green, blue = MARKS[letter]
    return f'Mark {letter} <b style="display:inline-block;width:56px;height:26px;background:rgb({red},{green},{blue})"></b>'


def lines(count: int, words: str = "The river carries sand and silt from the hills to the wide plain below.") -> str:
    return "".join(f"<p>{number}. {words}</p>" for number in range(1, count + 1))


def page(style: str, body: str, html: str = "", attributes: str = "") -> str:
    return (
        f'<!doctype html><html {html}><head><meta charset="utf-8"><title>T</title>'
        f"<style>{style}</style></head><body {attributes}>{body}</body></html>"
    )


def _long(count: int = 40) -> str:
    return f"<h1>Title {mark('a')}</h1>{lines(count // 2)}<h2>Middle {mark('b')}</h2>{lines(count // 2)}<p>End {mark('c')}</p>"


def _deck(style: str, slides: str, *, wrap: str = "{}", count: int = 4, body: str = "") -> str:
    parts = "".join(
        slides.format(n=n, mark=mark("abcdef"[n - 1]), first="active" if n == 1 else "") for n in range(1, count + 1)
    )
    return page(style, wrap.format(parts), attributes=body)


# Each in one line, as it would be sent.
# fmt: off
_SANS = "body{font:20px/1.5 sans-serif}"

K2 = [
    Layout("body zoom", "K2", page("body{zoom:1.35;margin:16px;font:16px sans-serif}", _long())),
    Layout("html zoom", "K2", page("html{zoom:1.6}" + _SANS, _long())),
    Layout("html and body zoom", "K2", page("html{zoom:.8}body{zoom:1.7}" + _SANS, _long())),
    Layout("zoom below 1", "K2", page("body{zoom:.6}" + _SANS, _long(60))),
    Layout("zoomed wrapper", "K2", page("main{zoom:1.5}" + _SANS, f"<main>{_long()}</main>")),
    Layout("zoom within zoom", "K2", page("body{zoom:1.3}main{zoom:1.3}" + _SANS, f"<main>{_long()}</main>")),
    Layout("body scaled up", "K2", page("body{transform:scale(1.3);transform-origin:0 0}" + _SANS, _long())),
    Layout("body scaled about its centre", "K2", page("body{transform:scale(1.25)}" + _SANS, _long())),
    Layout("html scaled down", "K2", page("html{transform:scale(.7);transform-origin:top left}" + _SANS, _long())),
    Layout("body turned", "K2", page("body{transform:rotate(3deg)}" + _SANS, _long())),
    Layout("body moved", "K2", page("body{transform:translate(-200px,-300px)}" + _SANS, _long())),
    Layout("wrapper scaled", "K2", page("#w{scale:1.3}" + _SANS, f"<div id=w>{_long()}</div>")),
    Layout("wrapper in perspective", "K2", page("#w{transform:perspective(900px) rotateX(8deg)}" + _SANS, f"<div id=w>{_long()}</div>")),
    Layout("body positioned and filtered", "K2", page("body{position:relative;top:40px;left:30px;filter:contrast(1.0)}" + _SANS, _long())),
    Layout("body fixed behind a dialog", "K2", page("body{position:fixed;width:100%;overflow:hidden}" + _SANS, _long())),
    Layout("body without a box", "K2", page("body{display:contents}" + _SANS, _long())),
    Layout("clip path of the body", "K2", page("body{clip-path:inset(0 0 60% 0)}" + _SANS, _long())),
    Layout("zoomed and right to left", "K2", page("body{zoom:1.4}" + _SANS, _long(), 'dir="rtl"')),
]

_PANE = f"<h1>Top {mark('a')}</h1>{lines(30)}<p>End {mark('b')}</p>"
K3 = [
    Layout("flex shell", "K3", page(
        "html,body{height:100%;margin:0;overflow:hidden}.app{display:flex;flex-direction:column;height:100vh}"
        "header,footer{flex:none;background:#ddd}main{flex:1;min-height:0;overflow-y:auto}",
        f"<div class=app><header>Bar</header><main>{_PANE}</main><footer>Foot {mark('c')}</footer></div>")),
    Layout("panes by hand", "K3", page(
        "body{margin:0;overflow:hidden}.top{position:absolute;top:0;height:50px;left:0;right:0;background:#ddd}"
        ".main{position:absolute;top:50px;bottom:40px;left:0;right:0;overflow:auto}.foot{position:absolute;bottom:0;height:40px;left:0;right:0;background:#ddd}",
        f"<div class=top>Bar</div><div class=main>{_PANE}</div><div class=foot>Foot {mark('c')}</div>")),
    Layout("panes that are fixed", "K3", page(
        "body{margin:0}.side{position:fixed;top:0;left:0;bottom:0;width:200px;overflow:auto;background:#eee}"
        ".main{position:fixed;top:0;left:200px;right:0;bottom:0;overflow:auto}",
        f"<div class=side>{lines(3, 'Chapter')}</div><div class=main>{_PANE}<p>{mark('c')}</p></div>")),
    Layout("scroller in a scroller", "K3", page(
        ".o{height:300px;overflow:auto}.i{height:200px;overflow:scroll;border:1px solid}",
        f"<div class=o><h2>{mark('a')}</h2><div class=i>{lines(20)}<p>{mark('b')}</p></div>{lines(9)}</div><p>after {mark('c')}</p>")),
    Layout("fixed rows of a grid", "K3", page(
        ".g{display:grid;grid-template-rows:80px 250px 60px;height:390px;overflow:hidden}.g>*{overflow:hidden}",
        f"<div class=g><div>{mark('a')}</div><div>{lines(20)}<p>{mark('b')}</p></div><div>foot {mark('c')}</div></div>")),
    Layout("clamped lines", "K3", page(
        ".c{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;width:500px}",
        f"<p class=c>{'many words here ' * 60}{mark('a')}</p><p>{mark('b')}</p><p>{mark('c')}</p>")),
    Layout("ellipsis", "K3", page(
        ".c{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;width:400px}",
        f"<p class=c>{'many words here ' * 12}{mark('a')}</p><p>{mark('b')}</p><p>{mark('c')}</p>")),
    Layout("contained size", "K3", page(
        ".c{contain:strict;height:200px;width:600px}", f"<div class=c><p>{mark('a')}</p>{lines(20)}<p>{mark('b')}</p></div><p>{mark('c')}</p>")),
    Layout("content visibility", "K3", page(
        "section{content-visibility:auto;contain-intrinsic-size:40px}",
        f"<section><p>{mark('a')}</p>{lines(20)}</section><section class=h><p>{mark('b')}</p></section><section>{lines(20)}<p>{mark('c')}</p></section>")),
    Layout("frame in a frame", "K3", page(
        "iframe{width:100%;height:250px;border:2px solid #888}",
        f"<p>{mark('a')}</p><iframe srcdoc=\"{escape(f'<p>In</p>{lines(9)}<iframe style=height:90px srcdoc={chr(39)}' + escape(lines(12) + mark('b'), quote=True) + f'{chr(39)}></iframe>', quote=True)}\"></iframe><p>{mark('c')}</p>")),
    Layout("sandboxed frame", "K3", page(
        "iframe{width:600px;height:150px}", f"<p>{mark('a')}</p><iframe sandbox srcdoc=\"{escape(lines(15) + mark('b'))}\"></iframe><p>{mark('c')}</p>")),
    Layout("frame of a data URL", "K3", page(
        "", f"<p>{mark('a')}</p><iframe src=\"data:text/html,{escape(lines(15) + mark('b')).replace('#', '%23')}\"></iframe><p>{mark('c')}</p>")),
    Layout("folded by max-height", "K3", page(
        ".c{max-height:60px;overflow:hidden}", f"<div class=c><p>{mark('a')}</p>{lines(5)}<p>{mark('b')}</p></div><p>{mark('c')}</p>")),
    Layout("sections of a screen", "K3", page(
        "body{margin:0}section{height:100vh;overflow:hidden;padding:20px;box-sizing:border-box}",
        f"<section>{lines(15)}{mark('a')}</section><section>{lines(15)}{mark('b')}</section><section>{mark('c')}</section>")),
    Layout("sections that spill", "K3", page(
        "body{margin:0}section{height:100vh}", f"<section>{lines(20)}{mark('a')}</section><section>{mark('b')}{lines(3)}</section><p>{mark('c')}</p>")),
    Layout("text area and list box", "K3", page(
        "textarea{height:60px;width:500px}", f"<p>{mark('a')}</p><textarea>{'line of text&#10;' * 30}</textarea><p>{mark('b')}</p><p>{mark('c')}</p>")),
    Layout("chat that begins at the end", "K3", page(
        "body{margin:0}.log{height:100vh;overflow:auto;display:flex;flex-direction:column-reverse}",
        f"<div class=log><div>{mark('c')}</div><div>{lines(12)}{mark('b')}</div><div>{mark('a')}{lines(8)}</div></div>"), ),
    Layout("pages of columns", "K3", page(
        "body{margin:0;height:100vh;overflow:hidden;column-width:100vw;column-gap:0}", f"<p>{mark('a')}</p>{lines(20)}<p>{mark('b')}</p>{lines(9)}<p>{mark('c')}</p>")),
    Layout("screen reader text stays away", "K3", page(
        ".sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0);white-space:nowrap}",
        f"<a class=sr-only href=#m>Skip {mark('d')}</a><h1>{mark('a')}</h1><p>{mark('b')}</p><p>{mark('c')}</p>"), absent="d"),
]

_ROW = "".join(f"<td>value {n}</td>" for n in range(14))
K4 = [
    Layout("wide table, no wrapping", "K4", page(
        "td{white-space:nowrap;padding:6px 14px;border:1px solid}", f"<h1>{mark('a')}</h1><table><tr>{_ROW}<td>{mark('b')}</td></tr></table><p>{mark('c')}</p>"), slides=1),
    Layout("very wide table", "K4", page(
        "td{white-space:nowrap;padding:6px 14px;border:1px solid;min-width:120px}", f"<h1>{mark('a')}</h1><table><tr>{_ROW * 3}<td>{mark('b')}</td></tr></table><p>end</p>"), marks="ab"),
    Layout("code of long lines", "K4", page("", f"<pre>{mark('a')}{'x = f(y); ' * 60}{mark('b')}\nsecond {mark('c')}</pre>")),
    Layout("word without an end", "K4", page("", f"<h1>{mark('a')}</h1><p>{'Donaudampfschiff' * 30}{mark('b')}</p><p>{mark('c')}</p>")),
    Layout("desktop by min-width", "K4", page(
        "body{min-width:1280px;margin:0}header{display:flex;justify-content:space-between}", f"<header><b>Logo</b>{mark('a')}<i>menu {mark('b')}</i></header>{lines(9)}<p style='text-align:right'>{mark('c')}</p>")),
    Layout("wide pixel canvas", "K4", page(
        "body{margin:0}.page{position:relative;width:1500px;height:800px}.page *{position:absolute}",
        f"<div class=page><div style='left:20px;top:10px'>{mark('a')}</div><div style='left:1300px;top:30px'>right {mark('b')}</div><div style='left:700px;top:700px'>{mark('c')}</div></div>")),
    Layout("row of pages", "K4", _deck(
        "html,body{margin:0;height:100%}.d{display:flex;height:100vh;overflow-x:auto}.d>*{flex:0 0 100vw;height:100vh}", "<section><h1>{n}</h1>{mark}</section>", wrap="<div class=d>{}</div>"), marks="abcd", slides=4),
    Layout("row of pages without a scroller", "K4", _deck(
        "body{margin:0}.d{display:flex;width:400vw}.d>*{width:100vw;height:100vh}", "<section><h1>{n}</h1>{mark}</section>", wrap="<div class=d>{}</div>"), marks="abcd", slides=4),
    Layout("row of pages as a grid", "K4", _deck(
        "body{margin:0}.d{display:grid;grid-auto-flow:column;grid-auto-columns:100%;overflow-x:scroll;height:100vh}", "<section><h1>{n}</h1>{mark}</section>", wrap="<div class=d>{}</div>"), marks="abcd", slides=4),
    Layout("row of inline blocks", "K4", _deck(
        "body{margin:0}.d{white-space:nowrap;overflow-x:auto}.d>*{display:inline-block;width:100vw;height:100vh}", "<section><h1>{n}</h1>{mark}</section>", wrap="<div class=d>{}</div>"), marks="abcd", slides=4),
    Layout("row of floats", "K4", _deck(
        "body{margin:0;overflow-x:hidden}.d{width:400%}.d>*{float:left;width:25%;height:100vh}", "<section><h1>{n}</h1>{mark}</section>", wrap="<div class=d>{}</div>"), marks="abcd", slides=4),
    Layout("pages placed by hand", "K4", page(
        "body{margin:0;overflow:hidden}section{position:absolute;top:0;width:100vw;height:100vh}",
        "".join(f"<section style='left:{100 * n}%'><h1>{n}</h1>{mark('abc'[n])}</section>" for n in range(3))), slides=3),
    Layout("board of columns", "K4", page(
        ".b{display:flex;overflow-x:auto;gap:12px}.b>div{flex:0 0 260px;background:#eee}",
        "<div class=b>" + "".join(f"<div><h3>List {n}</h3>{lines(3, 'Card')}{mark('abcdef'[n])}</div>" for n in range(6)) + "</div>"), marks="abcdef"),
    Layout("vertical in the root, left to right", "K4", page(
        "html{writing-mode:vertical-lr}", f"<h1>{mark('a')}</h1>{lines(30, '山のふもとの村に、ひとりの旅人がやってきました。' * 2)}<p>{mark('b')}</p>", "lang=ja"), marks="ab"),
    Layout("vertical in the body", "K4", page(
        "body{writing-mode:vertical-rl}", f"<h1>{mark('a')}</h1>{lines(40, '山のふもとの村に、ひとりの旅人がやってきました。' * 2)}<p>{mark('b')}</p>", "lang=ja"), marks="ab"),
    Layout("vertical wrapper that scrolls", "K4", page(
        "body{margin:0}main{writing-mode:vertical-rl;height:100vh;overflow-x:auto;width:100%}", f"<main><h1>{mark('a')}</h1>{lines(40, '山のふもとの村に、ひとりの旅人がやってきました。' * 2)}<p>{mark('b')}</p></main>", "lang=ja"), marks="ab"),
    Layout("vertical and higher than a slide", "K4", page(
        "html{writing-mode:vertical-rl}body{height:900px}", f"<h1>{mark('a')}</h1>{lines(20, '山のふもとの村に、ひとりの旅人がやってきました。' * 5)}<p>{mark('b')}</p>", "lang=ja"), marks="ab"),
    Layout("right to left, wide table", "K4", page(
        "td{white-space:nowrap;padding:6px 14px}", f"<h1>{mark('a')}</h1><table><tr>{_ROW}<td>{mark('b')}</td></tr></table><p>{mark('c')}</p>", 'dir="rtl" lang="ar"')),
    Layout("right to left, very wide table", "K4", page(
        "td{padding:6px 14px;min-width:150px}", f"<h1>{mark('a')}</h1><table><tr>{_ROW * 3}<td>{mark('b')}</td></tr></table>", 'dir="rtl" lang="ar"'), marks="ab"),
    Layout("wider on both sides", "K4", page(
        "body{margin:0}.w{width:1300px;margin-left:-180px;display:flex;justify-content:space-between}", f"<p>{mark('a')}</p><div class=w>{mark('b')}<span>middle</span>{mark('c')}</div>")),
    Layout("wide picture", "K4", page("", f"<h1>{mark('a')}</h1><svg width=1600 height=200><rect x=1500 width=90 height=90 fill='rgb(0,87,255)'/></svg><p>{mark('c')}</p>")),
    Layout("columns of fixed width", "K4", page(
        ".r{display:flex}.r>div{flex:0 0 400px}", f"<div class=r><div>{mark('a')}{lines(2)}</div><div>{mark('b')}{lines(2)}</div><div>{mark('c')}{lines(2)}</div></div>"), slides=1),
    Layout("wide table in a narrow column", "K4", page(
        ".g{display:grid;grid-template-columns:400px 1fr;gap:20px}.s{overflow-x:auto}td{white-space:nowrap;padding:4px 10px}",
        f"<div class=g><div class=s><table><tr>{_ROW[:120]}<td>{mark('a')}</td></tr></table></div><div>{mark('b')}{lines(4)}</div></div><p>{mark('c')}</p>")),
    Layout("pages beside each other, without a wrapper", "K4", page("body{margin:0;display:flex}section{flex:0 0 100vw;height:100vh;background:#dfe}", "".join(f"<section><h1>{k}</h1>{mark(k)}</section>" for k in "abc")), slides=3),
    Layout("beside the page, over words", "K4", page("p{margin:0}aside{margin-left:1000px;width:200px;margin-top:-60px}", f"<p>{mark('a')} under</p><p>words</p><aside>{mark('b')} beside</aside>"), marks="ab"),
]

_SLIDE = "<div class='slide {first}'><h1>Slide {n}</h1><p>Point {n} {mark}</p></div>"
_PILE = "html,body{margin:0;height:100%%;overflow:hidden}.slide{position:absolute;inset:0;%s}.slide.active{%s}"
K6 = [
    Layout("deck by opacity", "K6", _deck(_PILE % ("opacity:0;transition:opacity .6s", "opacity:1"), _SLIDE), marks="abcd", slides=4),
    Layout("deck by display", "K6", _deck(_PILE % ("display:none", "display:flex;flex-direction:column;justify-content:center"), _SLIDE), marks="abcd", slides=4),
    Layout("deck by z-index", "K6", _deck(_PILE % ("background:#fff;z-index:1", "z-index:9"), _SLIDE), marks="abcd", slides=4),
    Layout("deck moved away", "K6", _deck(_PILE % ("transform:translateX(100%)", "transform:none"), _SLIDE), marks="abcd", slides=4),
    Layout("deck by target", "K6", _deck("body{margin:0}section{display:none;height:100vh}section:target{display:block}", "<section id=s{n}><h1>{n}</h1>{mark}</section>"), marks="abcd", slides=4),
    Layout("deck in the flow", "K6", _deck(".slide{display:none}.slide.active{display:block}", _SLIDE, wrap="<div class=slides>{}</div><a class=next>&gt;</a>"), marks="abcd"),
    Layout("reveal with stacks and fragments", "K6", page(
        ".reveal .slides section{display:none;position:absolute}.reveal .slides section.present{display:block}.reveal .fragment{opacity:0;visibility:hidden}aside.notes{display:none}",
        f"<div class=reveal><div class=slides><section class=present><h2>One {mark('a')}</h2></section><section><section><h2>Two {mark('b')}</h2></section><section><p class=fragment>Three {mark('c')}</p><aside class=notes>{mark('f')}</aside></section></section></div></div>"), absent="f", slides=3),
    Layout("impress", "K6", page(
        ".step{position:absolute;opacity:.3;width:900px}", "<div id=impress><div style='position:absolute;top:50%;left:50%;transform:scale(1)'>" + "".join(
            f"<div class=step data-x={n}000 style='transform:translate(-50%,-50%) translate3d({n}000px,{n}00px,0) rotate({n}0deg)'><h1>{n}</h1>{mark('abc'[n])}</div>" for n in range(3)) + "</div></div>"), slides=3),
    Layout("appears when scrolled to", "K6", page(
        "[data-aos]{opacity:0;transform:translateY(100px)}.wow{visibility:hidden}.fade-up{opacity:0;transition:opacity 1s}",
        f"<div data-aos=fade-up>{lines(3)}{mark('a')}</div><div class=wow>{lines(3)}{mark('b')}</div><div class=fade-up><p>text of it {mark('c')}</p></div>")),
    Layout("appears by inline style", "K6", page(
        "", f"<h1>{mark('a')}</h1><div style='opacity:0;transform:translateY(20px)'><p>later {mark('b')}</p></div><div style='opacity:0;transition:.3s'><p>and later {mark('c')}</p></div>")),
    Layout("scroll timelines", "K6", page(
        "@keyframes i{from{opacity:0}}section{height:60vh;animation:i linear both;animation-timeline:view();animation-range:entry 0 cover 60%}",
        "".join(f"<section><h1>{n}</h1>{mark('abc'[n])}</section>" for n in range(3)))),
    Layout("swiper", "K6", page(
        ".swiper{overflow:hidden;width:100%;height:300px}.swiper-wrapper{display:flex;transform:translate3d(-914px,0,0)}.swiper-slide{flex-shrink:0;width:100%;height:100%}",
        "<div class=swiper><div class=swiper-wrapper>" + "".join(f"<div class=swiper-slide><h2>{n}</h2>{mark('abc'[n])}</div>" for n in range(3)) + "</div></div>")),
    Layout("bootstrap carousel", "K6", page(
        ".carousel-inner{position:relative;overflow:hidden}.carousel-item{display:none;float:left;width:100%;margin-right:-100%}.carousel-item.active{display:block}",
        "<div class=carousel><div class=carousel-inner>" + "".join(f"<div class='carousel-item {'active' if n == 0 else ''}'><h2>{n}</h2>{mark('abc'[n])}</div>" for n in range(3)) + "</div></div>")),
    Layout("tabs", "K6", page(
        ".tab-pane{display:none}.tab-pane.active{display:block}",
        "<div class=tab-content>" + "".join(f"<div class='tab-pane {'active' if n == 0 else ''}'>{lines(2)}{mark('abc'[n])}</div>" for n in range(3)) + "</div>")),
    Layout("tabs of roles", "K6", page(
        "", "<div role=tablist><button role=tab aria-controls=p1>1</button><button role=tab aria-controls=p2>2</button></div>"
        f"<div role=tabpanel id=p1>{mark('a')}</div><div role=tabpanel id=p2 hidden>{mark('b')}</div><p>{mark('c')}</p>")),
    Layout("accordion", "K6", page(
        ".panel{max-height:0;overflow:hidden}.answer{display:none}",
        f"<button class=accordion>Q1</button><div class=panel><p>A {mark('a')}</p></div><button class=accordion>Q2</button><div class=panel><p>{mark('b')}</p></div><div class=faq><h3 class=question>Q3</h3><div class=answer>{mark('c')}</div></div>")),
    Layout("page that waits for a script", "K6", page("body{opacity:0}.js #app{display:none}", f"<div id=app><h1>Handbook of rivers {mark('a')}</h1><p>{mark('b')}</p><p>{mark('c')}</p></div>", "class=js")),
    Layout("menu and mail preview stay away", "K6", page(
        ".dropdown-menu{display:none}", f"<div style='display:none;max-height:0;overflow:hidden'>preview {mark('d')}</div><nav><ul class=dropdown-menu><li>{mark('e')}</li></ul></nav><p>{mark('a')}</p><p>{mark('b')}</p><p>{mark('c')}</p>"), absent="de"),
]

K9 = [
    Layout("pictures of a screen", "K9", page("body{margin:0}img{display:block;width:100vw;height:100vh}", "".join(
        f"<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'%3E%3Crect width='16' height='9' fill='%23eee'/%3E%3Crect width='6' height='4' fill='rgb{MARKS[k]}'/%3E%3C/svg%3E\">" for k in "abc")), slides=3),
    Layout("slides in the shape of 16 to 9", "K9", page("body{margin:0}div{width:100vw;aspect-ratio:16/9;background:#eee}", "".join(f"<div>{mark(k)}</div>" for k in "abc")), slides=3),
    Layout("slides of dvh", "K9", page("body{margin:0}div{height:100dvh;background:#eee}", "".join(f"<div>{mark(k)}</div>" for k in "abc")), slides=3),
    Layout("svg slides", "K9", page("body{margin:0}svg{display:block;width:100vw;height:auto}", "".join(
        f"<svg viewBox='0 0 1280 720'><rect width=1280 height=720 fill='#eee'/><rect x=600 y=300 width=90 height=90 fill='rgb{MARKS[k]}'/></svg>" for k in "abc")), slides=3),
    Layout("sheets that may not break", "K9", page("body{margin:0}div{min-height:100vh;break-inside:avoid;break-after:page}", "".join(f"<div>{mark(k)}</div>" for k in "abc")), slides=3),
]

_TEXT = f"<main><h1>{mark('a')}</h1>{lines(30)}<p>{mark('b')}</p></main>"
K10 = [
    Layout("consent layer", "K10", page(".o{position:fixed;inset:0;background:rgba(0,0,0,.8);z-index:99}", f"{_TEXT}<div class=o>Accept? {mark('c')}</div>"), marks="abc"),
    Layout("consent bar below", "K10", page(".o{position:fixed;bottom:0;left:0;right:0;background:#fff;padding:20px}", f"<div class=o>Accept? {mark('c')}</div>{_TEXT}"), marks="abc"),
    Layout("dialog by hand with its backdrop", "K10", page(".bd{position:fixed;inset:0;background:#000;opacity:.9;z-index:5}.m{position:fixed;top:50%;left:50%;transform:translate(-50%,-50%);z-index:6;background:#fff}", f"{_TEXT}<div class=bd></div><div class=m>Subscribe {mark('c')}</div>"), marks="ab"),
    Layout("preloader", "K10", page("#preloader{position:fixed;inset:0;background:#fff;z-index:9999}", f"<div id=preloader></div>{_TEXT}"), marks="ab"),
    Layout("layer placed in the page", "K10", page("body{margin:0}.o{position:absolute;inset:0;background:rgba(0,0,0,.9);z-index:9}", f"{_TEXT}<div class=o>Sign up {mark('c')}</div>"), marks="abc"),
    Layout("background by a pseudo-element", "K10", page("body{margin:0;color:#fff}body::before{content:'';position:fixed;inset:0;z-index:-1;background:linear-gradient(#111,#102030)}", _TEXT), marks="ab", corners="dark"),
    Layout("background by an element", "K10", page("body{margin:0;color:#fff}.bg{position:fixed;top:0;left:0;width:100%;height:100%;z-index:-1;background:#102030}", f"<div class=bg></div>{_TEXT}"), marks="ab", corners="dark"),
    Layout("background by a picture", "K10", page("body{margin:0;color:#fff}main{position:relative}.bg{position:fixed;inset:0;width:100vw;height:100vh;object-fit:cover}", "<img class=bg src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'%3E%3Crect width='16' height='9' fill='%23102030'/%3E%3C/svg%3E\">" + _TEXT), marks="ab", corners="dark"),
    Layout("background of a wrapper's pseudo-element", "K10", page("body{margin:0;color:#fff}#w::after{content:'';position:fixed;inset:0;z-index:-1;background:#102030}", f"<div id=w>{_TEXT}</div>"), marks="ab", corners="dark"),
    Layout("fixed header over the text", "K10", page(".h{position:fixed;top:0;left:0;right:0;height:90px;background:#ddd}body{margin:0}", f"<div class=h>Header {mark('c')}</div>{_TEXT}"), marks="cab"),
    Layout("sticky chapters", "K10", page("body{margin:0}section{position:sticky;top:0;height:100vh;background:#eee}", "".join(f"<section><h1>{k}</h1>{mark(k)}</section>" for k in "abc")), slides=3),
]

K11 = [
    Layout("centred by flex", "K11", page("html,body{height:100%;margin:0}body{display:flex;align-items:center;justify-content:center}.c{width:500px}", f"<div class=c>{mark('a')}{lines(20)}{mark('b')}</div>"), marks="ab"),
    Layout("centred by grid", "K11", page("body{display:grid;place-content:center;height:100vh;margin:0}", f"<div>{mark('a')}{lines(20)}{mark('b')}</div>"), marks="ab"),
    Layout("centred by hand", "K11", page(".c{position:absolute;top:50%;left:50%;transform:translate(-50%,-50%);width:500px}", f"<div class=c>{mark('a')}{lines(20)}{mark('b')}</div>"), marks="ab"),
    Layout("centred and fixed", "K11", page(".c{position:fixed;top:50%;left:50%;transform:translate(-50%,-50%);width:500px}", f"<div class=c>{mark('a')}{lines(20)}{mark('b')}</div>"), marks="ab"),
    Layout("margin above the top", "K11", page(".c{margin-top:-200px}", f"<div class=c>{mark('a')}{lines(9)}</div><p>{mark('b')}</p>"), marks="ab"),
    Layout("placed above the top", "K11", page(".c{position:relative;top:-150px}", f"<div class=c>{mark('a')}{lines(9)}</div><p>{mark('b')}</p>"), marks="ab"),
    Layout("left of the page", "K11", page(".c{margin-left:-200px}", f"<div class=c>{mark('a')}{lines(3)}</div><p>{mark('b')}</p>"), marks="ab"),
    Layout("placed left of the page", "K11", page(".c{position:absolute;left:-300px;top:20px;width:290px}", f"<p>{mark('a')}</p><div class=c>aside {mark('b')}</div>"), marks="ab"),
    Layout("wrapper centred in a screen", "K11", page("body{margin:0}.w{height:100vh;display:flex;flex-direction:column;justify-content:center}", f"<div class=w>{mark('a')}{lines(20)}{mark('b')}</div>"), marks="ab"),
]

LAYOUTS = [*K2, *K3, *K4, *K6, *K9, *K10, *K11]
