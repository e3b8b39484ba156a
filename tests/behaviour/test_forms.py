"""A form does what its JSON does, over the real server."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.runs import check_events, events_of
from tests.support.server import Server
from tests.support.web_pictures import picture

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.promise("forms")]

OURS = {"X-Pressrun": "1"}
MAP = picture()
MAP_BASE64 = base64.b64encode(MAP).decode()


def test_a_form_starts_the_run_that_its_json_would(http: httpx.Client) -> None:
    fields = {"text": "# A form\r\n\r\nwith lines", "zoom": "2", "outputs": "images,html", "use_cache": "true"}
    body = {"text": "# A form\n\nwith lines", "zoom": 2, "outputs": ["images", "html"]}
    with http.stream("POST", "/generate-sse", files=_parts(fields), headers=OURS) as answer:
        assert answer.status_code == 200, answer.read()
        # while the run goes on, however long that takes; only the same request joins
        same = http.post("/generate-sse", json={**body, "on_duplicate": "join"}, headers={"Prefer": "respond-async"})
        events = list(events_of(answer))
    check_events(events)
    assert same.is_success, same.text
    assert same.json()["operation_id"] == events[0]["operation_id"]


def test_curl_sends_a_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "lesson.md").write_text("# Rivers नदी\n\nsent as a file", encoding="utf-8")
    command = ["curl", "-sSN", "--max-time", "60", "-H", "X-Pressrun: 1", "-F", "files=@lesson.md", "-F", "theme=ink"]
    command.append(f"{server.url}/generate-sse")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "event: complete" in done.stdout
    assert "Rivers नदी" in done.stdout


def test_what_a_file_names_is_sent_with_it_and_kept_with_its_run(server: Server, http: httpx.Client) -> None:
    files = [
        ("files", ("lesson.md", b"# Rivers\n\n![The map](img/map.png)", "text/markdown")),
        ("attachments", ("img/map.png", MAP, "image/png")),
    ]
    fields = {"outputs": "html"}
    with http.stream("POST", "/generate-sse", files=files, data=fields, headers=OURS) as answer:
        assert answer.status_code == 200, answer.read()
        events = list(events_of(answer))
    check_events(events)
    assert not [event for event in events if event["type"] == "warning"]
    run = events[0]["operation_id"]
    document = http.get(f"/runs/{run}/files/document.html").text
    assert f"data:image/png;base64,{MAP_BASE64}" in document
    manifest = json.loads((server.data_dir / "batches" / events[-1]["folder"] / "manifest.json").read_text())
    assert manifest["spec"]["attachments"] == {
        "img/map.png": {"size_bytes": len(MAP), "sha256": hashlib.sha256(MAP).hexdigest()}
    }
    spec = http.get(f"/runs/{run}/spec").json()  # sent again, it is the same request
    assert spec["attachments"] == {"img/map.png": MAP_BASE64}
    wanted = {**spec, "on_duplicate": "join"}
    assert http.post("/generate-sse", json=wanted, headers={"Prefer": "respond-async"}).json()["operation_id"] == run


def test_explain_takes_a_form_too(http: httpx.Client) -> None:
    told = http.post("/admission/explain", files=_parts({"text": "explained", "zoom": "3"}), headers=OURS).json()
    assert told["canonical"]["zoom"] == 3
    as_json = http.post("/admission/explain", json={"text": "explained", "zoom": 3}).json()
    assert told["fingerprint"] == as_json["fingerprint"]


def test_a_form_of_a_page_from_elsewhere_is_no_way_in(http: httpx.Client) -> None:
    for headers in ({}, {"X-Pressrun": "0"}, {**OURS, "Origin": "http://evil.example"}):
        answer = http.post("/generate-sse", files=_parts({"text": "x"}), headers=headers)
        assert answer.status_code in {403, 415}, answer.text
    assert http.post("/cancel/nobody", files=_parts({"attempt": "1"}), headers=OURS).status_code == 415


def test_a_pdf_is_refused_by_name_and_the_server_stays(http: httpx.Client) -> None:
    files = {"files": ("scan.pdf", b"%PDF-1.7" + b"\xff" * 20_000_000, "application/pdf")}
    answer = http.post("/generate-sse", files=files, headers=OURS)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "files"
    assert http.get("/runs/current").status_code == 204


def _parts(fields: dict[str, str]) -> dict[str, tuple[None, str]]:
    """As a form of plain fields: httpx makes multipart of `files` only."""
    return {name: (None, value) for name, value in fields.items()}
