"""Cancel, SIGKILL, SIGTERM: with the real server and the real Chromium."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.processes import children_of, is_running
from tests.support.runs import (
    chapter,
    check_events,
    check_folder,
    follow,
    run_to_end,
    starting,
    wait_for_status,
    wait_until,
    was_cut_off,
)
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.mark.promise("cancel")
@pytest.mark.parametrize("moment", ["started", "html_generated", "screenshot"])
def test_cancel_stops_the_run_and_leaves_nothing(server: Server, http: httpx.Client, moment: str) -> None:
    for number in range(5):
        with starting(http, text=chapter(40, f"cancel at {moment} {number}")) as (_, events):
            told = []
            for event in events:
                told.append(event)
                if event["type"] == moment:
                    break
            operation_id = event["operation_id"]
            answer = http.post(f"/runs/{operation_id}/cancel")
            told += list(events)
        assert (answer.status_code, told[-1]["type"], told[-1]["by"]) == (202, "cancelled", "user")
        check_events(told)
        assert http.get("/runs/current").status_code == 204
        assert not list(server.data_dir.glob(f"batches/*{operation_id}*"))
        again = http.post(f"/runs/{operation_id}/cancel")
        assert (again.status_code, again.json()["status"]) == (200, "cancelled")
        if not was_cut_off(server, operation_id):
            break
    else:
        raise AssertionError("each of them was cut off, none was stopped")
    assert run_to_end(http, text=f"after {moment}")[-1]["type"] == "complete"


def test_cancel_of_a_complete_run_is_told_so(http: httpx.Client) -> None:
    done = run_to_end(http, text="done and dusted")[-1]
    answer = http.post(f"/cancel/{done['operation_id']}")
    assert answer.status_code == 409
    assert "complete" in answer.json()["detail"]


@pytest.mark.promise("crash")
def test_a_killed_run_goes_on_after_restart_without_repeating_a_slide(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(30, "crash")) as (_, events):
            seen = []
            for event in events:
                seen.append(event)
                if event["type"] == "screenshot" and event["index"] == 5:
                    break
            server.kill()
        staged = {path.name: path.stat().st_mtime_ns for path in server.data_dir.glob("staging/*/slides/*.png")}
        server.start()
        operation_id = seen[0]["operation_id"]
        rest = follow(http, operation_id, after=len(seen))
        story = [*seen, *rest]
        check_events(story)
        again = next(event for event in rest if event["type"] == "started")
        assert (again["attempt"], again["resumed_from"]) == (2, "render")
        folder = Path(story[-1]["folder"])
        check_folder(folder)
        told_before = {f"{event['index']:04d}.png" for event in seen if event["type"] == "screenshot"}
        for name in told_before:
            assert (folder / "slides" / name).stat().st_mtime_ns == staged[name], "captured again"
        assert run_to_end(http, text="the slot is free")[-1]["type"] == "complete"


@pytest.mark.promise("crash-loop")
def test_a_run_that_kills_its_process_three_times_ends_as_crashed(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(200, "loop"), max_screenshots=500) as (_, events):
            operation_id = next(events)["operation_id"]
            server.kill()
        for attempt in (2, 3):
            server.start()
            wait_until(lambda attempt=attempt: http.get(f"/runs/{operation_id}").json()["attempt"] == attempt)  # type: ignore[misc]
            server.kill()
        server.start()
        run = wait_for_status(http, operation_id, "error")
        assert run["error"]["code"] == "crashed"
        assert http.get("/runs/current").status_code == 204


@pytest.mark.promise("shutdown")
def test_sigterm_hands_the_run_back_and_the_next_start_goes_on(tmp_path: Path) -> None:
    settings = {"PRESSRUN_SHUTDOWN_GRACE_S": "0.2"}
    with (
        start_server(tmp_path / "data", **settings) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        seen = []
        with starting(http, text=chapter(40, "term")) as (_, events):
            for event in events:
                seen.append(event)
                if event["type"] == "screenshot":
                    break
        server.stop()
        server.start()
        story = [*seen, *follow(http, seen[0]["operation_id"], after=len(seen))]
        check_events(story)
        assert story[-1]["type"] == "complete"
        assert [event["attempt"] for event in story if event["type"] == "started"] == [1, 2]


@pytest.mark.promise("no-leak")
def test_nothing_outlives_its_run_and_nobody_the_server(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        run_to_end(http, text="warm up")
        http.get("/readyz").raise_for_status()
        descriptors = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        family = children_of(server.pid)
        for number in range(8):
            run_to_end(http, text=f"leak {number}")
        assert len(list(Path(f"/proc/{server.pid}/fd").iterdir())) <= descriptors + 3
        assert not list((server.data_dir / "staging").iterdir())
        assert len(children_of(server.pid)) <= len(family) + 1  # Chromium keeps a spare renderer at times
        family |= children_of(server.pid)
        server.stop()
        wait_until(lambda: not any(map(is_running, family)))  # orphans are reaped by init, when it comes to it
