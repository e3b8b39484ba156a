"""The wall clock is set forward and back by an hour, under a running server and while it is down.

It is what people are shown and decides nothing: no slot is released or blocked, nothing is done twice or too early.
"""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.behaviour.test_webhooks import SECRET, receiving, webhook_of
from tests.support.fault_tools import SteppedClock
from tests.support.limits import HANG_S
from tests.support.runs import (
    Event,
    chapter,
    check_events,
    check_folder,
    events_of,
    follow,
    run_to_end,
    starting,
    wait_until,
)
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
HOUR_S = 3600
SMALL = {"viewport_width": 320, "viewport_height": 240, "zoom": 0.5}
STEPPED = {"text": chapter(11, "stepped"), **SMALL}  # four times as many events as steps; each slide takes 1 s of CPU


@pytest.fixture
def exact_clock(tmp_path: Path) -> SteppedClock:
    """Of a server that is running while it is set."""
    return SteppedClock(tmp_path, exact=True)


@pytest.fixture
def clock(tmp_path: Path) -> SteppedClock:
    return SteppedClock(tmp_path)


@pytest.mark.first
@pytest.mark.promise("clock")
def test_a_clock_that_is_set_under_a_running_server_frees_blocks_and_repeats_nothing(
    tmp_path: Path, exact_clock: SteppedClock
) -> None:
    clock = exact_clock
    limits = {
        "PRESSRUN_RUN_MAX_S": "600",
        "PRESSRUN_RUN_DEADLINE_S": "600",
        "PRESSRUN_RUN_DEDUP_WINDOW_S": "600",
        "PRESSRUN_RETENTION_MAX_BYTES": "0",
    }
    env = {**clock.env, **limits}
    with start_server(tmp_path / "data", **env) as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        young = run_to_end(http, text="# Young")[-1]["operation_id"]
        begun_at = time.monotonic()
        with starting(http, **STEPPED) as (_, events):
            told = [next(events)]
            operation_id = told[0]["operation_id"]
            for step_s in (HOUR_S, -HOUR_S, HOUR_S):
                clock.step(step_s)
                while not _is_off_by(told[-1], step_s):
                    told.append(next(events))
                busy = http.post("/generate-sse", json={"text": "another"})
                assert (busy.status_code, busy.json()["run"]["operation_id"]) == (409, operation_id)
                assert http.get("/runs/current").json()["operation_id"] == operation_id
                assert http.post("/retention").json()["runs"] == [], "a run of a minute ago is not an hour old"
            told += events
        took_s = time.monotonic() - begun_at
        check_events(told)
        assert [event["attempt"] for event in told if event["type"] == "started"] == [1]
        check_folder(Path(told[-1]["folder"]))
        assert told[-1]["duration_s"] <= took_s
        clock.step(-HOUR_S)
        again = http.post("/generate-sse", json=STEPPED)
        assert (again.status_code, again.json()["reason"]) == (409, "duplicate"), "within the window, by the ticks"
        last = run_to_end(http, text="# Last")[-1]["operation_id"]
        assert [run["operation_id"] for run in http.get("/runs").json()["runs"]] == [last, operation_id, young]
        shown = http.get(f"/runs/{operation_id}").json()
        assert shown["duration_s"] <= took_s
        assert all(stage["duration_s"] >= 0 for stage in shown["stages"])
        assert http.get("/readyz").is_success


@pytest.mark.first
@pytest.mark.promise("clock")
def test_a_clock_that_is_set_while_the_server_is_down_frees_blocks_and_repeats_nothing(
    tmp_path: Path, clock: SteppedClock
) -> None:
    with receiving() as receiver:
        hook = {"PRESSRUN_WEBHOOK_SECRET": SECRET, "PRESSRUN_EGRESS": f"127.0.0.1:{receiver.port}"}
        env = {**clock.env, **hook, "PRESSRUN_RUN_MAX_S": "600", "PRESSRUN_RETENTION_MAX_BYTES": "0"}
        with (
            start_server(tmp_path / "data", **env) as server,
            httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        ):
            seen: list[Event] = []
            with starting(http, text=chapter(40, "down"), **SMALL, webhook_url=receiver.url) as (_, events):
                seen += itertools.islice(events, 8)
                operation_id = seen[0]["operation_id"]
                lines = [_queue(http, "# Before")]
                server.kill()
            clock.step(HOUR_S)
            server.start()
            lines.append(_queue(http, "# An hour ahead"))
            seen += _read(http, operation_id, len(seen), 8)
            server.kill()
            clock.step(-HOUR_S)
            server.start()
            lines.append(_queue(http, "# An hour behind"))
            receiver.statuses = [503]
            story = [*seen, *follow(http, operation_id, after=len(seen))]
            check_events(story)
            assert [event["attempt"] for event in story if event["type"] == "started"] == [1, 2, 3]
            check_folder(Path(story[-1]["folder"]))
            assert [follow(http, waiting)[-1]["type"] for waiting in lines] == ["complete"] * 3
            listed = [run["operation_id"] for run in http.get("/runs").json()["runs"]]
            assert listed == [*lines[::-1], operation_id]
            begun = [http.get(f"/runs/{waiting}").json()["started_at"] for waiting in lines]
            assert begun == sorted(begun), "who came later has overtaken who waited"
            # While the webhook waits for its second attempt; on a slow machine that may have come before.
            believed_s = {-HOUR_S} if len(receiver.received) > 1 else {-HOUR_S, -2 * HOUR_S}
            clock.step(-2 * HOUR_S)
            wait_until(lambda: abs(_clock_of(http) + 2 * HOUR_S - time.time()) < HOUR_S / 4)
            if len(receiver.received) == 1:
                believed_s = {-2 * HOUR_S}
            wait_until(lambda: webhook_of(http, operation_id)["state"] == "delivered")
        assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
        off_s = int(receiver.received[-1][0]["webhook-timestamp"]) - time.time()
        # a busy machine may be minutes late with it; what is wrong is off by an hour
        is_believed = any(abs(off_s - each) < HOUR_S / 4 for each in believed_s)
        assert is_believed, "signed for the time that the server believes it is"


def _clock_of(http: httpx.Client) -> float:
    """The time that the server believes it is, in seconds since 1970."""
    return parsedate_to_datetime(http.get("/livez").headers["date"]).timestamp()


def _queue(http: httpx.Client, text: str) -> str:
    body = {"text": text, "on_busy": "queue", **SMALL}
    answer = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"})
    return str(answer.raise_for_status().json()["operation_id"])


def _read(http: httpx.Client, operation_id: str, after: int, count: int) -> list[Event]:
    """The next so many events, and the connection is closed."""
    with http.stream("GET", f"/runs/{operation_id}/events", headers={"Last-Event-ID": str(after)}) as response:
        news = (event for event in events_of(response) if event["event"] != "snapshot")
        return list(itertools.islice(news, count))


def _is_off_by(event: Event, step_s: int) -> bool:
    return abs(datetime.fromisoformat(event["at"]) - datetime.now(UTC) - timedelta(seconds=step_s)).total_seconds() < 60
