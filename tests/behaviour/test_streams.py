"""The form of the streams: what a reader sees on the wire, byte by byte where it matters."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.runs import cancel, chapter, events_of, run_to_end, starting
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("streams")
    with start_server(folder / "data", PRESSRUN_HEARTBEAT_S="0.1", PRESSRUN_LANES="default=1,wide=2") as server:
        yield server


def test_a_stream_begins_with_retry_and_says_that_nobody_may_keep_or_buffer_it(http: httpx.Client) -> None:
    with http.stream("POST", "/generate-sse", json={"text": "form"}) as answer:
        text = answer.read().decode()
    assert text.startswith("retry: 2000\n\nid: 1\nevent: started\ndata: {")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    assert answer.headers["location"].startswith("/runs/")


def test_a_waiting_stream_has_a_heartbeat(http: httpx.Client) -> None:
    with starting(http, text=chapter(40, "holds the slot")) as (_, events):
        holder = next(events)["operation_id"]
        with http.stream("POST", "/generate-sse", json={"text": "waits", "on_busy": "queue"}) as waiting:
            lines = waiting.iter_lines()
            assert next(line for line in lines if line.startswith(":")) == ": ping"
            queued = waiting.headers["location"].split("/")[2]
            http.post(f"/runs/{queued}/cancel")
        cancel(http, holder)


def test_a_follower_gets_a_snapshot_without_an_id_and_then_what_follows(http: httpx.Client) -> None:
    end = run_to_end(http, text="snapshot")[-1]
    url = f"/runs/{end['operation_id']}/events"
    with http.stream("GET", url, headers={"Last-Event-ID": "3"}) as answer:
        first, *rest = list(events_of(answer))
    assert (first["event"], first["id"], first["status"], first["from"]) == ("snapshot", None, "complete", 4)
    assert first["operation_id"] == end["operation_id"]
    assert [event["seq"] for event in rest] == list(range(4, end["seq"] + 1))
    with http.stream("GET", url, params={"last_event_id": "3"}) as answer:
        assert list(events_of(answer))[1:] == rest


def test_unnamed_events_are_all_messages(http: httpx.Client) -> None:
    end = run_to_end(http, text="unnamed")[-1]
    text = http.get(f"/runs/{end['operation_id']}/events", params={"named": "0"}).text
    assert "event:" not in text
    assert text.count("\ndata: ") == end["seq"] + 1


def test_head_of_a_stream_has_its_headers_and_ends(http: httpx.Client) -> None:
    with starting(http, text=chapter(20, "head")) as (_, events):
        operation_id = next(events)["operation_id"]
        answer = http.head(f"/runs/{operation_id}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        cancel(http, operation_id)


def test_a_lane_with_two_slots_runs_two_and_refuses_the_third(http: httpx.Client) -> None:
    with (
        starting(http, text=chapter(20, "one"), lane="wide") as (_, first),
        starting(http, text=chapter(20, "two"), lane="wide") as (_, second),
    ):
        ids = [next(first)["operation_id"], next(second)["operation_id"]]
        assert http.post("/generate-sse", json={"text": "three", "lane": "wide"}).json()["reason"] == "in_flight"
        for operation_id in ids:
            cancel(http, operation_id)


def test_readers_that_reset_at_once_leave_no_descriptor_behind(server: Server, http: httpx.Client) -> None:
    with starting(http, text=chapter(60, "resets")) as (_, events):
        operation_id = next(events)["operation_id"]
        before = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                head = f"GET /runs/{operation_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                connection.sendall(head.encode())
        assert http.get("/livez").is_success
        cancel(http, operation_id)
    assert len(list(Path(f"/proc/{server.pid}/fd").iterdir())) <= before + 5


def test_a_queued_run_survives_a_restart_and_has_its_turn(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        with starting(http, text=chapter(30, "first in line")) as (_, events):
            holder = next(events)["operation_id"]
            with starting(http, text="second in line", on_busy="queue") as (_, waiting):
                queued = next(waiting)["operation_id"]
            server.kill()
        server.start()
        for operation_id in (holder, queued):
            with http.stream("GET", f"/runs/{operation_id}/events") as answer:
                assert list(events_of(answer))[-1]["type"] == "complete"
