"""One caller floods, another goes on: two tokens, and a third that may do more, over HTTP on a real server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from pressrun.api.gate.tokens import new_token
from tests.support.flood import flooding
from tests.support.limits import HANG_S
from tests.support.runs import Event, events_of, wait_for_status, wait_until
from tests.support.server import cold, start_server
from tests.support.storms import crowd

pytestmark = pytest.mark.slow

_FLOOD_S = 4
_SHARE = 2  # of the four that may run, and of the four that may wait


@dataclass
class Callers:
    """Their clients, and a server whose AI never answers, so that a run with AI stays."""

    url: str
    port: int
    flood_token: str
    flood: httpx.Client
    quiet: httpx.Client
    trusted: httpx.Client


@contextmanager
def open_callers(folder: Path, **env: str) -> Iterator[Callers]:
    flood, quiet = new_token("flood"), new_token("quiet")
    trusted = new_token("trusted", frozenset({"run", "read", "priority", "admin"}))
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        given = {
            "PRESSRUN_TOKENS": ",".join(line for _, line in (flood, quiet, trusted)),
            "PRESSRUN_AI_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
            "PRESSRUN_AI_MODEL": "silent",
            **env,
        }
        server = stack.enter_context(start_server(folder / "data", **cold(), **given))
        clients = [
            stack.enter_context(
                httpx.Client(base_url=server.url, timeout=HANG_S, headers={"Authorization": f"Bearer {token}"})
            )
            for token, _ in (flood, quiet, trusted)
        ]
        yield Callers(server.url, server.port, flood[0], *clients)


def start(http: httpx.Client, text: str, **body: Any) -> httpx.Response:
    """Answered at once; the run makes a document and nothing else."""
    given = {"text": text, "outputs": ["html"], "composer": "markdown", **body}
    return http.post("/generate-sse", json=given, headers={"Prefer": "respond-async"})


def begins_s(http: httpx.Client, text: str, **body: Any) -> float:
    """Seconds from the POST to `started`."""
    given = {"text": text, "outputs": ["html"], "composer": "markdown", **body}
    begun_at = time.monotonic()
    with http.stream("POST", "/generate-sse", json=given) as answer:
        assert answer.status_code == 200, answer.read()
        took_s = None
        for event in events_of(answer):
            if event["type"] == "started":
                took_s = time.monotonic() - begun_at
    assert event["type"] == "complete"
    assert took_s is not None
    return took_s


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    problem = answer.json()
    return answer.status_code, problem["code"], problem.get("limit")


@pytest.mark.promise("peers")
def test_beside_a_caller_that_floods_another_s_runs_are_accepted_and_begin(tmp_path: Path) -> None:
    with open_callers(tmp_path) as callers:
        with flooding(callers.url, callers.flood_token, 20 * _FLOOD_S) as flood:
            over_at, number = time.monotonic() + _FLOOD_S, 0
            while time.monotonic() < over_at or number < 2:
                number += 1
                assert begins_s(callers.quiet, f"own {number}", lane="quiet") < HANG_S
                assert begins_s(callers.quiet, f"common {number}", on_busy="queue") < HANG_S
        assert flood.told["202"] > 0
        assert {answer.partition(" ")[0] for answer in flood.told} <= {"200", "202", "409", "429"}, flood.told


@pytest.mark.promise("caller-share")
def test_who_sends_half_of_its_bodies_has_half_of_the_connections_and_another_is_let_in(tmp_path: Path) -> None:
    with open_callers(tmp_path, PRESSRUN_MAX_CONNECTIONS="64") as callers:
        half = (
            "POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {callers.flood_token}\r\nContent-Length: 1000\r\n\r\n{{"
        )
        with crowd(callers.port, 100, half.encode()):
            wait_until(lambda: callers.flood.get("/runs").status_code in {429, 503})
            told = callers.flood.get("/runs")
            assert refusal(told) == (429, "caller_limit", "open_requests")
            assert callers.quiet.get("/runs").status_code == 200


def test_who_has_its_share_is_told_429_which_and_when_and_another_begins_and_waits(tmp_path: Path) -> None:
    shares = {"PRESSRUN_MAX_RUNS": str(2 * _SHARE), "PRESSRUN_MAX_QUEUED": str(2 * _SHARE)}
    with open_callers(tmp_path, **shares) as callers:
        for number in range(_SHARE):
            assert start(callers.flood, f"stays {number}", lane=f"flood-{number}", composer="ai").status_code == 202
        answer = start(callers.flood, "one more", lane="free")
        assert refusal(answer) == (429, "caller_limit", "max_runs")
        assert int(answer.headers["Retry-After"]) >= 1
        for number in range(_SHARE):
            assert start(callers.flood, f"waits {number}", lane="free", on_busy="queue").json()["status"] == "queued"
        answer = start(callers.flood, "one more that waits", lane="flood-0", on_busy="queue")
        assert refusal(answer) == (429, "caller_limit", "max_queued")
        assert int(answer.headers["Retry-After"]) >= 1
        assert start(callers.quiet, "quiet", lane="free").json()["status"] == "running", "in front of who may not begin"
        assert start(callers.quiet, "quiet waits", lane="flood-0", on_busy="queue").json()["status"] == "queued"


def test_callers_take_turns_in_a_lane_and_a_priority_above_the_usual_wants_its_scope(tmp_path: Path) -> None:
    with open_callers(tmp_path) as callers:
        assert callers.trusted.post("/lanes/default/pause").status_code == 200
        came = [
            (callers.flood, "flood 1", 0),
            (callers.flood, "flood 2", 0),
            (callers.flood, "flood 3", 0),
            (callers.quiet, "quiet 1", 0),
            (callers.quiet, "quiet 2", 0),
            (callers.flood, "flood below", -1),
            (callers.trusted, "before all", 1),
        ]
        waiting: dict[str, tuple[httpx.Client, str]] = {}
        for http, text, priority in came:
            answer = start(http, text, on_busy="queue", priority=priority, title=text)
            waiting[text] = (http, answer.json()["operation_id"])
        denied = start(callers.flood, "pushes", on_busy="queue", priority=1)
        assert refusal(denied) == (403, "forbidden", None)
        assert "priority" in denied.json()["detail"]
        callers.trusted.post("/lanes/default/resume").raise_for_status()
        ended: dict[str, Event] = {
            text: wait_for_status(http, name, "complete") for text, (http, name) in waiting.items()
        }
        order = sorted(ended, key=lambda text: ended[text]["started_at"])
        assert order == ["before all", "flood 1", "quiet 1", "flood 2", "quiet 2", "flood 3", "flood below"]
