"""Documents that mean harm, sent to the real server: each ends in time with its code, and a run beside it goes on."""

from __future__ import annotations

import base64
import io
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache

import httpx
import pytest
from PIL import Image

from tests.support.hostile import entities, laughs
from tests.support.limits import HANG_S
from tests.support.runs import Event, chapter, run_to_end
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PAGE_TIMEOUT_S = 10  # of those that end before it: they need 2 s on a quiet machine
SHORT_TIMEOUT_S = 4  # of those that may end in it, which compute until then


def picture(side: int) -> str:
    """That many pixels each way in few bytes."""
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@cache
def huge() -> str:
    return picture(16_000)


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


COMPLETE = ("complete",)
SLOW = ("render_timeout", "complete")  # as fast as the machine is
TOO_LARGE = ("document_too_large",)
# Made when asked for: making them all takes 6 s, and whoever collects tests imports this module.
ROWS: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "huge picture": (lambda: f"<p>x<img src='{huge()}'>", TOO_LARGE),
    "huge background": (lambda: f"<p style='background:url({huge()})'>x", TOO_LARGE),
    "huge picture in a mask": (lambda: f"<style>p{{mask:url({huge()})}}</style><p>x", TOO_LARGE),
    "huge picture in an SVG": (lambda: f"<p>x<svg><image href='{huge()}' /></svg>", TOO_LARGE),
    "huge picture in a frame": (lambda: f"<p>x<iframe srcdoc='<img src={huge()}>'></iframe>", TOO_LARGE),
    "huge picture only a browser can read": (
        lambda: f"<style>p{{background:url(\\64 ata{huge()[4:]})}}</style><p>x", TOO_LARGE),
    "zip bomb": (lambda: f"<p>x<img src='{picture(30_000)}'>", TOO_LARGE),
    "million nodes": (lambda: "<p>x" + "<i></i>" * 700_000, TOO_LARGE),
    "100 000 levels": (lambda: "<div>" * 100_000 + "x", (*SLOW, "document_too_large", "browser_crashed")),
    "one text of 5 MB": (lambda: "<p>" + "word " * 990_000, SLOW),
    "one word of 5 MB": (lambda: "<p>" + "w" * 4_900_000, SLOW),
    "100 000 selectors": (
        lambda: "<style>" + "".join(f".a{n} .b{n}>i~i{{color:red}}" for n in range(100_000)) + "</style><p>x"
        + "<i>y</i>" * 2_000, SLOW),
    "million pixels high": (lambda: "<p>x<div style='height:1000001px'></div>", TOO_LARGE),
    "500 000 px high": (lambda: "<p>x<div style='height:500000px'></div>", COMPLETE),
    "billion laughs": (laughs, ("render_timeout",)),
    "billion laughs by entities": (entities, COMPLETE),
    "loop": (lambda: "<p>x<script>for (;;);</script>", COMPLETE),
    "allocates": (lambda: "<p>x<script>const a = []; for (;;) a.push(new Array(1e6).fill(1))</script>", COMPLETE),
    "opens windows": (lambda: "<p>x<script>for (;;) window.open()</script>", COMPLETE),
    "alerts": (lambda: "<p>x<script>for (;;) alert(1)</script>", COMPLETE),
    "leads away": (lambda: "<meta http-equiv=refresh content='0;url=about:blank'><p>x", ("render_timeout",)),
    "leads to another host": (
        lambda: "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><p>x", COMPLETE),
    "font that never arrives": (
        lambda: "<style>@font-face{font-family:F;src:url(http://127.0.0.1:9/f)}p{font-family:F}</style><p>x", COMPLETE),
    "never finishes loading": (
        lambda: "<p>x<img src=http://127.0.0.1:9/p><link rel=stylesheet href=http://10.0.0.1/s>", COMPLETE),
    "font bomb": (font_bomb, COMPLETE),
    "blur": (lambda: "<p style='filter:blur(10000px)'>x", ("empty_document",)),  # nothing can be seen
    "shadow": (lambda: "<p style='box-shadow:0 0 9999px 9999px red'>x", COMPLETE),
    "500 shadows": (
        lambda: "<p style='box-shadow:" + ",".join(f"{n}px 0 999px red" for n in range(500)) + "'>x", SLOW),
    "animation without end": (
        lambda: "<style>@keyframes k{to{transform:rotate(1turn)}}p{animation:k .1s infinite}</style>" + "<p>x" * 20,
        COMPLETE),
    "marquee": (lambda: "<marquee scrollamount=999>x</marquee>" * 100, COMPLETE),
    "colspan": (
        lambda: "<table><tr><td colspan=1000>x" + "<tr><td rowspan=65534 colspan=1000>y" * 50 + "</table>", SLOW),
    "3 000 frames": (lambda: f"<p>x<img src='{moving(3_000)}'>", COMPLETE),
    "layers": (
        lambda: "<p>x" + "<div style='will-change:transform;position:absolute;top:0;width:30000px;height:30000px;"
        "background:linear-gradient(red,blue)'></div>" * 200, (*SLOW, "document_too_large")),
}  # fmt: skip


def server_with(tmp_path_factory: pytest.TempPathFactory, timeout_s: int) -> AbstractContextManager[Server]:
    return start_server(tmp_path_factory.mktemp("hostile") / "data", PRESSRUN_PAGE_TIMEOUT_S=str(timeout_s))


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server_with(tmp_path_factory, PAGE_TIMEOUT_S) as server:
        yield server


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server_with(tmp_path_factory, SHORT_TIMEOUT_S) as server:
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest, kind: str) -> Server:
    _, expected = ROWS[kind]
    found: Server = request.getfixturevalue("impatient" if "render_timeout" in expected else "patient")
    return found


def neighbour(server: Server, ends: list[Event]) -> None:
    """An ordinary run in another lane; pictures that were never taken before."""
    begun_at = time.monotonic()
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        ends.append(run_to_end(http, text=chapter(2, f"beside {begun_at}"), lane="beside", image_format="jpeg")[-1])


@pytest.mark.promise("hostile")
@pytest.mark.parametrize("kind", list(ROWS))
def test_a_document_that_means_harm_ends_in_time_with_its_code_and_costs_others_nothing(
    server: Server, http: httpx.Client, kind: str
) -> None:
    made, expected = ROWS[kind]
    html = made()
    ends: list[Event] = []
    beside = threading.Thread(target=neighbour, args=(server, ends))
    beside.start()
    begun_at = time.monotonic()
    logged = len(server.log)
    http.timeout = httpx.Timeout(HANG_S)
    end = run_to_end(http, html=f"<!doctype html><title>{kind}</title>{html}", max_screenshots=2, image_format="jpeg")[
        -1
    ]
    assert time.monotonic() - begun_at < HANG_S
    beside.join(HANG_S)
    outcome = end.get("code", end["type"])
    assert outcome in expected, end
    assert [each["type"] for each in ends] == ["complete"], ends
    if outcome == "document_too_large":
        assert "PRESSRUN_PAGE_MAX_" in end["message"]
    if end["type"] == "error":
        why = [line for line in server.log[logged:].splitlines() if '"event": "stage failed"' in line]
        assert [end["operation_id"] in line and outcome in line for line in why] == [True], why
    assert "Traceback" not in server.log[logged:]
    assert http.get("/runs/current").status_code == 204
