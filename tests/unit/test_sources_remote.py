"""What a document names on the web: fetched by the broker's rules, put into it, bounded, told when it did not come."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

import anyio
import pytest
from PIL import Image

from pressrun.egress.broker import Egress, open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.errors import ComposeFailed
from pressrun.sources import remote
from pressrun.sources.document import Document
from pressrun.sources.html import compose_html
from pressrun.sources.parser_pool import cool_down, warm_up
from pressrun.sources.pictures import why_refused
from pressrun.sources.references import css_references, find_references
from pressrun.sources.text import compose_text
from tests.support.limits import fail_after
from tests.support.web_host import WebHost, answering, open_web_host
from tests.unit.test_encodings import SAMPLES, STRANGE

pytestmark = pytest.mark.anyio


def picture(format: str = "PNG", size: tuple[int, int] = (2, 2)) -> bytes:
    data = io.BytesIO()
    Image.new("1" if size[0] > 100 else "RGB", size).save(data, format)
    return data.getvalue()


@cache
def huge() -> bytes:
    """Made when asked for: it takes half a second, and whoever collects tests imports this module."""
    return picture(size=(16_000, 16_000))


HELD = 20  # exchanges that seven documents hold: what may be shared, and one each for those that came too late for it
FONT = b"wOF2" + bytes(40)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><rect width="9" height="9"/><script>x()</script></svg>'
LAUGHS = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
FILES = {
    **{f"/a.{format.lower()}": picture(format) for format in ("PNG", "JPEG", "WEBP", "GIF", "AVIF")},
    "/b.png": picture(size=(3, 3)),
    "/font.woff2": FONT,
    "/s.svg": SVG,
    "/laughs.svg": LAUGHS,
    "/page.html": b"<!doctype html><p>not found",
    "/style.css": b"@import 'more.css'; p { background: url(a.png) }"
    b"@font-face { font-family: F; src: url('font.woff2') }",
    "/more.css": b"h1 { background: url(b.png) } i { background: url(gone.png) }",
    "/circle.css": b"@import 'circle.css'; p { color: red }",
}


@asynccontextmanager
async def web(asked: anyio.Event | None = None) -> AsyncIterator[tuple[WebHost, Egress]]:
    """A host that has FILES, and never answers for silent.png (`asked`: somebody waits for it)."""

    async def behave(request: bytes, say: Callable[[bytes], Awaitable[None]]) -> None:
        path = request.split()[1].decode().partition("?")[0]
        if path == "/silent.png":
            (asked or anyio.Event()).set()
            await anyio.sleep_forever()
        body = huge() if path == "/huge.png" else FILES.get(path)
        kind = "text/css" if path.endswith(".css") else "application/octet-stream"
        status = "200 OK" if body is not None else "404 Not Found"
        await answering(body or b"", f"Content-Type: {kind}", status=status)(request, say)

    async with open_web_host(behave) as host, open_egress(EgressPolicy.parse([host.authority])) as egress:
        yield host, egress


@pytest.fixture(scope="module", autouse=True)
async def warm(anyio_backend: str) -> AsyncIterator[None]:
    """One parser for all tests of this module, as a server has it."""
    await warm_up()
    yield
    await cool_down()


def uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def paths(host: WebHost) -> list[str]:
    return sorted(request.split()[1].decode() for request in host.requests)


WAYS = {
    "src": '<img src="{}">',
    "no quotes": "<img src={}>",
    "single quotes": "<img alt='a>b' src='{}' width=5>",
    "upper case": '<IMG SRC="{}">',
    "srcset": '<img srcset="x.png 1x, {} 2x">',
    "picture": '<picture><source srcset="{}"></picture>',
    "attribute": "<p style='background: url({})'>x",
    "quoted in an attribute": '<p style="background: url(&quot;{}&quot;)">x',
    "style": '<style>p {{ background: no-repeat url( "{}" ) }}</style>',
    "svg": '<svg><image href="{}" /></svg>',
    "poster": '<video poster="{}"></video>',
    "behind an entity": "<p>&amp;<p>\n<p>é<img src='{}'>",
}


@pytest.mark.promise("remote-pictures")
@pytest.mark.parametrize("way", sorted(WAYS))
async def test_a_picture_on_the_web_is_put_into_the_document(way: str) -> None:
    async with web() as (host, egress):
        html = f"<!doctype html><title>T</title>\n{WAYS[way]}<p>end"
        document = await compose_html(html.format(f"{host.url}/a.png"), title=None, egress=egress)
        assert document.html == html.format(uri("image/png", FILES["/a.png"]))
        assert [w.code for w in document.warnings if "a.png" in w.message] == []
        assert paths(host) == ["/a.png"]


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "gif", "avif"])
async def test_what_a_picture_is_is_told_by_its_bytes(format: str) -> None:
    async with web() as (host, egress):
        document = await compose_html(f"<img src={host.url}/a.{format}>", title=None, egress=egress)
        assert document.html == f"<img src={uri(f'image/{format}', FILES[f'/a.{format}'])}>"


async def test_style_sheets_come_with_what_they_name() -> None:
    async with web() as (host, egress):
        document = await compose_html(
            f'<link rel="stylesheet" href="{host.url}/style.css"><p>x', title=None, egress=egress
        )
        found = re.search(r"data:text/css;charset=utf-8;base64,([^\"]+)", document.html)
        assert found is not None
        css = base64.b64decode(found[1]).decode()
        assert uri("image/png", FILES["/a.png"]) in css
        assert uri("font/woff2", FONT) in css
        inner = re.search(r"@import 'data:text/css;charset=utf-8;base64,([^']+)'", css)
        assert inner is not None
        assert uri("image/png", FILES["/b.png"]) in base64.b64decode(inner[1]).decode()
        (warning,) = document.warnings
        assert (warning.code, "gone.png" in warning.message) == ("blocked_request", True)


async def embed_style(body: bytes, *headers: str) -> tuple[str, Document]:
    """The style sheet as it is in the document, empty if it is not; and the document."""
    async with (
        open_web_host(answering(body, *headers)) as host,
        open_egress(EgressPolicy.parse([host.authority])) as out,
    ):
        document = await compose_html(f"<link rel=stylesheet href={host.url}/a.css><p>x", title=None, egress=out)
    found = re.search(r"data:text/css;charset=utf-8;base64,([^>]+)>", document.html)
    return base64.b64decode(found[1]).decode() if found else "", document


@pytest.mark.parametrize("label", sorted(SAMPLES))
async def test_a_style_sheet_is_read_in_the_encoding_that_its_host_names(label: str) -> None:
    data, text = SAMPLES[label]
    css, document = await embed_style(data, f"Content-Type: text/css; charset={label}")
    assert css == text
    assert document.warnings == ()


@pytest.mark.parametrize("label", [*STRANGE[:9], "utf-8\"; charset*=\"punycode''x"])
async def test_a_style_sheet_in_an_encoding_that_is_none_of_the_web_is_utf8(label: str) -> None:
    css, document = await embed_style(
        "p::after { content: 'ö' }".encode(), f'Content-Type: text/css; charset="{label}"'
    )
    assert css == "p::after { content: 'ö' }"
    assert document.warnings == ()


@pytest.mark.promise("strangers-choose-no-code")
async def test_no_style_sheet_holds_the_loop_up() -> None:
    longest_s = 0.0

    async def tick() -> None:
        nonlocal longest_s
        while True:
            asked_at = anyio.current_time()
            await anyio.sleep(0.01)
            longest_s = max(longest_s, anyio.current_time() - asked_at)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        css, _ = await embed_style(b"p{}" * 980_000 + b"-" + b"a" * 60_000, "Content-Type: text/css; charset=punycode")
        tasks.cancel_scope.cancel()
    assert len(css) == 3_000_001
    assert longest_s < 3  # 19 s when it was decoded as its host wanted; 0.05 s now


@pytest.mark.parametrize("kind", ["style", "style that names a picture", "picture"])
async def test_what_came_from_elsewhere_is_not_spelled_in_json_on_the_loop(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few megabytes of it held the loop for a tenth of a second, and as many as come at once for seconds."""
    sizes = []
    dumps, loads = json.dumps, json.loads
    monkeypatch.setattr(json, "dumps", lambda *args, **kwargs: noted(dumps(*args, **kwargs)))
    monkeypatch.setattr(json, "loads", lambda text, **kwargs: loads(noted(text), **kwargs))

    def noted(text: Any) -> Any:
        sizes.append(len(text))
        return text

    css = b"p{}" * 500_000 + (b"q{background:url(data:,)}" if kind != "style" else b"")
    body, made = (FILES["/a.png"] + bytes(1_500_000), "<img src={}>") if kind == "picture" else (css, "")
    async with (
        open_web_host(answering(body, "Content-Type: text/css")) as host,
        open_egress(EgressPolicy.parse([host.authority])) as out,
    ):
        html = (made or "<link rel=stylesheet href={}>").format(f"{host.url}/a")
        document = await compose_html(f"{html}<p>x", title=None, egress=out)
    assert len(document.html) > 2_000_000
    assert document.warnings == ()
    assert sizes
    assert max(sizes) < 10_000


