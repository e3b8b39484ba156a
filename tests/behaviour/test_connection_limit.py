"""The connection rows of SAFETY "Faults" against the real server, in their short form (`make bench`: the full)."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import cancel, chapter, run_to_end, starting
from tests.support.server import Server, start_server
from tests.support.storms import (
    cpu_s,
    crowd,
    get,
    post,
    pulse_s,
    reset,
    sockets_of,
    until_closed_s,
    wait_until,
)

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

LIMITED = ("prlimit", "--nofile=128:128")
POST_HEAD = b"%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
ROUTES = [  # that read a body, and that do not
    *(b"POST /generate-sse", b"POST /admission/explain", b"POST /cancel/nobody", b"POST /runs/nobody/cancel"),
    *(b"GET /runs", b"DELETE /runs/nobody", b"PUT /runs/nobody/pin", b"GET /livez", b"POST /nowhere"),
]


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of 128 descriptors."""
    with start_server(tmp_path_factory.mktemp("limited") / "data", under=LIMITED) as server:
        yield server


@pytest.mark.promise("connection-limit")
def test_slow_clients_are_closed_and_a_real_post_is_served_beside_them(server: Server, http: httpx.Client) -> None:
    """Silent, dripping headers, and dripping a body on every kind of route: below 20 kB/s it has 10 s. What that
    takes, and how much it slows a run, is measured by benchmarks/storms.py.
    """
    with (
        crowd(server.port, 100) as silent,
        crowd(server.port, 100, b"GET / HTTP/1.1\r\nX: ") as dripping,
        ExitStack() as stack,
    ):
        slow = [stack.enter_context(crowd(server.port, 1, POST_HEAD % route))[0] for route in ROUTES]
        assert run_to_end(http, text="stormy")[-1]["type"] == "complete"
        closed_s = until_closed_s([*silent, *dripping, *slow], b"x", limit_s=HANG_S)
    assert max(closed_s) < HANG_S, [round(each, 1) for each in closed_s[200:]]
    assert "Traceback" not in server.log


def share_of_a_core(pid: int) -> float:
    """What the process uses in two seconds that may be longer on a busy machine."""
    used_s, begun_at = cpu_s(pid), time.monotonic()
    time.sleep(2)
    return (cpu_s(pid) - used_s) / (time.monotonic() - begun_at)


def head_of(reader: socket.socket) -> bytes:
    """How its answer begins; empty when it was sent out to make room."""
    try:
        return reader.recv(12)
    except ConnectionResetError:
        return b""


@pytest.mark.promise("connection-limit")
def test_at_the_descriptor_limit_the_pulse_answers_a_newcomer_is_told_and_nothing_burns(limited: Server) -> None:
    with (
        httpx.Client(base_url=limited.url, timeout=HANG_S) as http,
        starting(http, text=chapter(400, "holds on"), max_screenshots=500) as (_, events),
    ):
        operation_id = next(events)["operation_id"]
        resting = len(limited.log)
        with ExitStack() as stack:
            heads: list[bytes] = []
            for _ in range(128):  # as many as there are descriptors: more than there can be places
                (reader,) = stack.enter_context(crowd(limited.port, 1, get(f"/runs/{operation_id}/events")))
                heads.append(head_of(reader))
            assert heads[:10] == [b"HTTP/1.1 200"] * 10
            assert heads[-10:] == [b"HTTP/1.1 503"] * 10
            answer = httpx.get(limited.url + "/runs")
            assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
            assert answer.headers["retry-after"]
            assert pulse_s(limited.url) < HANG_S, "0.1 s on a quiet machine (benchmarks/storms.py)"
        wait_until(lambda: httpx.get(limited.url + "/runs").is_success)
        cancel(http, operation_id)
        assert "out of system resource" not in limited.log
        assert limited.log[resting:].count("connections are turned away") <= 5
    with crowd(limited.port, 300):
        time.sleep(0.5)
        assert share_of_a_core(limited.pid) < 0.2, "300 silent sockets cost a tenth of a core"
        assert httpx.get(limited.url + "/runs").is_success, "who asks nothing makes room"


def test_descriptors_that_others_used_up_do_not_silence_the_pulse(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        wait_until(lambda: httpx.get(server.url + "/readyz", timeout=HANG_S).is_success)  # its browser is there
        in_use = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (in_use + 10, in_use + 10))
        with crowd(server.port, 200):
            assert httpx.get(server.url + "/livez", timeout=HANG_S).is_success
            assert share_of_a_core(server.pid) < 0.25
        broken = [line for line in server.log.splitlines() if "Traceback" in line]
        assert [line for line in broken if '"task": "' not in line] == []  # one of the tasks may just have been due


def test_five_hundred_readers_that_reset_at_once_are_freed(server: Server, http: httpx.Client) -> None:
    with starting(http, text=chapter(400, "left alone"), max_screenshots=500) as (_, events):
        operation_id = next(events)["operation_id"]
        before = sockets_of(server.pid)
        with crowd(server.port, 500, get(f"/runs/{operation_id}/events")) as readers:
            for reader in readers:
                assert reader.recv(12) == b"HTTP/1.1 200"
            assert sockets_of(server.pid) >= before + 500
            reset(readers)
        wait_until(lambda: sockets_of(server.pid) <= before)
        cancel(http, operation_id)


def test_a_hundred_clients_gone_before_the_first_byte_leave_no_slot_taken(server: Server, http: httpx.Client) -> None:
    longest_s = 0.018
    runs: list[dict[str, str]] = []
    for number in range(100):
        body = {"text": f"gone {number}", "lane": f"gone-{number}", "on_disconnect": "cancel"}
        with crowd(server.port, 1, post(body)) as clients:
            time.sleep(number % 10 / 9 * longest_s)  # gone before, while and after it is admitted
            reset(clients)
        if number % 10 == 9:
            listed = http.get("/runs", params={"limit": 200}).json()["runs"]
            runs = [run for run in listed if run["lane"].startswith("gone-")]
            if len(runs) <= number / 10:
                longest_s *= 2  # a busy machine
    assert len(runs) > 5
    for run in runs:
        current = {"lane": run["lane"]}
        wait_until(lambda current=current: http.get("/runs/current", params=current).status_code == 204)  # type: ignore[misc]
        assert http.get(run["url"]).json()["status"] in {"cancelled", "complete"}
