"""Forms: what they spell as JSON, and that no bytes at all get more than a clear answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pressrun.api.endpoints.generate import MAX_BODY_BYTES
from pressrun.api.wire.body import Pace, parse_json_object, parse_model
from pressrun.api.wire.multipart import MAX_PARTS, read_form
from pressrun.api.wire.problems import problem_response
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.attachments import MAX_BYTES, MAX_FILES, bytes_of
from pressrun.errors import PressrunError
from pressrun.request_errors import BodyTooSlow
from pressrun.runs.fingerprint import fingerprint
from tests.support.raw_asgi import Answer, ask

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]

BOUNDARY = "b0undary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the JSON that the form spells, validated as the route does."""
    request = Request(scope, receive)
    try:
        data = parse_json_object(await read_form(request, GenerateRequest, MAX_BODY_BYTES))
        parse_model(GenerateRequest, data)
        response: Response = JSONResponse(data)
    except PressrunError as exc:
        response = problem_response(exc)
    await response(scope, receive, send)


async def post(body: bytes | list[bytes], content_type: str = TYPE) -> Answer:
    return await ask(echo, "POST", "/", ("content-type", content_type), ("transfer-encoding", "chunked"), body=body)


def part(value: str | bytes, disposition: str, *headers: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: form-data; {disposition}", *headers])
    content = value.encode() if isinstance(value, str) else value
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def field(name: str, value: str | bytes) -> bytes:
    return part(value, f'name="{name}"')


def file(content: str | bytes, name: str = "lesson.md", media_type: str | None = None, of: str = "files") -> bytes:
    return part(content, f'name="{of}"; filename="{name}"', *([f"Content-Type: {media_type}"] if media_type else []))


TEXT = field("text", "# Rivers")


async def spelled(*parts: bytes) -> dict[str, Any]:
    answer = await post(form(*parts))
    assert answer.status == 200, answer.body
    spelled: dict[str, Any] = answer.json()
    return spelled


async def blamed(*parts: bytes) -> dict[str, str]:
    answer = await post(form(*parts))
    assert answer.status == 422, answer.body
    return {error["field"]: f"{error['problem']} | {error['valid']}" for error in answer.json()["errors"]}


async def test_every_kind_of_field_means_what_its_json_means() -> None:
    parts = [
        field("text", "पाठ, one"),
        field("zoom", "2.5"),
        field("viewport_width", "800"),
        field("use_cache", "false"),
        field("enable_verification", "true"),
        field("outputs", "images, pdf"),
        field("outputs", "zip"),
        field("lane", "forms"),
        field("priority", "-5"),
    ]
    assert await spelled(*parts) == {
        "text": "पाठ, one",
        "zoom": 2.5,
        "viewport_width": 800,
        "use_cache": False,
        "enable_verification": True,
        "outputs": ["images", "pdf", "zip"],
        "lane": "forms",
        "priority": -5,
    }


async def test_an_empty_field_was_not_given_and_line_ends_are_those_that_were_typed() -> None:
    assert await spelled(field("text", "# A\r\n\r\nB"), field("title", ""), field("zoom", "")) == {"text": "# A\n\nB"}


async def test_what_httpx_sends_is_understood() -> None:
    request = httpx.Request(
        "POST", "http://x", data={"theme": "ink", "outputs": ["pdf", "images"]}, files={"files": ("ä.html", "<p>ü")}
    )
    answer = await post(request.read(), request.headers["content-type"])
    assert answer.json() == {"theme": "ink", "outputs": ["pdf", "images"], "html": "<p>ü"}


@pytest.mark.parametrize(
    ("name", "media_type", "source"),
    [
        ("lesson.md", "text/markdown", "text"),
        ("lesson.txt", "text/plain; charset=utf-8", "text"),
        ("LESSON.MARKDOWN", None, "text"),
        ("page.html", "text/html", "html"),
        ("page.htm", "application/octet-stream", "html"),
        ("noending", "text/html", "html"),
    ],
)
async def test_a_text_file_is_the_source_that_its_type_or_its_name_says(
    name: str, media_type: str | None, source: str
) -> None:
    given = await spelled(file("\ufeffline one\r\nपाठ", name, media_type))
    assert given == {source: "line one\r\nपाठ"}


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("scan.pdf", "application/pdf"), ("a.png", "image/png"), ("scan.pdf", None), ("a.bin", None), ("x", "text/csv")],
)
async def test_a_file_of_another_kind_is_refused_with_what_is_valid_and_what_to_do(
    name: str, media_type: str | None
) -> None:
    said = (await blamed(file(b"%PDF-\xff" * 100_000, name, media_type)))["files"]
    assert name in said
    assert "save it as HTML or Markdown, or send its text as `text`" in said
    assert ".md .markdown .txt .html .htm" in said


