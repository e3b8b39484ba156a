"""The form of the streams: what a reader sees on the wire, byte by byte where it matters."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import (
    cancel,
    chapter,
    events_of,
    follow,
    run_to_end,
    small,
    starting,
    wait_for_status,
    wait_until,
)
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.promise("streams")]


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
    with starting(http, text=chapter(100, "holds the slot"), max_screenshots=100) as (_, events):
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
    with starting(http, text=chapter(100, "head"), max_screenshots=100) as (_, events):
        operation_id = next(events)["operation_id"]
        answer = http.head(f"/runs/{operation_id}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        cancel(http, operation_id)


def test_a_lane_with_two_slots_runs_two_and_refuses_the_third(http: httpx.Client) -> None:
    with (
        starting(http, text=chapter(100, "one"), max_screenshots=100, lane="wide") as (_, first),
        starting(http, text=chapter(100, "two"), max_screenshots=100, lane="wide") as (_, second),
    ):
        ids = [next(first)["operation_id"], next(second)["operation_id"]]
        assert http.post("/generate-sse", json={"text": "three", "lane": "wide"}).json()["reason"] == "in_flight"
        for operation_id in ids:
            cancel(http, operation_id)


def test_a_thousand_connections_that_reset_leave_nothing_behind(server: Server, http: httpx.Client) -> None:
    with starting(http, text=chapter(400, "resets"), max_screenshots=500) as (_, events):
        operation_id = next(events)["operation_id"]
        head = f"GET /runs/{operation_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        before = sockets_of(server)
        for number in range(1_000):
            reset(server, head, wait_for_answer=number % 2 == 0)
        wait_until(lambda: sockets_of(server) <= before)
        cancel(http, operation_id)
    assert http.get("/runs/current").status_code == 204


def test_posts_that_reset_start_at_most_one_run_each_and_leave_no_slot_taken(
    server: Server, http: httpx.Client
) -> None:
    known = len(http.get("/runs", params={"limit": 200}).json()["runs"])
    for number in range(40):
        body = json.dumps({"text": f"reset {number}", "outputs": ["html"], "lane": f"r{number}"}).encode()
        head = "POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        reset(server, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body, wait_for_answer=number % 2 == 0)
    assert http.get("/livez").is_success
    runs = http.get("/runs", params={"limit": 200}).json()["runs"][: -known or None]
    assert len(runs) <= 40
    for run in runs:
        wait_for_status(http, run["operation_id"], "complete")
        assert http.get("/runs/current", params={"lane": run["lane"]}).status_code == 204


def test_a_post_repeated_at_the_end_of_its_run_is_told_that_nothing_is_left(http: httpx.Client) -> None:
    body, key = small(text="told once"), {"Idempotency-Key": "told-once"}
    end = run_to_end(http, **body, headers=key)[-1]
    answer = http.post("/generate-sse", json=body, headers={**key, "Last-Event-ID": str(end["seq"])})
    assert (answer.status_code, answer.headers["run-disposition"]) == (204, "replayed")


def test_a_hundred_streams_end_cleanly_with_the_server_and_resume_after_its_restart(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, ExitStack() as stack:
        http = stack.enter_context(httpx.Client(base_url=server.url, timeout=HANG_S, limits=httpx.Limits()))
        body = {"text": chapter(60, "goes on"), "on_disconnect": "cancel"}
        _, events = stack.enter_context(starting(http, **body))
        operation_id = next(events)["operation_id"]
        url = f"/runs/{operation_id}/events"
        streams = [events_of(stack.enter_context(http.stream("GET", url))) for _ in range(99)]
        server.stop()
        told = [[event["seq"] for event in stream if event["event"] != "snapshot"] for stream in streams]
        assert "Traceback" not in server.log
        server.start()
        assert [event["seq"] for event in events][-1:]  # the starter's own stream ended without an error too
        whole = follow(http, operation_id)
        assert whole[-1]["type"] == "complete"
        for seen in told:
            assert seen + [event["seq"] for event in follow(http, operation_id, after=seen[-1])] == [
                event["seq"] for event in whole
            ]


def test_a_queued_run_survives_a_restart_and_has_its_turn(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(30, "first in the queue")) as (_, events):
            holder = next(events)["operation_id"]
            with starting(http, text="second in line", on_busy="queue") as (_, waiting):
                queued = next(waiting)["operation_id"]
            server.kill()
        server.start()
        for operation_id in (holder, queued):
            with http.stream("GET", f"/runs/{operation_id}/events") as answer:
                assert list(events_of(answer))[-1]["type"] == "complete"


def reset(server: Server, request: bytes, *, wait_for_answer: bool = False) -> None:
    """Sends a request and cuts the connection with a TCP reset, with or without the first bytes of the answer."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(request)
        if wait_for_answer:
            connection.recv(1)


def sockets_of(server: Server) -> int:
    """How many sockets the server's process has open (its files come and go with the run)."""
    return sum("socket:" in link for link in links_of(server))


def links_of(server: Server) -> Iterator[str]:
    for descriptor in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(OSError):  # closed since the folder was read
            yield str(descriptor.readlink())
