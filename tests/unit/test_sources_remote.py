"""What a document names on the web: fetched by the broker's rules, put into it, bounded, told when it did not come."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest

from pressrun.egress.broker import open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.sources import remote
from pressrun.sources.document import Document
from pressrun.sources.html import compose_html
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from tests.support.limits import fail_after
from tests.support.web_host import WebHost, answering, open_web_host
from tests.support.web_pictures import FILES, FONT, uri, web
from tests.unit.test_encodings import SAMPLES, STRANGE

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]


HELD = 20  # exchanges that seven documents hold: what may be shared, and one each for those that came too late for it


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
        document = await compose_text(text, title=None, look=Look("paper"), egress=egress)
        assert uri("image/png", FILES["/a.png"]) in document.html
        assert '<span class="missing-picture" role="img" aria-label="The sea">' in document.html
        (warning,) = document.warnings
        assert warning.code == "blocked_request"
        assert "hidden" not in warning.message
        closed = await compose_text(text, title=None, look=Look("paper"))
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
    def made(self: object, *given: Any) -> None:
        init(self, *given, room=room)

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
