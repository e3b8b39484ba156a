"""A stream cut anywhere, by a TCP reset: what came before the cut and what a resume gives are together the log.

The line is `tests/support/cutting_proxy.py`, in front of the real server. The reader is the least that a client can be:
it takes events by the standard's rule (a blank line ends one; what has no blank line was never said).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import EventSource

from pressrun.client.conversation import Conversation
from pressrun.client.patience import Patience
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy
from tests.support.limits import HANG_S
from tests.support.runs import Event, check_events, events_of, follow, run_to_end, small
from tests.support.server import Server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

HTML = "<!doctype html><title>Cut</title><h1>नदी</h1>"


@pytest.fixture
def proxy(server: Server) -> Iterator[CuttingProxy]:
    with cutting_proxy(server.port) as running:
        yield running


def ask(port: int, head: str, body: str = "") -> bytes:
    """Everything the socket gives until it ends, in whatever way."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=HANG_S) as connection:
        connection.sendall(f"{head}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n{body}".encode())
        try:
            while data := connection.recv(65536):
                received += data
        except ConnectionResetError:
            pass
    return received


def port_of(proxy: CuttingProxy) -> int:
    return int(proxy.url.rpartition(":")[2])


def ends_of_events(stream: bytes) -> list[int]:
    """After how many bytes of the answer each event is whole (each is one chunk of the chunked body)."""
    ends, start = [], stream.index(b"\r\n\r\n")
    while (start := stream.find(b"\n\n", start + 1)) >= 0:
        ends.append(start + 2)
    return ends


def read_until_reset(http: httpx.Client, proxy: CuttingProxy, path: str, whole: int) -> list[Event]:
    """The events of a line that breaks after `whole` of them and perhaps a part; the reset comes once they are read."""
    seen: list[Event] = []
    proxy.hold()
    if whole == 0:
        proxy.reset()
    try:
        with http.stream("GET", path) as answer:
            for event in events_of(answer):
                if event["event"] != "snapshot":
                    seen.append(event)
                if len(seen) == whole:
                    proxy.reset()
    except httpx.TransportError:
        return seen
    raise AssertionError("the line did not break")


@pytest.mark.promise("no-event-lost")
def test_cut_after_every_event_and_before_the_first_byte_prefix_and_resume_are_the_log(
    http: httpx.Client, server: Server, proxy: CuttingProxy
) -> None:
    log = run_to_end(http, html=HTML)
    path = f"/runs/{log[0]['operation_id']}/events"
    answer = ask(server.port, f"GET {path} HTTP/1.1")
    ends = ends_of_events(answer)
    assert len(ends) == len(log) + 2, "retry, the snapshot, and every event"
    # before the response, in its head, and around the end of each event: a byte before it, at it, and two beyond
    cuts = [0, 1, answer.index(b"\r\n\r\n"), *(end + off for end in ends for off in (-1, 0, 2))]
    with httpx.Client(base_url=proxy.url, timeout=HANG_S, headers={"Connection": "close"}) as line:
        for cut in cuts:
            whole = max(0, sum(end <= cut for end in ends) - 2)
            proxy.cut_next(cut)
            prefix = read_until_reset(line, proxy, path, whole)
            assert prefix == log[:whole], cut
            assert prefix + follow(line, log[0]["operation_id"], whole) == log, cut
    assert proxy.broken == len(cuts)


def test_a_post_whose_client_leaves_after_any_event_goes_on_under_its_key(http: httpx.Client) -> None:
    """Live: each place to leave is a run of its own, and the very same POST with `Last-Event-ID` comes back to it."""
    runs_before = len(http.get("/runs", params={"limit": 200}).json()["runs"])
    length = len(run_to_end(http, html=HTML + "<p>measure"))
    for cut in range(length):
        seen: list[Event] = []
        headers = {"Idempotency-Key": f"cut-{cut}"}
        body = small(html=f"{HTML}<p>{cut}")
        with http.stream("POST", "/generate-sse", json=body, headers=headers) as answer:
            for event in events_of(answer):
                if len(seen) == cut:
                    break
                seen.append(event)
        headers["Last-Event-ID"] = str(len(seen))
        with http.stream("POST", "/generate-sse", json=body, headers=headers) as answer:
            seen += list(events_of(answer))
        check_events(seen)
        assert seen == follow(http, seen[0]["operation_id"])
    assert len(http.get("/runs", params={"limit": 200}).json()["runs"]) == runs_before + 1 + length


def test_a_post_cut_before_its_response_starts_is_one_run_and_keeps_its_slot_until_the_end(
    http: httpx.Client, proxy: CuttingProxy
) -> None:
    body = small(html=HTML + "<p>before the response", lane="unheard")
    headers = {"Idempotency-Key": "unheard"}
    proxy.cut_next(0)
    with httpx.Client(base_url=proxy.url, timeout=HANG_S) as line:
        with pytest.raises(httpx.TransportError):
            line.post("/generate-sse", json=body, headers=headers)
        with line.stream("POST", "/generate-sse", json=body, headers=headers) as answer:
            assert answer.headers["run-disposition"] in {"joined", "replayed"}
            check_events(list(events_of(answer)))
    assert http.get("/runs/current", params={"lane": "unheard"}).status_code == 204


def test_cut_at_every_byte_the_client_never_takes_half_an_event(http: httpx.Client, server: Server) -> None:
    """At the level of frames, where every single byte can be tried: `pressrun.client`'s own reading of a stream."""
    log = run_to_end(http, html=HTML + "<p>bytes")
    path = f"/runs/{log[0]['operation_id']}/events"
    stream = http.get(path).content
    for cut in range(len(stream) + 1):
        talk = Conversation("http://test", Patience(), operation_id=log[0]["operation_id"])
        answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=_pieces(stream[:cut]))
        talk.opened(200, answer.headers)
        events = [event for sse in EventSource(answer).iter_sse() if (event := talk.received(sse)) is not None]
        whole = stream[:cut].count(b"\n\n") - 2  # besides `retry` and the snapshot
        assert [event.seq for event in events] == list(range(1, max(0, whole) + 1)), cut
        assert [event.data for event in events] == [_data(event) for event in log[: len(events)]]
        assert talk.done == (cut == len(stream))


def _pieces(content: bytes) -> Iterator[bytes]:
    """As a socket might give it: pieces that end anywhere, in the middle of a character too."""
    for start in range(0, len(content), 97):
        yield content[start : start + 97]


def _data(event: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in event.items() if name not in {"id", "event"}}
