"""Files sent with a source: which paths are taken, what of the source they are, and where their bytes go."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pressrun.api.wire.body import parse_model
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.attachments import MAX_BYTES, MAX_FILES, bytes_of, without_contents
from pressrun.request_errors import FieldErrors
from pressrun.runs.explain import explain
from pressrun.runs.fingerprint import fingerprint
from pressrun.runs.submission import Submission
from pressrun.sources import remote
from pressrun.sources.html import compose_html
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from pressrun.spec import RunSpec
from tests.support.web_pictures import FONT, LAUGHS, picture, uri, web

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]

MAP, DOT = picture(), picture(size=(3, 3))


def attached(**files: bytes) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def problem(attachments: Any) -> str:
    with pytest.raises(FieldErrors) as refused:
        parse_model(GenerateRequest, {"text": "x", "attachments": attachments})
    (one,) = refused.value.errors
    assert one["field"] == "attachments" or one["field"].startswith("attachments.")
    return str(one["problem"])


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../a.png", "a/../../b", "./a.png", "a//b", "a/", "a\\b.png", "a\nb", "a\0", "x" * 256]
)
def test_a_path_that_does_not_lead_down_is_refused(path: str) -> None:
    assert "path that" in problem({path: ""})


def test_what_is_no_base64_too_much_or_too_many_is_refused_by_name() -> None:
    assert "a.png, whose content is not base64" in problem({"a.png": "*"})
    assert "more than 20 MB" in problem({"a.png": base64.b64encode(bytes(MAX_BYTES)).decode(), "b.png": "AAAA"})
    assert f"at most {MAX_FILES}" in problem({f"{number}.png": "" for number in range(MAX_FILES + 1)})
    assert "must be a valid string" in problem({"a.png": 1})


def test_names_in_every_script_are_paths() -> None:
    spec = RunSpec(text="x", attachments={"img/नदी map.png": "", "a:b.png": ""})
    assert set(bytes_of(spec.attachments)) == {"img/नदी map.png", "a:b.png"}


def test_the_bytes_and_the_paths_are_of_the_fingerprint_and_their_order_is_not() -> None:
    first = RunSpec(text="x", attachments=attached(a=b"1", b=b"2"))
    prints = {
        fingerprint("r", spec)
        for spec in (
            RunSpec(text="x"),
            first,
            RunSpec(text="x", attachments=attached(a=b"1", b=b"3")),
            RunSpec(text="x", attachments=attached(a=b"1", c=b"2")),
        )
    }
    assert len(prints) == 4
    assert fingerprint("r", RunSpec(text="x", attachments=attached(b=b"2", a=b"1"))) == fingerprint("r", first)
    high, astral = "\ue000.png", "\U0001f600.png"  # the RFC sorts by UTF-16, where the second comes first
    names = dict.fromkeys((high, astral), "")
    assert fingerprint("r", RunSpec(text="x", attachments=names)) == fingerprint(
        "r", RunSpec(text="x", attachments=dict(reversed(names.items())))
    )


def test_what_tells_of_a_spec_tells_sizes_and_digests_and_no_contents() -> None:
    spec = RunSpec(text="x", attachments=attached(a=b"secret" * 1000))
    submission = Submission(operation_id="1", route="r", spec=spec)
    told = explain(submission, None, json.dumps({"text": "x", "attachments": attached(a=b"other" * 1000)}))
    for shown in (told.canonical, {each.field: each for each in told.differences}, without_contents(spec.model_dump())):
        assert len(repr(shown)) < 3000
        assert "attachments" in shown
    assert told.canonical["attachments"]["a"]["size_bytes"] == 6000
    assert "attachments" not in without_contents({"text": "x"})


async def test_a_picture_of_a_text_is_put_into_the_document_and_nothing_is_told_of_it() -> None:
    files = {"img/a map.png": MAP, "unused.png": DOT}
    made = await compose_text(
        "# T\n\n![The map](img/a%20map.png)\n\n<img src='./img/a map.png?v=2' alt=x>\n\n![Gone](img/gone.png)",
        title=None,
        look=Look("paper"),
        attached=files,
    )
    assert made.html.count(uri("image/png", MAP)) == 2
    assert uri("image/png", DOT) not in made.html
    (warning,) = made.warnings
    assert "img/gone.png" in warning.message
    assert "missing-picture" in made.html


async def test_style_sheets_bring_their_own_pictures_and_fonts() -> None:
    style = (
        b"@import 'more.css'; @font-face { font-family: F; src: url(../fonts/f.woff2) } p { background: url(b.png) }"
    )
    files = {"css/style.css": style, "css/more.css": b"h1 { background: url('/top.png') }", "css/b.png": DOT}
    files |= {"fonts/f.woff2": FONT, "top.png": MAP}
    html = "<link rel=stylesheet href='css/style.css'><p style='background: url(top.png)'>x"
    made = await compose_html(html, title=None, attached=files)
    css = base64.b64decode(made.html.partition("base64,")[2].partition("'")[0]).decode()
    assert "font/woff2" in css
    assert uri("image/png", DOT) in css
    more = base64.b64decode(css.partition("base64,")[2].partition("'")[0]).decode()
    assert uri("image/png", MAP) in more
    assert uri("image/png", MAP) in made.html
    assert made.warnings == ()


async def test_what_a_style_sheet_misses_is_told_by_its_path() -> None:
    files = {"css/style.css": b"p { background: url(../../../etc/passwd) }"}
    made = await compose_html("<link rel=stylesheet href=css/style.css><p>x", title=None, attached=files)
    (warning,) = made.warnings
    assert "Not loaded: etc/passwd: it was not sent with the source" in warning.message


async def test_a_file_is_what_its_bytes_are() -> None:
    bomb = b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'><rect width='9' height='9'/></svg>"
    files = {"a.jpg": MAP, "page.png": b"<!doctype html><p>x", "b.svg": bomb, "laughs.svg": LAUGHS}
    made = await compose_html("".join(f"<img src={name}>" for name in files), title=None, attached=files)
    assert uri("image/png", MAP) in made.html
    assert {w.message.partition(": ")[2].partition(":")[0] for w in made.warnings} >= {"page.png"}
    assert b"onload" not in base64.b64decode(made.html.partition("svg+xml;base64,")[2].partition(">")[0])


async def test_a_base_on_the_web_takes_paths_there_and_attachments_open_no_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with web() as (host, egress):
        html = f"<base href='{host.url}/d/'><img src='../a.png'>"
        closed = await compose_html(html, title=None, attached={"a.png": MAP})
        assert closed.html == html
        opened = await compose_html(html, title=None, attached={"a.png": DOT}, egress=egress)
        assert uri("image/png", MAP) in opened.html
        both = f"<img src={host.url}/b.png><img src=a.png>"
        monkeypatch.setattr(remote, "MAX_FETCHES", 1)  # of things on the web: what was sent does not count
        made = await compose_html(both, title=None, attached={"a.png": MAP}, egress=egress)
        assert made.html.count("data:image/png") == 2
