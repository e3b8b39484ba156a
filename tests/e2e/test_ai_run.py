"""A run whose document an AI writes: the real server, the real Chromium, an endpoint on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.ai_server import BROKEN, MODEL, NORMAL, SILENT, AiServer, Behaviour, ai_server, hold_after
from tests.support.limits import HANG_S
from tests.support.runs import Event, check_events, check_folder, run_to_end, starting
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

KEY = "sk-canary-5f1e0a7c9d2b4e68"
TEXT = "# Rivers\n\nA river saws through mountains.\n\n- sand\n- नदी बहती है।\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
ASK = {"composer": "ai", "use_cache": False, "on_duplicate": "run"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[AiServer]:
    with ai_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def server(endpoint: AiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "PRESSRUN_AI_BASE_URL": endpoint.url,
        "PRESSRUN_AI_API_KEY": KEY,
        "PRESSRUN_AI_MODEL": MODEL,
        "PRESSRUN_LOG_LEVEL": "DEBUG",
    }
    with start_server(tmp_path_factory.mktemp("ai") / "data", **settings) as server:
        yield server
        check_secrecy(server)  # after all that the tests of this module did to it


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=HANG_S) as client:
        yield client


@contextmanager
def doing(endpoint: AiServer, *script: Behaviour) -> Iterator[None]:
    """The endpoint behaves like this until it is normal again."""
    endpoint.then(*script)
    for seen in (endpoint.arrived, endpoint.held, endpoint.disconnected):
        seen.clear()
    try:
        yield
    finally:
        endpoint.then(NORMAL)


def check_secrecy(server: Server) -> None:
    """Nothing that the server wrote, anywhere, holds the key."""
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert server.log_path.stat().st_size > 0 < len(files)  # whichever tests of this module this worker ran
    assert [path for path in (*files, server.log_path) if KEY.encode() in path.read_bytes()] == []


def warnings_of(events: list[Event]) -> list[str]:
    return [event["code"] for event in events if event["type"] == "warning"]


def document_of(events: list[Event]) -> str:
    return (Path(events[-1]["folder"]) / "document.html").read_text()


def test_the_ai_writes_the_document_and_its_key_is_seen_by_nobody_else(http: httpx.Client, endpoint: AiServer) -> None:
    events = run_to_end(http, text=TEXT, **ASK, system_prompt="Mind the rivers.")
    check_events(events)
    assert (events[-1]["type"], warnings_of(events)) == ("complete", [])
    document = document_of(events)
    assert "<li>नदी बहती है।</li>" in document
    assert "<td>2</td>" in document
    asked, headers = endpoint.requests[-1], endpoint.headers[-1]
    assert (asked["model"], asked["stream"], headers["authorization"]) == (MODEL, True, f"Bearer {KEY}")
    assert "Mind the rivers." in asked["messages"][0]["content"]
    manifest = check_folder(Path(events[-1]["folder"]))
    assert KEY not in json.dumps([events, manifest])


def test_auto_is_the_ai_where_one_is_configured_and_the_same_text_is_not_paid_for_twice(
    http: httpx.Client, endpoint: AiServer
) -> None:
    before = len(endpoint.requests)
    first = run_to_end(http, text=TEXT + "once")
    second = run_to_end(http, text=TEXT + "once", theme="ink")
    assert len(endpoint.requests) == before + 1
    assert "once" in document_of(first)
    assert document_of(first).split("<body>")[1] == document_of(second).split("<body>")[1]


def test_what_the_ai_writes_has_no_power_in_the_document(http: httpx.Client, endpoint: AiServer) -> None:
    hostile = (
        '<h1 onclick="x()" style="position:fixed">Rivers</h1><script>alert(1)</script><iframe src="http://evil.invalid">'
        '</iframe><p>A <a href="http://evil.invalid/">river</a> saws<img src="http://evil.invalid/a.png" alt="x"></p>'
    )
    with doing(endpoint, Behaviour(text=lambda _: hostile)):
        events = run_to_end(http, text=TEXT, **ASK)
    body = document_of(events).split("<body>")[1]
    assert "<h1>Rivers</h1>" in body
    assert not [word for word in ("evil.invalid", "script", "iframe", "onclick", "style=") if word in body]
    assert warnings_of(events) == ["blocked_resource", "content_missing"]


def test_auto_falls_back_to_markdown_with_a_warning_when_the_endpoint_fails(
    http: httpx.Client, endpoint: AiServer
) -> None:
    refused = Behaviour(
        status=401,
        body={"error": {"message": f"Incorrect API key provided: {KEY}"}},
        content_type="application/json",
    )
    with doing(endpoint, refused):
        events = run_to_end(http, text=TEXT, **(ASK | {"composer": "auto"}))
    check_events(events)
    assert (events[-1]["type"], warnings_of(events)) == ("complete", ["fallback_used"])
    told = next(event["message"] for event in events if event["type"] == "warning")
    assert "PRESSRUN_AI_API_KEY" in told
    assert KEY not in json.dumps(events)
    assert "<td>2</td>" in document_of(events)


def test_ai_alone_fails_with_a_clear_error_and_frees_the_slot(http: httpx.Client, endpoint: AiServer) -> None:
    with doing(endpoint, BROKEN):
        events = run_to_end(http, text=TEXT, **ASK)
    check_events(events)
    assert (events[-1]["type"], events[-1]["code"], events[-1]["stage"]) == ("error", "ai_failed", "compose")
    assert events[-1]["retryable"]
    assert "HTTP 500" in events[-1]["message"]
    assert http.get("/runs/current").status_code == 204


@pytest.mark.parametrize("behaviour", [SILENT, hold_after(1)], ids=["before the first token", "in the middle"])
def test_a_run_that_waits_for_a_silent_endpoint_is_cancelled_at_once(
    http: httpx.Client, endpoint: AiServer, behaviour: Behaviour
) -> None:
    with doing(endpoint, behaviour), starting(http, text=TEXT, **ASK) as (_, events):
        first = next(events)
        assert endpoint.held.wait(HANG_S), "the endpoint was not asked"
        http.post(f"/runs/{first['operation_id']}/cancel").raise_for_status()
        told = [first, *events]
        assert endpoint.disconnected.wait(HANG_S), "the endpoint's socket is still open"
    check_events(told)
    assert told[-1]["type"] == "cancelled"
    assert http.get("/runs/current").status_code == 204
