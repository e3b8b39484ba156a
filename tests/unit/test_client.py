"""`pressrun.client` against a server that fails where it is told to; async and sync by the same tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from pressrun.client import (
    AsyncClient,
    Client,
    ClientEvent,
    ConnectionFailed,
    ConnectionLost,
    InvalidUse,
    LanePausedError,
    Notice,
    Patience,
    ProtocolError,
    RunRejectedError,
    ServerProblem,
    Unknown,
)
from pressrun.events.model import Complete, Progress
from tests.support.client_runs import IMPATIENT, REQUEST, WHOLE, wires
from tests.support.limits import HANG_S
from tests.support.scripted_server import LOG, OPERATION_ID, Answer, Script, Stream, event, scripted_server
from tests.support.server import free_port

pytestmark = pytest.mark.anyio


Generate = Callable[..., Any]


async def collect_async(url: str, request: dict[str, Any], patience: Patience, **options: Any) -> list[ClientEvent]:
    async with AsyncClient(url, patience=patience) as client, client.generate(request, **options) as stream:
        return [event async for event in stream]


async def collect_sync(url: str, request: dict[str, Any], patience: Patience, **options: Any) -> list[ClientEvent]:
    with Client(url, patience=patience) as client:
        return list(client.generate(request, **options))


@pytest.fixture(params=[collect_async, collect_sync], ids=["async", "sync"])
def collect(request: pytest.FixtureRequest) -> Generate:
    return request.param  # type: ignore[no-any-return]


async def test_a_run_arrives_whole_and_typed(collect: Generate) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        events = await collect(url, REQUEST, IMPATIENT)
    assert wires(events) == WHOLE
    assert isinstance(events[1].body, Progress)
    assert events[1].body.progress == 2
    assert isinstance(events[-1].body, Complete)
    assert events[-1].terminal
    assert events[-1].operation_id == OPERATION_ID
    (post,) = script.seen
    assert post.headers["x-pressrun"] == "1"
    assert post.headers["content-type"] == "application/json"
    assert len(post.headers["idempotency-key"]) > 20
    assert post.body == {**REQUEST, "on_duplicate": "reject"}


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_stream_cut_after_any_event_is_resumed_without_loss_or_repeat(collect: Generate, end: str) -> None:
    for k in range(len(LOG)):
        script = Script(generate=[Stream(events=k, end=end)], events=[Stream(events=1, end=end)])
        with scripted_server(script) as url:
            events = await collect(url, REQUEST, IMPATIENT)
        assert wires(events) == WHOLE, f"cut after {k}"
        assert script.count("generate") == 1
        cursors = [int(seen.headers.get("last-event-id", 0)) for seen in script.seen if seen.method == "GET"]
        assert cursors == list(range(k, len(LOG)))


@pytest.mark.slow
async def test_an_answer_cut_at_any_byte_gives_each_event_once(collect: Generate) -> None:
    script = Script(generate=[Stream(end="reset")])
    with scripted_server(script) as url:
        for cut in range(1, 1500, 7):  # head and all events of the recorded log; 7 meets every kind of place
            script._answers = {"generate": [Stream(cut_after_bytes=cut), Stream()], "events": [Stream()]}
            assert wires(await collect(url, REQUEST, IMPATIENT)) == WHOLE, f"cut at byte {cut}"


async def test_a_post_without_answer_is_repeated_under_its_own_key_and_joins(collect: Generate) -> None:
    script = Script(generate=[Answer(drop=True), Answer(drop=True), Stream(headers={"Run-Disposition": "joined"})])
    with scripted_server(script) as url:
        events = await collect(url, REQUEST, IMPATIENT)
    assert wires(events) == WHOLE
    keys = {seen.headers["idempotency-key"] for seen in script.seen}
    assert len(keys) == 1
    assert [seen.body["on_duplicate"] for seen in script.seen] == ["reject", "join", "join"]


async def test_each_call_has_a_key_of_its_own_and_a_given_one_is_kept(collect: Generate) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        await collect(url, REQUEST, IMPATIENT)
        await collect(url, REQUEST, IMPATIENT)
        await collect(url, REQUEST, IMPATIENT, idempotency_key='a "b" \\c')
    first, second, third = (seen.headers["idempotency-key"] for seen in script.seen)
    assert first != second
    assert third == '"a \\"b\\" \\\\c"'
    assert "on_duplicate" not in script.seen[2].body, "with a key of the caller's own the contract's default holds"


async def test_what_may_not_be_repeated_is_not_repeated(collect: Generate) -> None:
    script = Script(generate=[Answer(drop=True), Stream()])
    with scripted_server(script) as url, pytest.raises(ConnectionFailed, match="may have started"):
        await collect(url, REQUEST, IMPATIENT, on_duplicate="run")
    assert len(script.seen) == 1
    assert "idempotency-key" not in script.seen[0].headers


async def test_policies_are_sent_as_fields(collect: Generate) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        await collect(url, REQUEST, IMPATIENT, lane="a", on_busy="join", on_duplicate="join", on_disconnect="cancel")
    policies = {"lane": "a", "on_busy": "join", "on_duplicate": "join", "on_disconnect": "cancel"}
    assert script.seen[0].body == {**REQUEST, **policies}


async def test_a_rejection_names_the_run_in_the_way(collect: Generate) -> None:
    problem = {"title": "Busy", "detail": "Run x is in progress", "reason": "in_flight", "active_operation_id": "x"}
    script = Script(generate=[Answer(409, problem, {"Retry-After": "3"})])
    with scripted_server(script) as url, pytest.raises(RunRejectedError, match="Run x is in progress") as rejected:
        await collect(url, REQUEST, IMPATIENT)
    assert rejected.value.status == 409
    assert rejected.value.reason == "in_flight"
    assert rejected.value.active_operation_id == "x"
    assert rejected.value.problem == problem
    assert len(script.seen) == 1, "a 409 is an answer, not an accident"


@pytest.mark.parametrize("answer", [(409, {}), (503, {"Retry-After": "1"})], ids=["409", "503 of an older server"])
async def test_a_paused_lane_is_an_error_of_its_own_and_not_asked_again(
    collect: Generate, answer: tuple[int, dict[str, str]]
) -> None:
    status, headers = answer
    problem = {
        "detail": "Lane bulk is paused.",
        "code": "lane_paused",
        "lane": "bulk",
        "paused_at": "2026-11-29T08:00:00Z",
    }
    script = Script(generate=[Answer(status, problem, headers)])
    with scripted_server(script) as url, pytest.raises(LanePausedError, match="Lane bulk is paused") as refused:
        await collect(url, REQUEST, IMPATIENT)
    assert (refused.value.lane, refused.value.paused_at) == ("bulk", "2026-11-29T08:00:00Z")
    assert isinstance(refused.value, RunRejectedError)
    assert len(script.seen) == 1


async def test_what_says_that_it_is_not_to_be_repeated_is_not(collect: Generate) -> None:
    script = Script(
        generate=[Answer(503, {"detail": "No.", "code": "other"}, {"Retry-After": "0", "x-should-retry": "false"})]
    )
    with scripted_server(script) as url, pytest.raises(ServerProblem, match="No"):
        await collect(url, REQUEST, IMPATIENT)
    assert len(script.seen) == 1


async def test_wrong_fields_are_told_with_what_would_be_right(collect: Generate) -> None:
    errors = [{"field": "zoom", "problem": "is too large", "valid": "0.5..10"}]
    script = Script(generate=[Answer(422, {"detail": "zoom: is too large", "code": "field_errors", "errors": errors})])
    with scripted_server(script) as url, pytest.raises(ServerProblem) as refused:
        await collect(url, REQUEST, IMPATIENT)
    assert (refused.value.status, refused.value.code, refused.value.errors) == (422, "field_errors", errors)


async def test_a_busy_server_is_asked_again_when_it_said(collect: Generate) -> None:
    notices: list[Notice] = []
    busy = Answer(503, {"detail": "The waiting queue is full.", "code": "server_busy"}, {"Retry-After": "0"})
    script = Script(generate=[busy, busy, Stream()])
    with scripted_server(script) as url:
        events = await collect(url, REQUEST, IMPATIENT, on_notice=notices.append)
    assert wires(events) == WHOLE
    assert [seen.body["on_duplicate"] for seen in script.seen] == ["reject"] * 3, "a refused POST started nothing"
    assert "waiting queue is full" in notices[0].message
    assert notices[-1].message == "Connected again."


async def test_a_refusal_that_will_not_pass_is_told_at_once(collect: Generate) -> None:
    script = Script(generate=[Answer(503, {"detail": "No AI endpoint.", "code": "ai_unavailable"})])
    with scripted_server(script) as url, pytest.raises(ServerProblem, match="No AI endpoint"):
        await collect(url, REQUEST, IMPATIENT)
    assert len(script.seen) == 1


async def test_a_server_that_is_not_there_is_named_with_what_to_do(collect: Generate) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    with pytest.raises(ConnectionFailed, match="pressrun serve") as failed:
        await collect(url, REQUEST, Patience())
    assert failed.value.url == url
    assert url in str(failed.value)
    assert time.monotonic() - started < 20, "a wrong address is no outage"


async def test_contact_lost_for_too_long_is_given_up_and_says_where_to_go_on(collect: Generate) -> None:
    script = Script(generate=[Stream(events=2)], events=[Answer(502, b"<html>proxy</html>", content_type="text/html")])
    with scripted_server(script) as url, pytest.raises((ConnectionLost, ServerProblem)) as lost:
        await collect(url, REQUEST, Patience(first_wait_s=0.01, longest_wait_s=0.01, give_up_after_s=2))
    assert "502" in str(lost.value)
    assert script.count("events") > 5
    assert script.count("generate") == 1


async def test_a_server_that_died_for_good_ends_the_wait_with_the_run_s_name(collect: Generate) -> None:
    script = Script(generate=[Stream(events=2, end="hold")])
    failures: list[BaseException] = []
    with scripted_server(script) as url:

        def listen() -> None:
            patience = Patience(first_wait_s=0.01, longest_wait_s=0.01, give_up_after_s=0.3, stall_s=0.2)
            with Client(url, patience=patience) as client, closing(client.generate(REQUEST)) as stream:
                try:
                    list(stream)
                except ConnectionFailed as exc:
                    failures.append(exc)

        listener = threading.Thread(target=listen)
        listener.start()
        assert script.arrived.wait(HANG_S)
    listener.join(HANG_S)
    (failure,) = failures
    assert isinstance(failure, ConnectionLost)
    assert (failure.operation_id, failure.cursor) == (OPERATION_ID, 2)
    assert "given up" in str(failure)


async def test_a_stream_that_falls_silent_is_taken_for_cut(collect: Generate) -> None:
    patience = Patience(first_wait_s=0.001, longest_wait_s=0.01, stall_s=0.2, give_up_after_s=10)
    script = Script(generate=[Stream(events=3, end="hold")], events=[Stream()])
    with scripted_server(script) as url:
        assert wires(await collect(url, REQUEST, patience)) == WHOLE


async def test_an_older_client_reads_a_newer_server(collect: Generate) -> None:
    newer = (
        event(1, "started", attempt=1, colour="blue"),
        event(2, "hologram", depth=3),
        event(3, "progress", stage="levitate", progress=50, message="Up"),
        event(4, "cancelled", by="moonlight", kept=[]),
    )
    script = Script(generate=[Stream(log=newer)])
    with scripted_server(script) as url:
        events = await collect(url, REQUEST, IMPATIENT)
    assert wires(events) == list(newer)
    assert [isinstance(event.body, Unknown) for event in events] == [False, True, True, True]
    assert [event.terminal for event in events] == [False, False, False, True]
    assert events[1].type == "hologram"


async def test_events_that_come_twice_are_given_once(collect: Generate) -> None:
    twice = tuple(wire for wire in LOG for _ in range(2))
    script = Script(generate=[Stream(log=twice)])
    with scripted_server(script) as url:
        assert wires(await collect(url, REQUEST, IMPATIENT)) == WHOLE


async def test_a_gap_or_a_garbled_event_is_healed_by_resuming(collect: Generate) -> None:
    gap = Stream(log=LOG[:2] + LOG[3:])
    garbled = Stream(raw=b'id: 3\nevent: progress\ndata: {"type": \n\n', retry_ms=None)
    script = Script(generate=[gap], events=[garbled, Stream()])
    with scripted_server(script) as url:
        assert wires(await collect(url, REQUEST, IMPATIENT)) == WHOLE
    assert [seen.headers.get("last-event-id") for seen in script.seen] == [None, "2", "2"]


async def test_a_server_that_really_lost_an_event_is_told_apart_from_a_bad_line(collect: Generate) -> None:
    script = Script(generate=[Stream(log=LOG[:2] + LOG[3:])], events=[Stream(log=LOG[:2] + LOG[3:])])
    with scripted_server(script) as url, pytest.raises(ProtocolError, match="4 follows 2"):
        await collect(url, REQUEST, IMPATIENT)


async def test_an_answer_that_is_no_stream_is_named(collect: Generate) -> None:
    script = Script(generate=[Answer(200, b"<html>hello</html>", content_type="text/html")])
    with scripted_server(script) as url, pytest.raises(ProtocolError, match="text/html"):
        await collect(url, REQUEST, IMPATIENT)


async def test_a_proxy_in_the_environment_is_not_asked_for_loopback(
    collect: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        assert wires(await collect(url, REQUEST, IMPATIENT)) == WHOLE


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ftp://x", "http://", "file:///etc/passwd"])
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(collect: Generate, address: str) -> None:
    with pytest.raises(InvalidUse, match="write it like"):
        await collect(address, REQUEST, IMPATIENT)


@pytest.mark.parametrize("key", ["", "a\nb", "é", "x" * 201])
async def test_a_key_that_no_header_can_hold_is_refused(collect: Generate, key: str) -> None:
    with pytest.raises(InvalidUse, match="idempotency key"):
        await collect("http://127.0.0.1:1", REQUEST, IMPATIENT, idempotency_key=key)
