"""POST /preview of the real server: what a run would show, and no trace of one."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import httpx
import pytest

from pressrun.api.gate.tokens import new_token
from tests.support.limits import HANG_S
from tests.support.runs import cancel, chapter, starting, wait_until
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

SMALL = {"viewport_width": 640, "viewport_height": 360, "zoom": 0.7}


def counted(http: httpx.Client, outcome: str) -> float:
    found = re.search(rf'pressrun_previews_total{{outcome="{outcome}"}} ([\d.]+)', http.get("/metrics").text)
    assert found
    return float(found[1])


@pytest.mark.promise("preview")
def test_a_preview_starts_nothing_and_is_had_while_a_run_holds_the_lane(server: Server, http: httpx.Client) -> None:
    before = counted(http, "kept")
    with starting(http, text=chapter(40, "in the way"), **SMALL) as (_, events):
        running = next(events)["operation_id"]
        files = set((server.data_dir / "batches").rglob("*"))
        answer = http.post("/preview", json={"text": chapter(3, "soon"), "outputs": ["images", "pdf"], **SMALL})
        assert answer.status_code == 200, answer.text
        cancel(http, running)
        assert set((server.data_dir / "batches").rglob("*")) == files
    told = answer.json()
    assert {"Part 1 soon", "Part 3 soon"} <= {slide["title"] for slide in told["slides"]}
    assert (told["composed"], told["slide_count"], told["truncated"]) == (True, len(told["slides"]), False)
    assert told["coverage"]["share"] == 1
    assert (told["estimated_total_s"], told["estimated_total_p75_s"]) == (None, None)
    assert told["html"].partition("<body")[2].count('<section class="slide"') == told["slide_count"]
    assert [run["operation_id"] for run in http.get("/runs").json()["runs"]] == [running]
    kept = http.post("/preview", json={"text": chapter(3, "soon"), "image_format": "jpeg", **SMALL})
    assert kept.json() == told
    assert counted(http, "kept") == before + 1


@pytest.mark.promise("preview")
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "text"),
        ({"text": "x", "zoom": 11}, 422, "zoom"),
        ({"text": "x", "nonsense": 1}, 422, "nonsense"),
        ({"text": "a bell \u0007"}, 422, "text"),
        ({"text": "x", "priority": 101}, 422, "priority"),
        ({"html": "<!-- nothing -->"}, 422, None),
    ],
)
def test_what_admission_refuses_is_refused_alike(
    http: httpx.Client, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = http.post("/preview", json={**SMALL, **body})
    assert answer.status_code == status, answer.text
    if field is None:
        assert answer.json()["code"] == "empty_document"
    else:
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        admission = http.post("/admission/explain", json={**SMALL, **body})
        assert admission.json()["errors"] == answer.json()["errors"]


def test_a_page_from_elsewhere_has_no_preview_and_the_frame_holds_nothing(http: httpx.Client) -> None:
    body = {"text": "x", **SMALL}
    assert http.post("/preview", json=body, headers={"Origin": "https://example.org"}).status_code == 403
    assert http.post("/preview", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert http.get("/preview").status_code == 405
    frame = http.get("/preview/frame")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; script-src 'sha256-")
    assert "frame-ancestors 'self'" in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"


def test_with_tokens_a_preview_wants_one_that_may_run_and_the_frame_none(tmp_path: Path) -> None:
    token, line = new_token("kim")
    reader, read_line = new_token("lee", scopes=("read",))
    with (
        start_server(tmp_path / "data", PRESSRUN_TOKENS=f"{line},{read_line}") as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        body = {"text": "# Mine", **SMALL}
        assert http.post("/preview", json=body).status_code == 401
        assert http.post("/preview", json=body, headers={"Authorization": f"Bearer {reader}"}).status_code == 403
        told = http.post("/preview", json=body, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
        assert told.json()["title"] == "Mine"
        assert http.get("/preview/frame").status_code == 200


def test_a_client_that_goes_takes_its_preview_with_it(server: Server, http: httpx.Client) -> None:
    before = counted(http, "left")
    text = "\n\n".join(f"## {number}\n\n" + "one two three four " * 60 for number in range(300))
    body = json.dumps({"text": text, "max_screenshots": 500, **SMALL}).encode()
    head = f"POST /preview HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        time.sleep(0.2)  # it is being composed: nothing of 340 000 letters is ready by then
    soon = http.post("/preview", json={"text": "# Next", **SMALL})
    assert soon.status_code == 200, soon.text
    wait_until(lambda: counted(http, "left") == before + 1)
