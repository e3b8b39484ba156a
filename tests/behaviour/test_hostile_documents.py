"""Documents that mean harm, sent to the real server: each ends in time with its code, and a run beside it goes on."""

from __future__ import annotations

import base64
import io
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.support.hostile import entities, laughs
from tests.support.runs import Event, chapter, run_to_end
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PAGE_TIMEOUT_S = 6
LIMIT_S = 40  # composing, loading, capturing and cleaning up, on a machine with something else to do
NEIGHBOUR_S = 25  # three slides, for which it is the same


def picture(side: int) -> str:
    """That many pixels each way in few bytes."""
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def moving(frames: int) -> str:
    """A GIF of that many frames."""
    images = [Image.new("P", (400, 400), n % 200) for n in range(frames)]
    buffer = io.BytesIO()
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=10, loop=0)
    return "data:image/gif;base64," + base64.b64encode(buffer.getvalue()).decode()


def font_bomb() -> str:
    """A WOFF of 100 KB whose table unfolds to 100 MB."""
    size = 100_000_000
    packed = zlib.compress(bytes(size), 9)
    head = struct.pack(">4sIIHHIHHIIIII", b"wOFF", 0x10000, 64 + len(packed), 1, 0, size + 28, 1, 0, 0, 0, 0, 0, 0)
    woff = head + struct.pack(">4sIIII", b"glyf", 64, len(packed), size, 0) + packed
    uri = "data:font/woff;base64," + base64.b64encode(woff).decode()
    return f"<style>@font-face{{font-family:F;src:url({uri})}}p{{font-family:F}}</style><p>x"


HUGE = picture(16_000)
COMPLETE = ("complete",)
SLOW = ("render_timeout", "complete")  # as fast as the machine is
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "huge picture": (f"<p>x<img src='{HUGE}'>", ("document_too_large",)),
    "huge background": (f"<p style='background:url({HUGE})'>x", ("document_too_large",)),
    "huge picture in a mask": (f"<style>p{{mask:url({HUGE})}}</style><p>x", ("document_too_large",)),
    "huge picture in an SVG": (f"<p>x<svg><image href='{HUGE}' /></svg>", ("document_too_large",)),
    "huge picture in a frame": (f"<p>x<iframe srcdoc='<img src={HUGE}>'></iframe>", ("document_too_large",)),
    "huge picture only a browser can read": (
        f"<style>p{{background:url(\\64 ata{HUGE[4:]})}}</style><p>x", ("document_too_large",)),
    "zip bomb": (f"<p>x<img src='{picture(30_000)}'>", ("document_too_large",)),
    "million nodes": ("<p>x" + "<i></i>" * 700_000, ("document_too_large",)),
    "100 000 levels": ("<div>" * 100_000 + "x", (*SLOW, "document_too_large", "browser_crashed")),
    "one text of 5 MB": ("<p>" + "word " * 990_000, SLOW),
    "one word of 5 MB": ("<p>" + "w" * 4_900_000, SLOW),
    "100 000 selectors": (
        "<style>" + "".join(f".a{n} .b{n}>i~i{{color:red}}" for n in range(100_000)) + "</style><p>x"
        + "<i>y</i>" * 2_000, SLOW),
    "million pixels high": ("<p>x<div style='height:1000001px'></div>", ("document_too_large",)),
    "500 000 px high": ("<p>x<div style='height:500000px'></div>", COMPLETE),
    "billion laughs": (laughs(), ("render_timeout",)),
    "billion laughs by entities": (entities(), COMPLETE),
    "loop": ("<p>x<script>for (;;);</script>", COMPLETE),
    "allocates": ("<p>x<script>const a = []; for (;;) a.push(new Array(1e6).fill(1))</script>", COMPLETE),
    "opens windows": ("<p>x<script>for (;;) window.open()</script>", COMPLETE),
    "alerts": ("<p>x<script>for (;;) alert(1)</script>", COMPLETE),
    "leads away": ("<meta http-equiv=refresh content='0;url=about:blank'><p>x", ("render_timeout",)),
    "leads to another host": ("<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><p>x", COMPLETE),
    "font that never arrives": (
        "<style>@font-face{font-family:F;src:url(http://127.0.0.1:9/f)}p{font-family:F}</style><p>x", COMPLETE),
    "never finishes loading": (
        "<p>x<img src=http://127.0.0.1:9/p><link rel=stylesheet href=http://10.0.0.1/s>", COMPLETE),
    "font bomb": (font_bomb(), COMPLETE),
    "blur": ("<p style='filter:blur(10000px)'>x", COMPLETE),
    "shadow": ("<p style='box-shadow:0 0 9999px 9999px red'>x", COMPLETE),
    "500 shadows": ("<p style='box-shadow:" + ",".join(f"{n}px 0 999px red" for n in range(500)) + "'>x", SLOW),
    "animation without end": (
        "<style>@keyframes k{to{transform:rotate(1turn)}}p{animation:k .1s infinite}</style>" + "<p>x" * 20, COMPLETE),
    "marquee": ("<marquee scrollamount=999>x</marquee>" * 100, COMPLETE),
    "colspan": ("<table><tr><td colspan=1000>x" + "<tr><td rowspan=65534 colspan=1000>y" * 50 + "</table>", SLOW),
    "3 000 frames": (f"<p>x<img src='{moving(3_000)}'>", COMPLETE),
    "layers": ("<p>x" + "<div style='will-change:transform;position:absolute;top:0;width:30000px;height:30000px;"
               "background:linear-gradient(red,blue)'></div>" * 200, (*SLOW, "document_too_large")),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("hostile") / "data"
    with start_server(folder, PRESSRUN_PAGE_TIMEOUT_S=str(PAGE_TIMEOUT_S)) as server:
        yield server


def neighbour(server: Server, ends: list[Event], took_s: list[float]) -> None:
    """An ordinary run in another lane; pictures that were never taken before."""
    begun_at = time.monotonic()
    with httpx.Client(base_url=server.url, timeout=LIMIT_S) as http:
        text = chapter(3, f"beside {begun_at}")
        ends.append(run_to_end(http, text=text, lane="beside", image_format="jpeg", viewport_width=640)[-1])
    took_s.append(time.monotonic() - begun_at)


@pytest.mark.promise("hostile")
@pytest.mark.parametrize("kind", list(ROWS))
def test_a_document_that_means_harm_ends_in_time_with_its_code_and_costs_others_nothing(
    server: Server, http: httpx.Client, kind: str
) -> None:
    html, expected = ROWS[kind]
    ends: list[Event] = []
    took_s: list[float] = []
    beside = threading.Thread(target=neighbour, args=(server, ends, took_s))
    beside.start()
    begun_at = time.monotonic()
    logged = len(server.log)
    http.timeout = httpx.Timeout(LIMIT_S)
    end = run_to_end(http, html=f"<!doctype html><title>{kind}</title>{html}", max_screenshots=2, image_format="jpeg")[
        -1
    ]
    assert time.monotonic() - begun_at < LIMIT_S
    beside.join(LIMIT_S)
    outcome = end.get("code", end["type"])
    assert outcome in expected, end
    assert [each["type"] for each in ends] == ["complete"], ends
    assert took_s[0] < NEIGHBOUR_S
    if outcome == "document_too_large":
        assert "PRESSRUN_PAGE_MAX_" in end["message"]
    if end["type"] == "error":
        why = [line for line in server.log[logged:].splitlines() if '"event": "stage failed"' in line]
        assert [end["operation_id"] in line and outcome in line for line in why] == [True], why
    assert "Traceback" not in server.log[logged:]
    assert http.get("/runs/current").status_code == 204