async def test_a_style_sheet_larger_than_any_document_is_not_loaded() -> None:
    css, document = await embed_style(b" " * (remote.STYLE_MAX_BYTES + 1), "Content-Type: text/css")
    assert css == ""
    assert [warning.code for warning in document.warnings] == ["blocked_request"]


async def test_the_largest_style_sheet_comes_whole_whatever_its_characters() -> None:
    css, _ = await embed_style(
        "漢".encode("gbk") * (remote.STYLE_MAX_BYTES // 2), "Content-Type: text/css; charset=gbk"
    )
    assert css == "漢" * (remote.STYLE_MAX_BYTES // 2)


async def test_a_style_sheet_that_imports_itself_ends() -> None:
    async with web() as (host, egress):
        document = await compose_html(f"<style>@import '{host.url}/circle.css'</style>", title=None, egress=egress)
        assert paths(host) == ["/circle.css"]
        assert "data:text/css" in document.html


async def test_an_svg_is_reduced_to_drawing_and_one_with_entities_is_refused() -> None:
    async with web() as (host, egress):
        document = await compose_html(
            f"<img src={host.url}/s.svg><img src={host.url}/laughs.svg>", title=None, egress=egress
        )
        found = re.search(r"data:image/svg\+xml;base64,([^>]+)>", document.html)
        assert found is not None
        assert b"script" not in base64.b64decode(found[1])
        assert b"onload" not in base64.b64decode(found[1])
        refused, reduced = document.warnings
        assert "laughs.svg" in refused.message
        assert (reduced.code, "<script>" in reduced.message) == ("picture_reduced", True)


@pytest.mark.parametrize("name", ["huge.png", "page.html", "gone.png", "font.woff2"])
async def test_what_is_no_picture_or_too_large_is_left_out_and_named(name: str) -> None:
    async with web() as (host, egress):
        html = f"<p>x<img src={host.url}/{name}>"
        document = await compose_html(html, title=None, egress=egress)
        assert document.html == html
        (warning,) = document.warnings
        assert warning.code == "blocked_request"
        assert f"http://127.0.0.1/{name}" in warning.message


async def test_a_text_s_pictures_come_too_and_a_missing_one_is_a_box() -> None:
    async with web() as (host, egress):
        text = f"# T\n\n![A]({host.url}/a.png)\n\n![The sea]({host.url}/gone.png?key=hidden)\n"
        document = await compose_text(text, title=None, theme="paper", egress=egress)
        assert uri("image/png", FILES["/a.png"]) in document.html
        assert '<span class="missing-picture" role="img" aria-label="The sea">' in document.html
        (warning,) = document.warnings
        assert warning.code == "blocked_request"
        assert "hidden" not in warning.message
        closed = await compose_text(text, title=None, theme="paper")
        assert [w.code for w in closed.warnings] == ["blocked_resource", "blocked_resource"]


@pytest.mark.promise("remote-pictures")
async def test_a_host_that_may_not_be_reached_is_named_and_not_reached() -> None:
    async with web() as (host, _), open_egress(EgressPolicy.parse(["pictures.example"])) as egress:
        document = await compose_html(
            f"<img src={host.url}/a.png><img src=http://169.254.169.254/x>", title=None, egress=egress
        )
        assert [w.code for w in document.warnings] == ["blocked_request", "blocked_request"]
        assert "127.0.0.1" in document.warnings[0].message
        assert host.requests == []


async def test_many_are_fetched_once_each_up_to_a_limit_and_warned_of_in_few_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "MAX_FETCHES", 5)
    async with web() as (host, egress):
        tags = "".join(f"<img src={host.url}/a.png?{n}><img src={host.url}/a.png?{n}>" for n in range(30))
        document = await compose_html(tags, title=None, egress=egress)
        assert len(host.requests) == 5
        assert document.html.count("data:image/png") == 10
        assert len(document.warnings) == 11
        assert "15 more" in document.warnings[-1].message


async def test_there_is_a_limit_on_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(uri("image/png", FILES["/a.png"]))
    monkeypatch.setattr(remote, "TOTAL_MAX_BYTES", 2 * size + 1)
    monkeypatch.setattr(remote._Fetching, "__init__", _with_room(2 * size + 1, remote._Fetching.__init__))
    async with web() as (host, egress):
        document = await compose_html(f"<img src={host.url}/a.png>" * 5, title=None, egress=egress)
        assert document.html.count("data:image/png") == 2
        assert [w.code for w in document.warnings] == ["blocked_request"]


def _with_room(room: int, init: Callable[..., None]) -> Callable[..., None]:
    def made(self: object, egress: Egress | None) -> None:
        init(self, egress, room=room)

    return made


@pytest.mark.slow
async def test_one_that_never_comes_holds_nothing_up_longer_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LIMIT_S", 2)
    async with web() as (host, egress):
        with fail_after(20):
            document = await compose_html(
                f"<img src={host.url}/silent.png><img src={host.url}/a.png>", title=None, egress=egress
            )
        assert uri("image/png", FILES["/a.png"]) in document.html
        (warning,) = document.warnings
        assert "silent.png" in warning.message


async def test_cancelling_lets_go_of_the_host_at_once() -> None:
    asked = anyio.Event()
    async with web(asked) as (host, egress):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(compose_html, f"<img src={host.url}/silent.png>", title=None, egress=egress))
            with fail_after(20):
                await asked.wait()
            tasks.cancel_scope.cancel()
        assert paths(host) == ["/silent.png"]