PAGE = "<p>“Café” – 5 €"


@pytest.mark.parametrize(
    ("content", "media_type", "source"),
    [
        (('<meta charset="windows-1252">' + PAGE).encode("cp1252"), None, "html"),
        (
            ("<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>" + PAGE).encode("cp1252"),
            None,
            "html",
        ),
        (('<?xml version="1.0" encoding="windows-1252"?>' + PAGE).encode("cp1252"), None, "html"),
        (PAGE.encode("cp1252"), "text/html; charset=windows-1252", "html"),
        (PAGE.encode("cp1252"), 'text/plain; charset="latin1"', "text"),
        (b"\xef\xbb\xbf" + PAGE.encode(), "text/html; charset=windows-1252", "html"),
        (b"\xff\xfe" + PAGE.encode("utf-16-le"), None, "html"),
        (b"\xfe\xff" + PAGE.encode("utf-16-be"), "text/plain", "text"),
        (("<meta charset=utf-16>" + PAGE).encode(), None, "html"),
        (("<meta charset=windows-1252>" + PAGE).encode(), None, "html"),  # its bytes are UTF-8: a leftover
        ((" " * 3_000 + "<META CHARSET='Windows-1252' >" + PAGE).encode("cp1252"), None, "html"),
        (PAGE.encode(), "text/plain; charset=nonsense", "text"),
    ],
)
async def test_a_file_is_read_in_the_encoding_that_it_names(
    content: bytes, media_type: str | None, source: str
) -> None:
    name = "a.html" if source == "html" else "a.txt"
    assert (await spelled(file(content, name, media_type)))[source].endswith(PAGE)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("shift_jis", "川は流れる"), ("gb18030", "河流"), ("koi8-r", "река"), ("iso2022_jp", "川は流れる")],
)
async def test_a_file_may_be_in_any_encoding_of_the_web(encoding: str, words: str) -> None:
    label = {"iso2022_jp": "iso-2022-jp"}.get(encoding, encoding)
    page = f"<meta charset={label}>{words}"
    assert (await spelled(file(page.encode(encoding), "a.html")))["html"] == page


@pytest.mark.parametrize(
    ("content", "media_type", "said"),
    [
        (b"<p>caf\xe9", None, "is not UTF-8: byte 0xe9 at position 6"),
        (b"<meta charset=utf-8>caf\xe9", None, "is not UTF-8: byte 0xe9 at position 23"),
        (b"<meta charset=euc-jp>\xff", None, "is not EUC-JP: byte 0xff at position 21"),
        (b"<meta charset=hz-gb-2312>\xff", None, "is not HZ-GB-2312"),
        (b"caf\xe9", "text/html; charset=punycode", "is not UTF-8"),
    ],
)
async def test_a_file_that_is_in_no_encoding_that_it_names_is_refused(
    content: bytes, media_type: str | None, said: str
) -> None:
    problem = (await blamed(file(content, "a.html", media_type)))["files"]
    assert said in problem
    assert "<meta charset>" in problem


