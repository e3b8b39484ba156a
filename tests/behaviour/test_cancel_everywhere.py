"""Cancel where it is hardest: in the queue, in a hung page, in an export, and around the point of no return."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.ai_server import MODEL, ai_server, too_many
from tests.support.limits import HANG_S
from tests.support.processes import children_of, is_frozen
from tests.support.runs import (
    cancel,
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

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
HTML_ONLY = {"outputs": ["html"]}  # no browser: a run of some fifty milliseconds


@contextlib.contextmanager
def soon() -> Iterator[None]:
    """Long before what is waited for would be over by itself: a capture or the AI's pause, 20 s."""
    asked_at = time.monotonic()
    yield
    assert time.monotonic() - asked_at < 15


@pytest.mark.promise("cancel")
def test_around_the_point_of_no_return_a_cancel_is_in_time_or_too_late_and_never_half(
    server: Server, http: httpx.Client
) -> None:
    chance, outcomes = random.Random(1), set()
    for number in range(40):
        with starting(http, text=f"half {number}", **HTML_ONLY) as (_, events):
            told = [next(events)]
            operation_id = told[0]["operation_id"]
            if number % 2:  # as late as can be seen from outside
                for event in events:
                    told.append(event)
                    if event.get("stage") == "export":
                        break
            time.sleep(chance.uniform(0, 0.03))
            answer = http.post(f"/runs/{operation_id}/cancel")
            told += list(events)
        check_events(told)
        folders = list(server.data_dir.glob(f"batches/*{operation_id}"))
        if told[-1]["type"] == "cancelled":
            assert (answer.status_code, folders) == (202, [])
        else:
            assert (answer.status_code, told[-1]["type"]) == (409, "complete")
            check_folder(folders[0])
        outcomes.add(told[-1]["type"])
    assert outcomes == {"cancelled", "complete"}, "the instants were all on one side"


def test_a_cancel_of_a_waiting_run_ends_it_at_once_and_twice_is_once(http: httpx.Client) -> None:
    with starting(http, text=chapter(400, "holder"), max_screenshots=500) as (_, events):
        holder = next(events)["operation_id"]
        with starting(http, text="waits", on_busy="queue") as (_, waiting):
            told = [next(waiting)]
            with soon():
                first = http.post(f"/runs/{told[0]['operation_id']}/cancel")
                told += list(waiting)
        again = http.post(f"/runs/{told[0]['operation_id']}/cancel")
        assert (first.status_code, again.status_code) == (202, 200)
        assert [event["type"] for event in told] == ["queued", "cancelled"]
        assert http.get(f"/runs/{holder}").json()["status"] == "running"
        cancel(http, holder)


def test_a_cancel_of_a_waiting_run_holds_though_the_server_dies_in_it(tmp_path: Path) -> None:
    points = cold("cancel.committed=kill")
    with start_server(tmp_path / "data", **points) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        http.post("/lanes/default/pause").raise_for_status()
        headers = {"Prefer": "respond-async"}
        waiting = http.post("/generate-sse", json={"text": "waits", "on_busy": "queue"}, headers=headers).json()
        with pytest.raises(httpx.TransportError):
            http.post(f"/runs/{waiting['operation_id']}/cancel")
        server.kill()
        server.start()
        wait_for_status(http, waiting["operation_id"], "cancelled")
        assert [event["type"] for event in follow(http, waiting["operation_id"])] == ["queued", "cancelled"]


def test_a_cancel_that_names_an_attempt_hits_no_other(http: httpx.Client) -> None:
    with starting(http, text=chapter(400, "attempts"), max_screenshots=500) as (_, events):
        operation_id = next(events)["operation_id"]
        late = http.post(f"/runs/{operation_id}/cancel", json={"attempt": 2})
        assert late.status_code == 409
        assert http.get(f"/runs/{operation_id}").json()["status"] == "running"
        with soon():
            http.post(f"/runs/{operation_id}/cancel", json={"attempt": 1}).raise_for_status()
            assert list(events)[-1]["type"] == "cancelled"


@pytest.mark.parametrize("output", ["pdf", "pptx"])
def test_a_cancel_while_the_export_is_made_ends_it_soon(http: httpx.Client, output: str) -> None:
    with starting(http, text=chapter(40, "export"), outputs=[output]) as (_, events):
        told = []
        for event in events:
            told.append(event)
            if event.get("stage") == "export":
                break
        with soon():
            http.post(f"/runs/{event['operation_id']}/cancel").raise_for_status()
            told += list(events)
    check_events(told)
    assert told[-1]["type"] == "cancelled"


def test_a_cancel_while_the_browser_hangs_ends_the_run_soon(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(60, "hung"), max_screenshots=500) as (_, events):
            told = []
            for event in events:
                told.append(event)
                if event["type"] == "screenshot":
                    break
            hung = [pid for pid in children_of(server.pid) if b"--type=renderer" in command_of(pid)]
            for pid in hung:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(0.2)  # what was captured already may still be told
            with soon():
                http.post(f"/runs/{event['operation_id']}/cancel").raise_for_status()
                told += list(events)
        assert hung
        check_events(told)
        assert told[-1]["type"] == "cancelled"
        assert run_to_end(http, text="after the hung one", **HTML_ONLY)[-1]["type"] == "complete"
        for pid in hung:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_cancel_while_the_ai_is_not_to_be_asked_for_a_while_ends_the_wait_soon(tmp_path: Path) -> None:
    with ai_server(too_many("20")) as endpoint:
        settings = {"PRESSRUN_AI_BASE_URL": endpoint.url, "PRESSRUN_AI_MODEL": MODEL}
        with (
            start_server(tmp_path / "data", **cold(), **settings) as server,
            httpx.Client(base_url=server.url, timeout=HANG_S) as http,
            starting(http, text="patience", composer="ai") as (_, events),
        ):
            told = [next(events)]
            assert endpoint.arrived.wait(HANG_S)
            time.sleep(0.3)  # the answer has come, and the wait begun
            with soon():
                http.post(f"/runs/{told[0]['operation_id']}/cancel").raise_for_status()
                told += list(events)
        check_events(told)
        assert told[-1]["type"] == "cancelled"
        assert len(endpoint.requests) == 1


@pytest.mark.parametrize(("point", "end"), [("export.end", "error"), ("publish.committed", "complete")])
def test_a_deadline_ends_a_run_until_it_is_being_published_and_not_from_then_on(
    tmp_path: Path, point: str, end: str
) -> None:
    limit_s = 4
    orders = cold(f"{point}=pause")
    with (
        start_server(tmp_path / "data", **orders, PRESSRUN_RUN_DEADLINE_S=str(limit_s)) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        asynchronously = {"Prefer": "respond-async"}
        begun = http.post("/generate-sse", json={"text": "late", **HTML_ONLY}, headers=asynchronously).json()
        wait_until(lambda: is_frozen(server.pid))
        time.sleep(limit_s)
        os.kill(server.pid, signal.SIGCONT)
        run = wait_for_status(http, begun["operation_id"], "complete", "error")
        assert run["status"] == end
        told = follow(http, begun["operation_id"])
        check_events(told)
        if end == "error":
            assert told[-1]["code"] == "deadline_exceeded"
        assert http.get("/runs/current").status_code == 204
        assert len(list(server.data_dir.glob("batches/*"))) == (end == "complete")
