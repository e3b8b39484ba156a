"""Bad input: its status, a message that names field and valid range; the server stays up and the slot is free."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.runs import run_to_end
from tests.support.server import Server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def still_up_and_free(server: Server, http: httpx.Client) -> Iterator[None]:
    yield
    assert http.get("/livez").is_success
    assert http.get("/runs/current").status_code == 204


@pytest.mark.promise("bad-input")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"text": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"text": "x", "zoom": 1e999}', 400),
    ],
)
def test_a_body_that_is_no_json_object_is_a_400(http: httpx.Client, body: bytes, status: int) -> None:
    answer = http.post("/generate-sse", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, "malformed_body")


@pytest.mark.parametrize(
    ("fields", "field", "valid"),
    [
        ({}, "text", "text"),
        ({"text": ""}, "text", ""),
        ({"text": "  \n "}, "text", ""),
        ({"text": "x", "html": "<p>y"}, "html", ""),
        ({"text": 5}, "text", "string"),
        ({"text": "x" * 400_001}, "text", "400000"),
        ({"text": "nul \0 here"}, "text", ""),
        ({"text": "x", "title": "two\nlines"}, "title", ""),
        ({"text": "x", "zoom": 0.4}, "zoom", "0.5"),
        ({"text": "x", "zoom": "2"}, "zoom", "number"),
        ({"text": "x", "viewport_width": 319}, "viewport_width", "320"),
        ({"text": "x", "viewport_width": 7681}, "viewport_width", "7680"),
        ({"text": "x", "viewport_height": 100.5}, "viewport_height", "4320"),
        ({"text": "x", "overlap": 300}, "overlap", ""),
        ({"text": "x", "max_screenshots": 501}, "max_screenshots", "500"),
        ({"text": "x", "image_format": "gif"}, "image_format", "webp"),
        ({"text": "x", "outputs": ["images", "docx"]}, "outputs.1", "pdf"),
        ({"text": "x", "outputs": []}, "outputs", "1"),
        ({"text": "x", "lane": "UPPER"}, "lane", ""),
        ({"text": "x", "on_busy": "shout"}, "on_busy", "queue"),
        ({"text": "x", "priority": 101}, "priority", "100"),
        ({"text": "x", "zooom": 2}, "zooom", "zoom"),
        ({"text": "x", "enable_verification": "yes"}, "enable_verification", "true"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it_and_what_is_valid(
    http: httpx.Client, fields: dict[str, Any], field: str, valid: str
) -> None:
    answer = http.post("/generate-sse", json=fields)
    assert answer.status_code == 422, answer.text
    named = {error["field"]: error for error in answer.json()["errors"]}
    assert field in named, named
    assert valid in named[field]["valid"] + named[field]["problem"]


@pytest.mark.parametrize("path", ["/runs?lane=%00", "/runs?q=a%00b", "/runs/current?lane=%00"])
def test_a_nul_in_a_query_is_a_422_and_never_reaches_the_database(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    (error,) = answer.json()["errors"]  # Postgres would break off
    assert (answer.status_code, error["field"] in path, error["valid"][:6]) == (422, True, "string"), error


def test_a_lone_surrogate_is_a_422_that_names_its_field(http: httpx.Client) -> None:
    answer = http.post("/generate-sse", content=rb'{"text": "broken \ud800 pair"}', headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "text"


def test_a_body_of_50_mb_is_a_413(http: httpx.Client) -> None:
    answer = http.post("/generate-sse", content=b"x" * 50_000_000, headers=JSON)
    assert answer.status_code == 413


def test_a_body_of_50_mb_in_chunks_is_a_413_as_soon_as_the_limit_is_passed(http: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(50):
            yield b"x" * 1_000_000

    with contextlib.suppress(httpx.WriteError):  # the server may close before all was sent: that is the point
        assert http.post("/generate-sse", content=chunks(), headers=JSON).status_code == 413


def test_another_media_type_is_a_415(http: httpx.Client) -> None:
    answer = http.post(
        "/generate-sse", content=b"text=x", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", '""', "a b", "k" * 256, '"unfinished'])
def test_a_malformed_idempotency_key_is_a_400(http: httpx.Client, key: str) -> None:
    answer = http.post("/generate-sse", json={"text": "x"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_header")


@pytest.mark.parametrize("cursor", ["-1", "x", "999", "9" * 50, "1.0"])
def test_a_cursor_that_is_none_is_a_400(http: httpx.Client, cursor: str) -> None:
    name = run_to_end(http, text=f"cursor {cursor}")[-1]["operation_id"]
    answer = http.get(f"/runs/{name}/events", headers={"Last-Event-ID": cursor})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("name", ["nope", "..%2f..%2fetc%2fpasswd", "01a1fd3b-994a-7000-bf32-72d32e1fed4e", "%00"])
def test_an_unknown_run_is_a_404_and_no_path(http: httpx.Client, name: str) -> None:
    assert http.get(f"/runs/{name}").status_code in (400, 404)
    assert http.get(f"/runs/{name}/events").status_code in (400, 404)
    assert http.post(f"/runs/{name}/cancel").status_code in (400, 404, 405)


def test_files_come_by_their_name_in_the_manifest_and_no_other(http: httpx.Client) -> None:
    end = run_to_end(http, text="names")[-1]
    base = f"/runs/{end['operation_id']}/files"
    assert http.get(f"{base}/slides/0001.png").is_success
    for name in (
        "slides",
        "slides/",
        "slides//0001.png",
        "%2e/slides/0001.png",  # a plain `./` is taken out by httpx itself
        "slides/..%2f..%2f..%2fpressrun.sqlite",
        "%2e%2e/pressrun.sqlite",
        "slides/0002.png",
        "SLIDES/0001.PNG",
    ):
        answer = http.get(f"{base}/{name}")
        assert answer.status_code in (400, 404), name


def test_a_document_of_500_000_px_is_truncated_and_says_so(http: httpx.Client) -> None:
    html = "<title>tall</title><body style='margin:0'>" + "<p style='margin:0;height:100px'>line</p>" * 5000
    events = run_to_end(http, html=html, max_screenshots=3, viewport_width=640, viewport_height=480, zoom=1)
    assert events[-1]["type"] == "complete", events[-1]
    assert (events[-1]["truncated"], events[-1]["screenshot_count"]) == (True, 3)
    assert [event["code"] for event in events if event["type"] == "warning"] == ["truncated", "content_missing"]


@pytest.mark.parametrize(
    "html",
    [
        "<script>while(true){}</script><p>still here</p>",
        "<script>for(;;)document.write('x')</script><p>still here</p>",
        "<meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'><p>still here</p>",
        "<iframe src=http://127.0.0.1:1/></iframe><img src=http://127.0.0.1:1/><p>still here</p>",
    ],
)
def test_hostile_html_is_shown_without_its_scripts(http: httpx.Client, html: str) -> None:
    events = run_to_end(http, html=html)
    assert events[-1]["type"] == "complete", events[-1]


@pytest.mark.parametrize(
    "html", ["<p></p>", "<div style='display:none'>x</div>", "<!-- nothing -->", "<script>1</script>"]
)
def test_a_document_that_shows_nothing_is_an_error_event(http: httpx.Client, html: str) -> None:
    end = run_to_end(http, html=html)[-1]
    assert (end["type"], end["code"]) == ("error", "empty_document")


def test_text_that_takes_for_ever_to_parse_is_an_error_event_or_done_in_time(http: httpx.Client) -> None:
    end = run_to_end(http, text="[" * 400_000, max_screenshots=1)[-1]
    assert end["type"] == "complete" or end["code"] == "source_too_complex", end


@pytest.mark.promise("sealed")
def test_a_page_under_capture_reaches_nothing(http: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}"
        html = (
            f"<link rel=stylesheet href={there}/c><link rel=preconnect href={there}><link rel=prefetch href={there}/p>"
            f"<style>@import '{there}/i';@font-face{{font-family:f;src:url({there}/f)}}p{{font-family:f}}</style>"
            f"<img src={there}/img><iframe src={there}/frame></iframe><object data={there}/o></object>"
            f"<video src={there}/v autoplay></video><script src={there}/s></script>"
            f"<meta http-equiv=refresh content='0;url={there}/r'><p>text</p>"
        )
        events = run_to_end(http, html=html)
        assert events[-1]["type"] == "complete", events[-1]
        with pytest.raises(BlockingIOError):
            listener.accept()