@pytest.mark.parametrize(
    ("parts", "name", "said"),
    [
        ([field("zoom", "wide"), TEXT], "zoom", "number"),
        ([field("zoom", "1e999"), TEXT], "zoom", "number"),
        ([field("zoom", "9" * 5_000), TEXT], "zoom", "number"),
        ([field("viewport_width", "100"), TEXT], "viewport_width", "320..7680"),
        ([field("use_cache", "yes"), TEXT], "use_cache", "true or false"),
        ([field("outputs", "docx"), TEXT], "outputs.0", "pdf"),
        ([field("outputs[]", "pdf"), TEXT], "outputs[]", "did you mean `outputs`"),
        ([field("spec[zoom]", "2"), TEXT], "spec[zoom]", "not a known field"),
        ([field("zooom", "2"), TEXT], "zooom", "did you mean `zoom`"),
        ([field("text", "nul \0")], "text", "U+0000"),
        ([field("text", b"\xff\xfe")], "text", "not UTF-8: byte 0xff at position 0"),
        ([field("title", "a"), field("title", "b"), TEXT], "title", "2 times"),
        ([field("title", "x" * 100_001), TEXT], "title", "longer than 100000 bytes"),
        ([field("html", "x" * 5_000_001)], "html", "5000000"),
        ([file("x" * 1_600_001)], "files", "1600000"),
        ([file(b"caf\xe9")], "files", "lesson.md is not UTF-8: byte 0xe9 at position 3"),
        ([file("")], "files", "is empty"),
        ([file("x"), file("y")], "files", "more than one file"),
        ([file("x"), TEXT], "files", "beside `text`"),
        ([file("x", of="text")], "text", "a file is sent as `files`"),
        ([field("files", "x"), TEXT], "files", "no filename"),
        ([], "text", "required"),
    ],
)
async def test_what_is_wrong_is_a_422_that_names_the_field(parts: list[bytes], name: str, said: str) -> None:
    problems = await blamed(*parts)
    assert said in problems[name], problems


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (form(TEXT), "multipart/form-data", "boundary"),
        (form(TEXT), "multipart/form-data; boundary=", "boundary"),
        (form(TEXT), f"multipart/form-data; boundary={'x' * 71}", "boundary"),
        (form(TEXT), "multipart/form-data; boundary=other", "boundary"),
        (b"", TYPE, "cut off"),
        (form(TEXT)[:-5], TYPE, "cut off"),
        (TEXT, TYPE, "cut off"),
        (form(*[field("title", "x")] * (MAX_PARTS + 1)), TYPE, str(MAX_PARTS)),
        (form(*[field(f"f{number}", "") for number in range(10_000)]), TYPE, str(MAX_PARTS)),
        (form(part("x", 'name="text"', "X-Large: " + "x" * 65_536)), TYPE, "no form"),
        (form(part("x", 'name="text"', *[f"X-{number}: x" for number in range(100)])), TYPE, "no form"),
        (form(part("x", "")), TYPE, "no name"),
        (form(part("x", 'name=""')), TYPE, "no name"),
        (
            form(TEXT.replace(b'"text"', b'"\xff"')),
            TYPE,
            "UTF-8",
        ),
        (form(part("eA==", 'name="text"', "Content-Transfer-Encoding: base64")), TYPE, "Content-Transfer-Encoding"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
async def test_a_body_that_is_no_form_is_a_400_that_says_why(body: bytes, content_type: str, said: str) -> None:
    answer = await post(body, content_type)
    assert (answer.status, answer.json()["code"]) == (400, "malformed_body"), answer.body
    assert said in answer.json()["detail"]


async def test_a_form_of_endless_size_is_a_413_as_soon_as_it_is_over() -> None:
    answer = await post([file("x", "a.pdf")[:-2], *[b"x" * 1_000_000] * 60])
    assert (answer.status, answer.receives) == (413, 32)


async def test_a_form_that_does_not_arrive_is_told_so() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", TYPE.encode())]}
    with pytest.raises(BodyTooSlow, match="0 bytes"):
        await read_form(Request(scope, receive), GenerateRequest, 100, pace=Pace(free_s=0.05))


@given(
    values=st.fixed_dictionaries(
        {"text": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)},
        optional={
            "zoom": st.floats(0.5, 10),
            "viewport_width": st.integers(320, 7680),
            "use_cache": st.booleans(),
            "outputs": st.lists(st.sampled_from(["images", "html", "pdf", "zip"]), min_size=1, max_size=4),
            "theme": st.sampled_from(["paper", "ink"]),
            "max_screenshots": st.integers(1, 500),
        },
    ),
    cut=st.integers(1, 200),
)
async def test_a_form_has_the_fingerprint_of_its_json_wherever_its_bytes_are_cut(
    values: dict[str, Any], cut: int
) -> None:
    parts = []
    for name, value in values.items():
        many = value if isinstance(value, list) else [value]
        parts += [field(name, each if isinstance(each, str) else json.dumps(each)) for each in many]
    body = form(*parts)
    answer = await post([body[at : at + cut] for at in range(0, len(body), cut)])
    assert answer.status == 200, answer.body
    as_form, as_json = (parse_model(GenerateRequest, each) for each in (answer.json(), values))
    assert fingerprint("/generate-sse", as_form) == fingerprint("/generate-sse", as_json)


