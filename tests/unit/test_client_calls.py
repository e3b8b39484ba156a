"""The client's plain calls, and following a run that somebody else began."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from pressrun.client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    ConnectionLost,
    Patience,
    ProtocolError,
    RunRejectedError,
    ServerProblem,
)
from tests.support.client_runs import IMPATIENT, REQUEST, WHOLE, wires
from tests.support.scripted_server import OPERATION_ID, RUN, Answer, Script, Stream, scripted_server
from tests.support.tls import certificate, open_rude_host

pytestmark = pytest.mark.anyio


async def test_following_starts_at_the_cursor_and_is_empty_at_the_end() -> None:
    script = Script(events=[Stream(), Answer(204)])
    with scripted_server(script) as url:
        async with AsyncClient(url, "secret-token", patience=IMPATIENT) as client:
            assert wires([event async for event in client.follow(OPERATION_ID, after=4)]) == WHOLE[4:]
            assert [event async for event in client.follow(OPERATION_ID, after=6)] == []
    assert [seen.headers["last-event-id"] for seen in script.seen] == ["4", "6"]
    assert {seen.headers["authorization"] for seen in script.seen} == {"Bearer secret-token"}


async def test_unknown_and_pruned_runs_are_told_not_retried() -> None:
    script = Script(
        events=[Answer(404, {"detail": "no such run", "code": "not_found"}), Answer(410, {"title": "Gone"})]
    )
    with scripted_server(script) as url:
        async with AsyncClient(url, patience=IMPATIENT) as client:
            for status in (404, 410):
                with pytest.raises(ServerProblem) as refused:
                    await anext(client.follow("../etc"))
                assert refused.value.status == status
    assert script.seen[0].path == "/runs/..%2Fetc/events"


async def test_a_stream_left_early_gives_its_connection_back() -> None:
    script = Script(generate=[Stream(events=2, end="hold")], run=[Answer(200, RUN)])
    with scripted_server(script) as url:
        async with AsyncClient(url, patience=IMPATIENT) as client:
            stream = client.generate(REQUEST)
            first = await anext(stream)
            assert (first.seq, stream.operation_id, stream.disposition) == (1, OPERATION_ID, "started")
            assert stream.own
            await stream.aclose()
            assert (await client.get_run(OPERATION_ID)).status == "running"
            forgotten = client.generate(REQUEST)
            await anext(forgotten)
        with pytest.raises(StopAsyncIteration):
            await anext(forgotten)


async def test_runs_are_listed_shown_and_cancelled() -> None:
    page = {"runs": [RUN, {**RUN, "status": "levitating", "halo": 1}], "next_cursor": "c"}
    ended = Answer(409, {"detail": "The run has already ended.", "code": "run_ended"})
    script = Script(runs=[Answer(200, page)], run=[Answer(200, RUN)], cancel=[Answer(202, RUN), ended])
    with scripted_server(script) as url, Client(url) as client:
        listed = client.list_runs(limit=2, status="error", cursor="a b")
        assert [run.status for run in listed.runs] == ["running", "levitating"]
        assert listed.next_cursor == "c"
        assert client.get_run(OPERATION_ID).stage == "render"
        assert client.cancel(OPERATION_ID, attempt=2).status == "running"
        with pytest.raises(ServerProblem, match="already ended") as refused:
            client.cancel(OPERATION_ID)
        assert not isinstance(refused.value, RunRejectedError)
    assert script.seen[0].path == "/runs?limit=2&status=error&cursor=a+b"
    assert script.seen[2].body == {"attempt": 2}


async def test_a_plain_call_survives_a_connection_that_was_closed_meanwhile() -> None:
    script = Script(run=[Answer(drop=True), Answer(200, RUN)], cancel=[Answer(drop=True), Answer(202, RUN)])
    with scripted_server(script) as url:
        with Client(url) as client:
            assert client.get_run(OPERATION_ID).status == "running"
        async with AsyncClient(url) as other:
            assert (await other.cancel(OPERATION_ID)).status == "running"


async def test_a_plain_call_to_a_server_that_keeps_hanging_up_is_an_error_not_a_loop() -> None:
    script = Script(run=[Answer(drop=True)])
    with scripted_server(script) as url, Client(url) as client, pytest.raises(ConnectionFailed, match=url):
        client.get_run(OPERATION_ID)
    assert len(script.seen) == 2


async def test_an_answer_of_another_program_is_no_run() -> None:
    script = Script(
        run=[Answer(200, b"<html>", content_type="text/html"), Answer(302, None, {"Location": "http://x/"})]
    )
    with scripted_server(script) as url, Client(url) as client:
        with pytest.raises(ProtocolError, match="text/html"):
            client.get_run("x")
        with pytest.raises(ServerProblem, match="points to http://x/"):
            client.get_run("x")


@pytest.mark.parametrize(
    "before",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n:"],
    ids=["answer", "end"],
)
async def test_a_server_that_breaks_the_rules_of_tls_is_one_whose_connection_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    tls, signed = certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setattr("certifi.where", lambda: str(signed))
    async with open_rude_host(tls, before) as port:
        url = f"https://127.0.0.1:{port}"
        async with AsyncClient(url, patience=Patience(give_up_after_s=0.2)) as client:
            with pytest.raises(ConnectionFailed, match=url):
                await client.get_run(OPERATION_ID)
            with pytest.raises(ConnectionFailed, match=url):
                await client.download(OPERATION_ID, "0001.png", tmp_path / "picture")
            with pytest.raises(ConnectionLost, match=OPERATION_ID):
                await anext(client.follow(OPERATION_ID))
        with Client(url) as other, pytest.raises(ConnectionFailed, match=url):
            await anyio.to_thread.run_sync(other.get_run, OPERATION_ID)
