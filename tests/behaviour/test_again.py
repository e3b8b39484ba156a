"""Retry, rerender, pause, history: the real server, the real Chromium, and an AI on loopback that counts its calls."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.ai_server import BROKEN, MODEL, NORMAL, AiServer, ai_server
from tests.support.limits import HANG_S
from tests.support.releases import become_older, workflows
from tests.support.runs import (
    Event,
    chapter,
    check_events,
    check_folder,
    follow,
    run_to_end,
    starting,
    wait_for_status,
    wait_until,
)
from tests.support.server import Server, cold, start_server

pytestmark = pytest.mark.slow
ASYNC = {"Prefer": "respond-async"}
SMALL = {"viewport_width": 640, "viewport_height": 360}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[AiServer]:
    with ai_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def server(endpoint: AiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PRESSRUN_AI_BASE_URL": endpoint.url, "PRESSRUN_AI_MODEL": MODEL, "PRESSRUN_RUN_DEDUP_WINDOW_S": "0"}
    with start_server(tmp_path_factory.mktemp("again") / "data", **settings) as server:
        yield server


def cancelled_at_slide(http: httpx.Client, index: int, **body: object) -> list[Event]:
    """What is told of a run that is cancelled as soon as that slide is out."""
    told: list[Event] = []
    with starting(http, **body) as (response, events):
        assert response.status_code == 200, response.text
        for event in events:
            told.append(event)
            if event["type"] == "screenshot" and event["index"] == index:
                http.post(f"/runs/{event['operation_id']}/cancel").raise_for_status()
    assert told[-1]["type"] == "cancelled"
    return told


@pytest.mark.chromium
@pytest.mark.promise("retry")
def test_a_cancelled_run_goes_on_without_asking_the_ai_or_capturing_a_slide_again(
    server: Server, http: httpx.Client, endpoint: AiServer
) -> None:
    body = {"text": chapter(20, "retry"), "composer": "ai", "use_cache": False, "enable_verification": False, **SMALL}
    before = len(endpoint.requests)
    seen = cancelled_at_slide(http, 5, **body)
    paid = len(endpoint.requests) - before
    assert paid >= 1
    operation_id = seen[0]["operation_id"]
    told = [event["filename"] for event in seen if event["type"] == "screenshot"]
    assert {"document.html", *told} <= set(seen[-1]["kept"])
    staged = {path.name: path.stat().st_mtime_ns for path in server.data_dir.glob(f"staging/{operation_id}.*/slides/*")}
    answer = http.post(f"/runs/{operation_id}/retry")
    assert (answer.status_code, answer.json()["attempt"]) == (202, 2)
    rest = follow(http, operation_id, after=len(seen))  # a reader at the old end goes on behind it
    assert (rest[0]["type"], rest[0]["attempt"], rest[0]["resumed_from"]) == ("started", 2, "render")
    story = follow(http, operation_id)
    check_events(story)
    assert story[len(seen) :] == rest
    folder = Path(story[-1]["folder"])
    check_folder(folder)
    for name in told:
        path = folder / name
        assert path.stat().st_mtime_ns == staged[path.name], "captured again"
    assert len(endpoint.requests) - before == paid, "the AI was asked again"
    assert http.post(f"/runs/{operation_id}/retry").json()["code"] == "run_ended"


def test_a_failed_run_is_retried_once_its_reason_is_gone(http: httpx.Client, endpoint: AiServer) -> None:
    endpoint.then(BROKEN)
    try:
        failed = run_to_end(http, text="# Broken", composer="ai", use_cache=False, outputs=["html"])
    finally:
        endpoint.then(NORMAL)
    assert failed[-1]["type"] == "error"
    operation_id = failed[0]["operation_id"]
    shown = http.get(f"/runs/{operation_id}").json()
    assert (shown["status"], shown["attempts"][0]["ended"]) == ("error", "error")
    http.post(f"/runs/{operation_id}/retry").raise_for_status()
    run = wait_for_status(http, operation_id, "complete")
    assert (run["error"], run["retries"], [attempt["ended"] for attempt in run["attempts"]]) == (
        None,
        1,
        ["error", "complete"],
    )
    check_events(follow(http, operation_id))


@pytest.mark.chromium
@pytest.mark.promise("rerender")
def test_a_rerender_shows_the_saved_document_of_an_ai_run_anew_without_the_ai(
    http: httpx.Client, endpoint: AiServer
) -> None:
    done = run_to_end(http, text=chapter(3, "anew"), composer="ai", use_cache=False, **SMALL)[-1]
    paid, original = len(endpoint.requests), done["operation_id"]
    with http.stream("POST", f"/runs/{original}/rerender", json={"zoom": 4, "image_format": "jpeg"}) as response:
        assert response.status_code == 200
        rerendered = wait_for_status(http, response.headers["Location"].split("/")[2], "complete")
    assert rerendered["rerender_of"] == original
    assert rerendered["fingerprint"] != http.get(f"/runs/{original}").json()["fingerprint"]
    names = rerendered["result"]["screenshot_files"]
    assert len(names) > done["screenshot_count"]
    assert all(name.endswith(".jpg") for name in names)
    documents = [http.get(f"/runs/{name}/files/document.html").text for name in (original, rerendered["operation_id"])]
    assert documents[0] == documents[1]
    check_folder(Path(rerendered["result"]["folder"]))
    spec = http.get(f"/runs/{rerendered['operation_id']}/spec").json()
    assert (spec["zoom"], spec["viewport_width"], spec["text"]) == (4, 640, None)
    assert len(endpoint.requests) == paid, "the AI was asked"


def test_a_rerender_of_what_cannot_be_shown_is_refused(http: httpx.Client, endpoint: AiServer) -> None:
    endpoint.then(BROKEN)
    failed = run_to_end(http, text="# Never made", composer="ai", use_cache=False, outputs=["html"])[-1]
    endpoint.then(NORMAL)
    refused = http.post(f"/runs/{failed['operation_id']}/rerender", json={"zoom": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    done = run_to_end(http, text="# Made", composer="markdown", outputs=["html"])[-1]["operation_id"]
    theme = http.post(f"/runs/{done}/rerender", json={"theme": "ink"})
    assert (theme.status_code, theme.json()["errors"][0]["field"]) == (422, "theme")
    narrow = http.post(f"/runs/{done}/rerender", json={"overlap": 900})
    assert (narrow.status_code, narrow.json()["errors"][0]["field"]) == (422, "overlap")
    smuggled = http.post("/generate-sse", json={"rerender_of": done})
    assert smuggled.status_code == 422
    unknown = http.post(f"/runs/{done[:-4]}ffff/rerender", json={})
    assert unknown.status_code == 404


def test_a_rerender_of_a_run_that_is_deleted_meanwhile_fails_and_says_why(http: httpx.Client) -> None:
    done = run_to_end(http, text="# Gone soon", composer="markdown", outputs=["html"])[-1]["operation_id"]
    http.post("/lanes/default/pause").raise_for_status()
    waiting = http.post(f"/runs/{done}/rerender", json={"on_busy": "queue"}, headers=ASYNC).json()
    assert waiting["status"] == "queued"
    http.delete(f"/runs/{done}").raise_for_status()
    http.post("/lanes/default/resume").raise_for_status()
    run = wait_for_status(http, waiting["operation_id"], "error")
    assert run["error"]["code"] == "compose_failed"
    assert "no longer there" in run["error"]["message"]


@pytest.mark.promise("pause")
def test_pauses_outlive_a_kill_of_the_server(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", **cold()) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        lane = http.post("/lanes/default/pause").json()
        assert (lane["lane"], lane["paused"]) == ("default", True)
        refused = http.post("/generate-sse", json={"text": "now"})
        told = refused.json()
        assert (refused.status_code, told["code"], told["reason"]) == (409, "lane_paused", "lane_paused")
        assert (told["lane"], told["paused_at"]) == ("default", lane["paused_at"])
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["x-should-retry"] == "false"
        assert "retry-after" not in refused.headers
        explained = http.post("/admission/explain", json={"text": "now"}).raise_for_status().json()
        assert (explained["admitted"], explained["reason"], explained["decided_by"]) == (
            False,
            "lane_paused",
            "on_busy",
        )
        assert explained["policies"]["reject"].startswith("409")
        assert explained["policies"]["queue"].startswith("200")
        first, second = (
            http.post("/generate-sse", json={"text": text, "outputs": ["html"], "on_busy": "queue"}, headers=ASYNC)
            .raise_for_status()
            .json()["operation_id"]
            for text in ("first", "second")
        )
        assert http.post(f"/runs/{first}/pause").json()["paused"]
        server.kill()
        server.start()
        lanes = http.get("/lanes").json()["lanes"]
        assert [(lane["paused"], lane["running"], lane["waiting"]) for lane in lanes] == [(True, 0, 2)]
        http.post("/lanes/default/resume").raise_for_status()
        wait_for_status(http, second, "complete")
        assert http.get(f"/runs/{first}").json()["status"] == "queued"
        http.post(f"/runs/{first}/resume").raise_for_status()
        wait_for_status(http, first, "complete")
        check_events(follow(http, first))
        assert http.post(f"/runs/{first}/pause").status_code == 409
        assert http.post("/lanes/No_Lane!/pause").status_code == 404


@pytest.mark.chromium
@pytest.mark.promise("history")
def test_of_a_run_everything_can_be_asked_for_until_it_is_deleted(server: Server, http: httpx.Client) -> None:
    with starting(http, text=chapter(8, "history"), composer="markdown", **SMALL) as (_, events):
        operation_id = next(events)["operation_id"]
        wait_until(lambda: "stage begins" in http.get(f"/runs/{operation_id}/log").text)
        told = list(events)
    run = http.get(f"/runs/{operation_id}").json()
    assert [stage["stage"] for stage in run["stages"]] == ["compose", "render", "export", "publish"]
    assert all(stage["duration_s"] >= 0 for stage in run["stages"])
    (attempt,) = run["attempts"]
    assert (attempt["attempt"], attempt["ended"], run["caller"]) == (1, "complete", "local")
    assert sum(stage["duration_s"] for stage in run["stages"]) <= attempt["duration_s"] + 0.01
    assert http.get(f"/runs/{operation_id}/spec").json()["viewport_width"] == 640
    log = http.get(f"/runs/{operation_id}/log", params={"format": "jsonl"})
    lines = [json.loads(line) for line in log.text.splitlines()]
    assert [line["stage"] for line in lines if line["event"] == "stage finished"] == [
        stage["stage"] for stage in run["stages"]
    ]
    rest = http.get(f"/runs/{operation_id}/log", params={"format": "jsonl", "after": 2}).text
    assert rest == "".join(log.text.splitlines(keepends=True)[2:])
    found = http.get("/runs", params={"q": "part 1 HISTORY"}).json()["runs"]
    assert [run["operation_id"] for run in found] == [operation_id]
    folder = Path(told[-1]["folder"])
    assert http.delete(f"/runs/{operation_id}").status_code == 204
    assert http.get(f"/runs/{operation_id}/log").status_code == 404
    assert not folder.exists()
    assert not list(server.data_dir.rglob(f"*{operation_id}*"))
    with contextlib.closing(sqlite3.connect(server.data_dir / "pressrun.sqlite")) as database:
        for table in ("runs", "events", "specs", "slots"):
            rows = database.execute(f"SELECT count(*) FROM {table} WHERE operation_id = ?", (operation_id,))
            assert rows.fetchone() == (0,), table


def changed_at(data_dir: Path, operation_id: str) -> dict[str, int]:
    """When the run's files were written, by their names; without what is packed from others."""
    files = [path for path in data_dir.glob(f"*/*{operation_id}*/**/*") if path.is_file()]
    packed = {".zip", ".json", ".partial"}
    return {path.name: path.stat().st_mtime_ns for path in files if path.suffix not in packed}


