"""`pressrun runs …` and `pressrun lanes …` as people run them, and the same through both client libraries."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pressrun.client import AsyncClient, Client, ServerProblem
from tests.support.limits import HANG_S
from tests.support.runs import run_to_end, wait_for_status
from tests.support.server import PRESSRUN, Server, cold, start_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ASYNC = {"Prefer": "respond-async"}
HTML = {"outputs": ["html"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("runs") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0", **cold()) as running:
        yield running


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=HANG_S) as client:
        yield client


def pressrun(server: Server, *words: str, code: int = 0) -> str:
    """What the command prints on stdout; its exit code is checked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRESSRUN_")}
    done = subprocess.run(
        [PRESSRUN, *words],
        check=False,
        env={**kept, "PRESSRUN_SERVER": server.url},
        capture_output=True,
        text=True,
        timeout=HANG_S,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + ("" if code == 0 else done.stderr)


def cancelled_in_line(http: httpx.Client, text: str) -> str:
    """A run that was cancelled before it began."""
    http.post("/lanes/default/pause").raise_for_status()
    body = {"text": text, "on_busy": "queue", **HTML}
    operation_id: str = http.post("/generate-sse", json=body, headers=ASYNC).json()["operation_id"]
    http.post(f"/runs/{operation_id}/cancel").raise_for_status()
    wait_for_status(http, operation_id, "cancelled")
    http.post("/lanes/default/resume").raise_for_status()
    return operation_id


@pytest.mark.promise("history")
def test_a_run_is_shown_searched_pinned_and_deleted_from_the_shell(server: Server, http: httpx.Client) -> None:
    operation_id = run_to_end(http, text="# Shown", **HTML)[-1]["operation_id"]
    shown = pressrun(server, "runs", "show", operation_id)
    for word in ("Shown", "complete", "attempt 1", "compose", "publish", "document.html"):
        assert word in shown, word
    assert json.loads(pressrun(server, "runs", "show", operation_id, "--json"))["operation_id"] == operation_id
    assert json.loads(pressrun(server, "runs", "show", operation_id, "--spec"))["text"] == "# Shown"
    assert "stage finished" in pressrun(server, "runs", "log", operation_id, "--follow")
    lines = pressrun(server, "runs", "log", operation_id, "--json").splitlines()
    assert json.loads(lines[-1])["event"] == "run ended"
    assert operation_id in pressrun(server, "runs", "--search", "SHOWN")
    assert "pinned" in pressrun(server, "runs", "pin", operation_id)
    assert operation_id in pressrun(server, "runs", "--pinned")
    pressrun(server, "runs", "unpin", operation_id)
    assert operation_id not in pressrun(server, "runs", "--pinned")
    assert "deleted" in pressrun(server, "runs", "delete", operation_id)
    assert "no run" in pressrun(server, "runs", "show", operation_id, code=1)


@pytest.mark.promise("retry")
def test_a_run_is_retried_and_rerendered_from_the_shell(server: Server, http: httpx.Client, tmp_path: Path) -> None:
    operation_id = cancelled_in_line(http, "# Again")
    told = pressrun(server, "runs", "retry", operation_id, "--out", str(tmp_path / "out"))
    assert f"run {operation_id} started, attempt 2" in told
    assert (tmp_path / "out" / "document.html").exists()
    assert "complete" in pressrun(server, "runs", "retry", operation_id, code=1)
    events = [json.loads(line) for line in pressrun(server, "runs", "rerender", operation_id, "--json").splitlines()]
    assert events[-1]["type"] == "complete"
    assert http.get(f"/runs/{events[-1]['operation_id']}").json()["rerender_of"] == operation_id


@pytest.mark.promise("pause")
def test_lanes_and_waiting_runs_are_paused_from_the_shell(server: Server, http: httpx.Client) -> None:
    assert "paused" in pressrun(server, "lanes", "pause")
    body = {"text": "# Held", "on_busy": "queue", **HTML}
    operation_id = http.post("/generate-sse", json=body, headers=ASYNC).json()["operation_id"]
    assert pressrun(server, "lanes").split("\t")[3:] == ["1 waiting", "paused\n"]
    assert "paused" in pressrun(server, "runs", "pause", operation_id)
    assert "goes on" in pressrun(server, "lanes", "resume", "default")
    assert json.loads(pressrun(server, "lanes", "--json"))["paused"] is False
    assert http.get(f"/runs/{operation_id}").json()["status"] == "queued"
    assert "goes on" in pressrun(server, "runs", "resume", operation_id)
    wait_for_status(http, operation_id, "complete")


def test_the_client_library_does_the_same(server: Server, http: httpx.Client) -> None:
    operation_id = cancelled_in_line(http, "# Library")
    with Client(server.url) as client:
        client.pause_lane("default")
        assert next(lane.paused for lane in client.lanes() if lane.lane == "default")
        client.retry(operation_id, on_busy="queue")
        assert client.pause(operation_id).paused
        client.resume_lane("default")
        client.resume(operation_id)
        assert list(client.follow(operation_id))[-1].type == "complete"
        run = client.get_run(operation_id)
        assert (run.attempt, run.retries, len(run.attempts), len(run.stages)) == (2, 1, 1, 3)
        assert client.spec(operation_id)["text"] == "# Library"
        log = client.log(operation_id)
        assert client.log(operation_id, after=1) == log[1:]
        assert client.pin(operation_id).pinned
        assert [found.operation_id for found in client.list_runs(pinned=True, since="2020-01-01").runs] == [
            operation_id
        ]
        *_, last = client.rerender(operation_id, {"outputs": ["html"], "zoom": 3})
        assert (last.type, last.operation_id != operation_id) == ("complete", True)
        client.delete(operation_id)
        with pytest.raises(ServerProblem, match="no run"):
            client.get_run(operation_id)


async def test_the_async_client_library_does_the_same(server: Server, http: httpx.Client) -> None:
    operation_id = cancelled_in_line(http, "# Async")
    async with AsyncClient(server.url) as client:
        await client.retry(operation_id)
        assert [event async for event in client.follow(operation_id)][-1].type == "complete"
        assert (await client.pin(operation_id, pinned=False)).pinned is False
        events = [event async for event in client.rerender(operation_id, {"zoom": 4})]
        assert events[-1].type == "complete"
        assert (await client.log(operation_id))[-1]["event"] == "run ended"
        await client.delete(operation_id)
        assert (await client.lanes())[0].lane == "default"
