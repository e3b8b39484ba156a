"""CONTRACT.md line by line, with httpx and httpx-sse."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.conformance.conftest import EndedRun, new_body, read

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

TERMINAL = {"complete", "error", "cancelled"}


@contextmanager
def busy_lane(http: httpx.Client) -> Iterator[tuple[dict[str, Any], str]]:
    """A lane whose run goes on until the block is left: its request, and its operation_id."""
    body = new_body(slides=60)
    operation_id = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"}).json()["operation_id"]
    try:
        yield body, operation_id
    finally:
        http.post(f"/runs/{operation_id}/cancel")


def test_the_stream_of_a_post_says_which_run_it_is_and_that_nobody_may_keep_it(ended: EndedRun) -> None:
    headers = ended.post.headers
    assert ended.post.status_code == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["run-disposition"] == "started"
    assert headers["location"] == ended.events_path
    assert headers["cache-control"] == "no-store"


def test_events_are_numbered_from_one_and_only_the_last_is_terminal(ended: EndedRun) -> None:
    for number, (id, event, data) in enumerate(ended.messages, start=1):
        fields = json.loads(data)
        assert (fields["seq"], fields["type"], fields["operation_id"]) == (number, event, ended.operation_id)
        assert (id, fields["v"]) == (str(number), 1)
        assert fields["at"].endswith("Z")
    types = [event for _, event, _ in ended.messages]
    assert [event in TERMINAL for event in types] == [False] * (len(types) - 1) + [True]
    assert {"started", "progress", "html_generated", "screenshot"} <= set(types)


def test_a_follower_gets_a_snapshot_and_exactly_the_rest_from_every_cursor(http: httpx.Client, ended: EndedRun) -> None:
    for cursor in range(len(ended.messages)):
        _, (first, *rest) = read(http, ended.events_path, headers={"Last-Event-ID": str(cursor)})
        snapshot = json.loads(first[2])
        assert (first[1], snapshot["from"], snapshot["status"]) == ("snapshot", cursor + 1, "complete")
        assert rest == ended.messages[cursor:]
    _, by_query = read(http, ended.events_path, params={"last_event_id": "2"})
    assert by_query[1:] == ended.messages[2:]


def test_a_cursor_at_the_end_is_204(http: httpx.Client, ended: EndedRun) -> None:
    answer = http.get(ended.events_path, headers={"Last-Event-ID": str(len(ended.messages))})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "9" * 400, "999999", "1, 2", "²"])
def test_a_cursor_that_is_none_is_told_so(http: httpx.Client, ended: EndedRun, cursor: str) -> None:
    answer = http.get(ended.events_path, headers={"Last-Event-ID": cursor.encode("utf-8")})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "Last-Event-ID" in answer.json()["detail"]


def test_named_0_sends_everything_as_messages_without_a_name(http: httpx.Client, ended: EndedRun) -> None:
    text = http.get(ended.events_path, params={"named": "0"}).text
    assert "\nevent:" not in text
    assert text.count("\ndata: ") == 1 + len(ended.messages)


def test_head_of_every_page_has_its_status_and_no_body(http: httpx.Client, ended: EndedRun) -> None:
    run = f"/runs/{ended.operation_id}"
    files = json.loads(ended.messages[-1][2])["screenshot_files"]
    paths = ["/runs", "/runs/current", run, f"{run}/events", f"{run}/files/{files[0]}", f"{run}/archive.zip"]
    for path in [*paths, "/livez", "/readyz", "/openapi.json", "/docs", "/"]:
        head = http.head(path)
        with http.stream("GET", path) as get:
            assert (head.status_code, head.content) == (get.status_code, b""), path
            assert head.headers.get("content-type") == get.headers.get("content-type"), path


def test_a_409_names_the_run_in_the_way_and_holds_no_connection(http: httpx.Client) -> None:
    with busy_lane(http) as (body, operation_id):
        same = http.post("/generate-sse", json=body)
        other = http.post("/generate-sse", json={**new_body(), "lane": body["lane"]})
    for answer, same_request in ((same, True), (other, False)):
        problem = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
        assert (problem["reason"], problem["same_request"]) == ("in_flight", same_request)
        assert problem["operation_id"] == problem["active_operation_id"] == operation_id
        assert problem["run"]["events_url"] == f"/runs/{operation_id}/events"
        assert {"status", "stage", "progress", "started_at", "age_s", "last_event_id", "url", "cancel_url"} <= set(
            problem["run"]
        )
        assert problem["message"] == problem["error"] == problem["detail"]
        assert int(answer.headers["retry-after"]) == problem["retry_after_s"]
        assert answer.headers["link"] == f'</runs/{operation_id}/events>; rel="monitor"'
        assert (answer.headers["x-should-retry"], answer.headers["stripe-should-retry"]) == ("false", "false")
    assert set(other.json()["policies"]) == {"join", "queue", "replace"}


def test_respond_async_is_202_with_a_place_to_follow(http: httpx.Client, body: dict[str, Any]) -> None:
    answer = http.post("/generate-sse", json=body, headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    _, messages = read(http, answer.headers["location"])
    assert messages[-1][1] == "complete"


def test_a_repeated_key_is_the_same_run_and_with_another_body_422(http: httpx.Client, body: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": f'"{uuid.uuid4()}"'}
    _, first = read(http, "/generate-sse", "POST", json=body, headers=headers)
    answer, again = read(http, "/generate-sse", "POST", json=body, headers=headers)
    assert (answer.headers["run-disposition"], again) == ("replayed", first)
    _, rest = read(http, "/generate-sse", "POST", json=body, headers={**headers, "Last-Event-ID": "2"})
    assert rest == first[2:]
    assert http.post("/generate-sse", json={**body, "zoom": 3}, headers=headers).status_code == 422


@pytest.mark.parametrize("key", ["", '"', '"a', "a b", "x" * 256, '""'])
def test_a_malformed_key_is_400(http: httpx.Client, body: dict[str, Any], key: str) -> None:
    answer = http.post("/generate-sse", json=body, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_header")


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a%5cb", "a%00b", "x" * 300, "%F0%9F%92%A9"])
@pytest.mark.parametrize(
    "path", ["/runs/{}", "/runs/{}/events", "/runs/{}/archive.zip", "/runs/{}/files/document.html"]
)
def test_an_id_with_path_characters_finds_nothing(http: httpx.Client, path: str, name: str) -> None:
    assert http.get(path.format(name)).status_code in {400, 404}


def test_headers_of_64_kb_are_refused_or_cut_off_and_the_server_stays(http: httpx.Client) -> None:
    with suppress(httpx.TransportError):  # closed without an answer
        assert http.get("/runs", headers={"X-Large": "x" * 65_536}).status_code in {400, 431}
    assert http.get("/livez").is_success


def test_an_unknown_field_is_a_422_that_names_it(http: httpx.Client, body: dict[str, Any]) -> None:
    answer = http.post("/generate-sse", json={**body, "colour": "red"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "colour")


def test_an_unknown_run_is_404(http: httpx.Client) -> None:
    assert http.get("/runs/01890000-0000-7000-8000-000000000000/events").status_code == 404