@pytest.mark.chromium
@pytest.mark.promise("outdated")
@pytest.mark.parametrize("point", ["slide.told", "publish.before_rename", "publish.renamed"])
def test_a_run_of_an_older_workflow_goes_on_and_makes_nothing_again(
    tmp_path: Path, endpoint: AiServer, point: str
) -> None:
    data_dir = tmp_path / "data"
    ai = {"PRESSRUN_AI_BASE_URL": endpoint.url, "PRESSRUN_AI_MODEL": MODEL}
    body = {"text": chapter(6, point), "composer": "ai", "use_cache": False, "outputs": ["images", "pdf", "zip"]}
    killing = {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": f"{point}=kill"}
    with (
        start_server(data_dir, **ai, **killing) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        starting(http, **body, **SMALL) as (response, events),
    ):
        operation_id = response.headers["Location"].split("/")[2]
        with pytest.raises(httpx.TransportError):
            list(events)
    paid = len(endpoint.requests)
    made = changed_at(data_dir, operation_id)
    assert {"document.html", "0001.png"} <= made.keys()
    if point == "slide.told":  # the next may have been written already; nobody was told of it, so it may be made again
        made = {name: at for name, at in made.items() if not name.endswith(".png") or name == "0001.png"}
    become_older(data_dir / "engine.sqlite")
    with start_server(data_dir, **ai) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        run = wait_for_status(http, operation_id, "complete")
        assert (run["attempt"], run["retries"]) == (2, 0)
        story = follow(http, operation_id)
        assert http.get("/runs/current").status_code == 204
        assert not {"PENDING", "ENQUEUED"} & set(workflows(data_dir / "engine.sqlite"))
        assert changed_at(data_dir, operation_id).items() >= made.items(), "made again"
        check_folder(Path(story[-1]["folder"]))
        http.delete(f"/runs/{operation_id}").raise_for_status()
        assert workflows(data_dir / "engine.sqlite") == []
    check_events(story)
    kinds = [event["type"] for event in story]
    assert (kinds.count("html_generated"), kinds.count("artifact"), kinds.count("started")) == (1, 2, 2)
    assert len(endpoint.requests) == paid, "the AI was asked again"


def test_a_run_is_told_how_long_it_will_take_once_the_server_has_made_some_like_it(server: Server) -> None:
    """By runs of other texts of about that length, of this server alone; and not before there were any."""
    body = {"outputs": ["html"], "composer": "markdown", "page_breaks": "scroll"}
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        started = [event for event in run_to_end(http, text=chapter(2, "first"), **body) if event["type"] == "started"]
        assert [event["estimated_total_s"] for event in started] == [None]
        for number in range(60):  # what has ended is learnt from within a second or two
            events = run_to_end(http, text=chapter(2, f"number {number}"), **body)
            told = next(event for event in events if event["type"] == "started")
            if told["estimated_total_s"] is not None:
                break
            assert number < 4 or time.sleep(0.2) is None
        assert 0 <= told["estimated_total_s"] <= told["estimated_total_p75_s"] < 30
        longer = run_to_end(http, text=chapter(40, "longer"), **body)
        assert next(event for event in longer if event["type"] == "started")["estimated_total_s"] is None