PIECES = [
    *(b"--", BOUNDARY.encode(), b"\r\n", b"\n", b"\r", b"\r\n\r\n", b":", b";", b'"', b"=", b"\0", b"\xff", b"x" * 300),
    *(
        b"Content-Disposition: form-data",
        b'; name="text"',
        b'; filename="a.md"',
        b"; name=",
        b"Content-Type: text/html",
    ),
    *(TEXT, file("x"), file(b"\x89PNG", "a.png"), field("outputs", "pdf"), form()),
]


@pytest.mark.slow
@given(
    body=st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30).map(b"".join),
    boundary=st.sampled_from([BOUNDARY, f'"{BOUNDARY}"', "x", "-", "--", "'", '"a b"', "a;b", "é"]),
    cut=st.integers(1, 50),
)
@settings(max_examples=3 * settings.default.max_examples)
async def test_no_bytes_at_all_get_more_than_a_clear_answer(body: bytes, boundary: str, cut: int) -> None:
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)] or [b""]
    answer = await post(pieces, f"multipart/form-data; boundary={boundary}")
    assert answer.status in {200, 400, 422}, answer.body
    assert answer.status == 200 or answer.json()["detail"]


async def test_attachments_are_files_by_their_path() -> None:
    picture = bytes(range(256))
    parts = [file(picture, "img/नदी.png", "image/png", of="attachments"), file(b"", "empty.css", of="attachments")]
    data = await spelled(file("# Rivers"), *parts)
    assert data["text"] == "# Rivers"
    assert base64.b64decode(data["attachments"]["img/नदी.png"]) == picture
    assert data["attachments"]["empty.css"] == ""
    same = parse_model(GenerateRequest, {"text": "# Rivers", "attachments": data["attachments"]})
    assert bytes_of(same.attachments)["img/नदी.png"] == picture


async def test_nothing_is_dropped_behind_attachments_that_fill_the_room() -> None:
    full = file(bytes(MAX_BYTES), "a.png", of="attachments")
    answer = await post(form(TEXT, full, file("x" * 9, "b.png", of="attachments")))
    assert answer.status == 422
    assert "more than 20 MB" in answer.json()["errors"][0]["problem"]


async def test_an_attachment_that_cannot_be_taken_is_named() -> None:
    answers = {
        "path that does not lead": [file("x", "../a.png", of="attachments")],
        "was sent twice": [file("x", "a.png", of="attachments")] * 2,
        "is no file": [field("attachments", "x")],
        "more than 20 MB": [file(bytes(12_000_000), f"{number}.png", of="attachments") for number in range(2)],
    }
    for words, parts in answers.items():
        answer = await post(form(TEXT, *parts))
        assert answer.status == 422, words
        (error,) = answer.json()["errors"]
        assert error["field"] == "attachments"
        assert words in error["problem"]
        assert "as filename" in error["valid"]


async def test_a_hundred_attachments_are_taken() -> None:
    many = [file("x", f"{number}.png", of="attachments") for number in range(MAX_FILES)]
    assert len((await spelled(TEXT, *many))["attachments"]) == MAX_FILES
