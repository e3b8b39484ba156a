"""CONTRACT.md on admission and streams: the policies, explain, the form of a stream, what is no request."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.conformance.conftest import EndedRun, new_body, read
from tests.conformance.test_contract import busy_lane

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PING_WITHIN_S = 12  # every 10 s
ASYNC = {"Prefer": "respond-async"}
JSON = {"Content-Type": "application/json"}


def beside(body: dict[str, Any], **policies: Any) -> dict[str, Any]:
    """Another request in the same lane."""
    return {**new_body(slides=1), "lane": body["lane"], **policies}


def test_a_stream_begins_with_retry_and_its_snapshot_has_no_id(http: httpx.Client, ended: EndedRun) -> None:
    answer = http.get(ended.events_path)
    first, snapshot, event, *_ = answer.text.split("\n\n")
    assert first == "retry: 2000"
    assert snapshot.startswith("event: snapshot\ndata: {")
    assert event.startswith("id: 1\nevent: started\ndata: {")
    for headers in (answer.headers, ended.post.headers):
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


def test_a_waiting_stream_has_a_heartbeat(http: httpx.Client) -> None:
    with busy_lane(http) as (body, _), http.stream("POST", "/generate-sse", json=beside(body, on_busy="queue")) as line:
        begun_at = time.monotonic()
        assert next(text for text in line.iter_lines() if text.startswith(":")) == ": ping"
        assert time.monotonic() - begun_at < PING_WITHIN_S
        http.post(f"{line.headers['location'].removesuffix('/events')}/cancel")


def test_join_is_the_stream_of_the_run_in_the_way(http: httpx.Client) -> None:
    with busy_lane(http) as (body, operation_id):
        answer = http.post("/generate-sse", json=beside(body, on_busy="join"), headers=ASYNC)
        assert (answer.status_code, answer.headers["run-disposition"]) == (202, "joined")
        same = http.post("/generate-sse", json={**body, "on_duplicate": "join"}, headers=ASYNC)
        assert same.headers["run-disposition"] == "joined"
    assert {answer.json()["operation_id"], same.json()["operation_id"]} == {operation_id}


def test_queue_waits_for_its_turn_and_says_at_which_position(http: httpx.Client) -> None:
    with (
        busy_lane(http) as (body, operation_id),
        connect_sse(http, "POST", "/generate-sse", json=beside(body, on_busy="queue")) as source,
    ):
        events = (json.loads(sse.data) for sse in source.iter_sse() if sse.data)
        first = next(events)
        assert source.response.headers["run-disposition"] == "queued"
        assert (first["type"], first["position"], bool(first["message"])) == ("queued", 1, True)
        http.post(f"/runs/{operation_id}/cancel")
        types = [event["type"] for event in events]
    assert (types[0], types[-1]) == ("started", "complete")


def test_replace_cancels_the_holder_and_has_its_slot(http: httpx.Client) -> None:
    with busy_lane(http) as (body, operation_id):
        answer, messages = read(http, "/generate-sse", "POST", json=beside(body, on_busy="replace"))
        assert answer.headers["run-disposition"] == "replaced"
        assert messages[-1][1] == "complete"
        _, ended = read(http, f"/runs/{operation_id}/events")
    assert json.loads(ended[-1][2])["by"] == "replaced"
    assert ended[-1][1] == "cancelled"


def test_explain_starts_nothing_and_names_what_differs(http: httpx.Client) -> None:
    with busy_lane(http) as (body, operation_id):
        told = http.post("/admission/explain", json={**body, "zoom": 3}).json()
        assert (told["admitted"], told["reason"], told["run"]["operation_id"]) == (False, "in_flight", operation_id)
        assert [difference["field"] for difference in told["differences"]] == ["zoom"]
        assert set(told["policies"]) == {"reject", "join", "queue", "replace"}
        assert len(http.get("/runs", params={"lane": body["lane"]}).json()["runs"]) == 1


def test_current_is_the_run_in_the_slot_or_204(http: httpx.Client) -> None:
    with busy_lane(http) as (body, operation_id):
        lane = {"lane": body["lane"]}
        assert http.get("/runs/current", params=lane).json()["operation_id"] == operation_id
    assert http.get("/runs/current", params={"lane": new_body()["lane"]}).status_code == 204


def test_cancel_is_202_then_200_and_409_when_the_run_has_ended(http: httpx.Client, ended: EndedRun) -> None:
    with busy_lane(http) as (_, operation_id):
        late = http.post(f"/runs/{operation_id}/cancel", json={"attempt": 7})
        assert late.status_code == 409, "another attempt than that which runs"
        first = http.post(f"/cancel/{operation_id}")
        again = http.post(f"/runs/{operation_id}/cancel")
        assert (first.status_code, again.status_code) == (202, 200)
        _, messages = read(http, f"/runs/{operation_id}/events")
        assert (messages[-1][1], json.loads(messages[-1][2])["by"]) == ("cancelled", "user")
    assert http.post(f"/runs/{ended.operation_id}/cancel").status_code == 409


def test_a_form_is_taken_with_our_header_and_refused_without(http: httpx.Client) -> None:
    body = new_body(slides=1)
    fields = {name: (None, value) for name, value in body.items()}
    answer = http.post("/admission/explain", files=fields, headers={"X-Pressrun": "1"})
    assert answer.json()["fingerprint"] == http.post("/admission/explain", json=body).json()["fingerprint"]
    if "authorization" not in http.headers:
        assert http.post("/admission/explain", files=fields).status_code == 415


@pytest.mark.parametrize("prefer", ["", ";;;=,", '"', "wait=10", "xrespond-async", 'x="respond-async"', "é" * 20])
def test_a_preference_that_is_unknown_or_malformed_is_none(http: httpx.Client, prefer: str) -> None:
    body = {**new_body(slides=1), "outputs": ["html"]}
    with http.stream("POST", "/generate-sse", json=body, headers={"Prefer": prefer.encode()}) as answer:
        assert answer.status_code == 200
        http.post(f"{answer.headers['location'].removesuffix('/events')}/cancel")


@pytest.mark.parametrize("prefer", ["Respond-Async", 'wait=10, respond-async; x="y"', 'respond-async=""'])
def test_respond_async_may_be_spelled_as_the_rfc_has_it(http: httpx.Client, prefer: str) -> None:
    body = {**new_body(slides=1), "outputs": ["html"]}
    answer = http.post("/generate-sse", json=body, headers={"Prefer": prefer})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/runs/{answer.json()['operation_id']}/events")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"text=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"text": "x"}', {"Content-Type": "text/plain"}, 415),
        (b'{"text": "x", "on_busy": "shout"}', JSON, 422),
        (b'{"text": "x", "on_disconnect": "shout"}', JSON, 422),
        (b"{}", JSON, 422),
    ],
)
def test_what_is_no_request_has_its_status(
    http: httpx.Client, content: bytes, headers: dict[str, str], status: int
) -> None:
    for path in ("/generate-sse", "/admission/explain"):
        answer = http.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_huge_cursor_on_a_repeated_post_is_told_so(http: httpx.Client, body: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": body["lane"]}
    read(http, "/generate-sse", "POST", json=body, headers=headers)
    for cursor in ("9" * 400, "-1", "999999"):
        answer = http.post("/generate-sse", json=body, headers={**headers, "Last-Event-ID": cursor})
        assert (answer.status_code, "Last-Event-ID" in answer.json()["detail"]) == (400, True)


def test_a_page_of_an_allowed_origin_may_read_where_to_follow(
    http: httpx.Client, origin: str, body: dict[str, Any]
) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}
    preflight = http.request("OPTIONS", "/generate-sse", headers={"Origin": origin, **asked})
    assert preflight.headers["access-control-allow-origin"] == origin
    answer = http.post("/generate-sse", json=body, headers={"Origin": origin, **ASYNC})
    assert answer.headers["access-control-allow-origin"] == origin
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"location", "run-disposition", "retry-after", "link"} <= exposed
    assert "origin" in answer.headers["vary"].lower()


def test_the_history_is_in_pages_newest_first(http: httpx.Client) -> None:
    lane = new_body()["lane"]
    made = []
    for _ in range(3):
        body = {**new_body(slides=1), "outputs": ["html"], "lane": lane}
        made.append(read(http, "/generate-sse", "POST", json=body)[0].headers["location"].split("/")[2])
    assert [run["operation_id"] for run in _pages(http, lane)] == made[::-1]


def _pages(http: httpx.Client, lane: str) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"lane": lane, "limit": 2}
    while True:
        page = http.get("/runs", params=query).json()
        yield from page["runs"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]
