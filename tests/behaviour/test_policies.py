"""What a client can ask for when something is in the way."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import Event, cancel, chapter, check_events, follow, run_to_end, starting, wait_for_status

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def key() -> dict[str, str]:
    return {"Idempotency-Key": f'"{uuid.uuid4()}"'}


@pytest.mark.promise("policies")
def test_join_gives_the_stream_of_the_run_in_the_way(http: httpx.Client) -> None:
    with starting(http, text=chapter(20, "joined")) as (_, events):
        own = [next(events)]
        with starting(http, text="something else", on_busy="join") as (answer, joined):
            assert answer.headers["run-disposition"] == "joined"
            theirs = list(joined)
        own += list(events)
    assert theirs == own
    check_events(theirs)


def test_a_retried_post_with_the_same_key_is_the_same_run_live_and_replayed(http: httpx.Client) -> None:
    headers = key()
    body: dict[str, Any] = {"text": chapter(4, "keyed"), "headers": headers}
    with starting(http, **body) as (_, events):
        first = [next(events)]
        with starting(http, **body) as (answer, again):
            assert answer.headers["run-disposition"] == "joined"
            live = list(again)
        first += list(events)
    with starting(http, **body) as (answer, again):
        assert answer.headers["run-disposition"] == "replayed"
        assert first == live == list(again)
    with starting(http, **{**body, "headers": {**headers, "Last-Event-ID": "3"}}) as (_, again):
        assert list(again) == first[3:]
    other = http.post("/generate-sse", json={"text": "another body"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_queued_runs_wait_their_turn_by_priority_then_age(http: httpx.Client) -> None:
    ended: list[str] = []
    stories: dict[str, list[Event]] = {}

    def wait(name: str, priority: int, first: threading.Event) -> None:
        with starting(http, text=f"queued {name}", on_busy="queue", priority=priority) as (answer, events):
            assert answer.headers["run-disposition"] == "queued"
            stories[name] = [next(events)]
            first.set()
            stories[name] += list(events)
            ended.append(name)

    with starting(http, text=chapter(100, "holder"), max_screenshots=100) as (_, events):
        holder = next(events)["operation_id"]
        threads = []
        for name, priority in (("a", 0), ("b", 0), ("c", 5)):
            first = threading.Event()
            threads.append(threading.Thread(target=wait, args=(name, priority, first)))
            threads[-1].start()
            assert first.wait(HANG_S)
        places = {name: http.get(f"/runs/{story[0]['operation_id']}").json() for name, story in stories.items()}
        assert {name: run["queue_position"] for name, run in places.items()} == {"c": 1, "a": 2, "b": 3}
        http.post(f"/runs/{holder}/cancel")
        for thread in threads:
            thread.join()
    assert ended == ["c", "a", "b"]
    for story in stories.values():
        check_events(story)
        assert story[0]["type"] == "queued"
    assert stories["b"][0]["position"] == 2, "c came later"
    last = stories["b"][-1]  # its time in the queue is no part of its duration
    assert abs(last["duration_s"] - http.get(f"/runs/{last['operation_id']}").json()["duration_s"]) < 0.3


def test_replace_cancels_the_holder_and_runs_next(http: httpx.Client) -> None:
    with starting(http, text=chapter(100, "old"), max_screenshots=100) as (_, old):
        told = [next(old)]
        with starting(http, text="new", on_busy="replace") as (answer, new):
            assert answer.headers["run-disposition"] == "replaced"
            assert list(new)[-1]["type"] == "complete"
        told += list(old)
    assert (told[-1]["type"], told[-1]["by"]) == ("cancelled", "replaced")


def test_a_queued_run_can_be_cancelled(http: httpx.Client) -> None:
    with starting(http, text=chapter(100, "long"), max_screenshots=100) as (_, events):
        holder = next(events)["operation_id"]
        with starting(http, text="never runs", on_busy="queue") as (_, waiting):
            queued = next(waiting)
            http.post(f"/runs/{queued['operation_id']}/cancel")
            assert [event["type"] for event in waiting] == ["cancelled"]
        cancel(http, holder)


def test_a_post_that_comes_again_with_the_last_event_it_saw_finds_its_run_after_the_end(http: httpx.Client) -> None:
    body = {"text": chapter(1, "hidden tab")}
    first = run_to_end(http, **body)
    with starting(http, **body, headers={"Last-Event-ID": "3"}) as (answer, events):
        assert answer.headers["run-disposition"] == "replayed"
        assert list(events) == first[3:]
    with starting(http, **body, headers={"Last-Event-ID": str(len(first))}) as (answer, _):
        assert (answer.status_code, answer.headers["run-disposition"]) == (204, "replayed")
    malformed = http.post("/generate-sse", json=body, headers={"Last-Event-ID": "x"})
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed_header")
    anew = run_to_end(http, text=chapter(1, "never seen"), headers={"Last-Event-ID": "3"})
    assert anew[0]["operation_id"] != first[0]["operation_id"]


def test_on_duplicate_run_makes_it_again_and_join_replays_it(http: httpx.Client) -> None:
    body = {"text": chapter(1, "again")}
    first = run_to_end(http, **body)
    with starting(http, **body, on_duplicate="join") as (answer, events):
        assert answer.headers["run-disposition"] == "replayed"
        assert list(events) == first
    second = run_to_end(http, **body, on_duplicate="run")
    assert second[-1]["operation_id"] != first[-1]["operation_id"]


def test_on_disconnect_cancel_ends_the_run_of_a_client_that_left(http: httpx.Client) -> None:
    with starting(http, text=chapter(100, "mine alone"), max_screenshots=100, on_disconnect="cancel") as (_, events):
        operation_id = next(events)["operation_id"]
    wait_for_status(http, operation_id, "cancelled")
    assert follow(http, operation_id)[-1]["by"] == "disconnect"


def test_respond_async_answers_202_and_the_run_is_followed_elsewhere(http: httpx.Client) -> None:
    answer = http.post("/generate-sse", json={"text": "async"}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    check_events(follow(http, answer.headers["location"].split("/")[2]))


def test_explain_says_what_would_happen_and_in_which_fields_the_requests_differ(http: httpx.Client) -> None:
    body = {"text": chapter(40, "explained"), "zoom": 2}
    free = http.post("/admission/explain", json=body).json()
    assert (free["admitted"], free["run"], free["policies"]) == (True, None, {})
    assert free["canonical"]["zoom"] == 2
    with starting(http, **body) as (_, events):
        operation_id = next(events)["operation_id"]
        same = http.post("/admission/explain", json=body).json()
        assert (same["admitted"], same["reason"], same["decided_by"]) == (False, "in_flight", "on_duplicate")
        assert (same["fingerprint"], same["differences"]) == (free["fingerprint"], [])
        other = http.post("/admission/explain", json={**body, "zoom": 3, "theme": "ink"}).json()
        assert other["run"]["operation_id"] == operation_id
        assert (other["decided_by"], set(other["policies"])) == ("on_busy", {"reject", "join", "queue", "replace"})
        assert {difference["field"]: difference["requested"] for difference in other["differences"]} == {
            "zoom": 3,
            "theme": "ink",
        }
        cancel(http, operation_id)
    assert http.get("/runs/current").status_code == 204