BOMBS = {
    "16 000 x 16 000 pixels": lambda: uri("image/png", huge()),
    "entities": lambda: uri("image/svg+xml", LAUGHS),
    "entities without base64": lambda: "data:image/svg+xml,%3C!DOCTYPE%20svg%20[%3C!ENTITY%20a%20%27x%27%3E]%3E",
    "said to be another format": lambda: uri("image/gif", huge()),
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
async def test_an_embedded_picture_that_unfolds_never_reaches_the_browser(bomb: str) -> None:
    data = BOMBS[bomb]()
    html = f'<p>x<img src="{data}"><i style="background:url({data})">y</i><p>z'
    document = await compose_html(html, title=None)
    assert data not in document.html
    assert document.html == html.replace(data, remote._NOTHING)
    assert {warning.code for warning in document.warnings} == {"picture_refused"}


@pytest.mark.parametrize("data", [FILES["/a.png"], b"", b"rubbish", SVG])
def test_an_ordinary_embedded_picture_stays(data: bytes) -> None:
    assert why_refused(uri("image/png", data)) is None
    assert why_refused(uri("image/svg+xml", data)) is None


def test_only_what_can_be_embedded_is_looked_for() -> None:
    html = """<base href="https://h.example/d/"><iframe src="https://x.example/"></iframe><a href="https://x.example/">
    <script src="https://x.example/"></script><link rel=icon href="https://x.example/i"><img src="data:,x">
    <img src="#x"><img src="ftp://x.example/a"><img src="r.png"><img src="//c.example/p.png#f">
    <!-- <img src="https://x.example/c"> -->"""
    found = find_references(html)["references"]
    assert [each.url for each in found] == ["https://h.example/d/r.png", "https://c.example/p.png"]
    assert [html[each.start : each.end] for each in found] == ["r.png", "//c.example/p.png#f"]


def test_the_addresses_of_a_style_sheet_are_relative_to_it() -> None:
    css = "@import url(a.css); @import 'b.css'; p { background: url('/c.png'), URL( d.png ) }"
    found = css_references(None, "https://h.example/s/x.css", css.encode())["references"]
    assert sorted((each.url, each.kind) for each in found) == [
        ("https://h.example/c.png", "any"),
        ("https://h.example/s/a.css", "style"),
        ("https://h.example/s/b.css", "style"),
        ("https://h.example/s/d.png", "any"),
    ]
    assert all(css[each.start : each.end] in each.url for each in found)


async def test_a_parser_that_breaks_on_a_picture_is_told_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    real = remote.parse

    async def broken(task: str, **arguments: Any) -> Any:
        if task == "picture":
            raise ComposeFailed
        return await real(task, **arguments)

    monkeypatch.setattr(remote, "parse", broken)
    async with web() as (host, egress):
        with pytest.raises(ComposeFailed):
            await compose_html(f'<img src="{host.url}/a.png"><img src="{host.url}/b.png">', title=None, egress=egress)


@pytest.mark.promise("peers")
async def test_documents_full_of_slow_pictures_hold_up_neither_a_stranger_s_picture_nor_a_webhook() -> None:
    """Seven documents with 100 pictures each, of a host that does not answer until the others have what they want."""
    held, go_on = anyio.Event(), anyio.Event()
    slow = 0

    async def behave(request: bytes, say: Callable[[bytes], Awaitable[None]]) -> None:
        nonlocal slow
        if b"/slow" in request.split()[1]:
            slow += 1
            if slow == HELD:
                held.set()
            await go_on.wait()
        await answering(FILES["/a.png"])(request, say)

    async def compose(number: int) -> None:
        pictures = "".join(f"<img src={host.url}/slow-{number}-{index}.png>" for index in range(100))
        await compose_html(pictures, title=None, egress=egress)

    async with (
        open_web_host(behave) as host,
        open_egress(EgressPolicy.parse([host.authority])) as egress,
        anyio.create_task_group() as tasks,
    ):
        for number in range(7):
            tasks.start_soon(compose, number)
        with fail_after(20):
            await held.wait()
        strangers = await compose_html(f"<img src={host.url}/a.png>", title=None, egress=egress)
        assert (strangers.html, strangers.warnings) == (f"<img src={uri('image/png', FILES['/a.png'])}>", ())
        assert (await egress.post(host.url, b"{}", {}))[0] == 200
        assert slow >= HELD
        assert not go_on.is_set()
        tasks.cancel_scope.cancel()
        go_on.set()
