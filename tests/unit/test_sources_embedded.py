"""Pictures and style sheets that a document brings with it: what is looked for, and what never reaches a browser."""

from __future__ import annotations

from typing import Any

import pytest

from pressrun.errors import ComposeFailed
from pressrun.sources import remote
from pressrun.sources.html import compose_html
from pressrun.sources.pictures import why_refused
from pressrun.sources.references import css_references, find_references
from tests.support.web_pictures import FILES, LAUGHS, SVG, huge, uri, web

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]

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
