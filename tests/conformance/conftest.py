"""The server under test, a client for it, and one run that has ended."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse

from tests.support.limits import HANG_S
from tests.support.server import start_server

ORIGIN = os.environ.get("CONFORMANCE_ORIGIN")  # one that the server under test lets in (PRESSRUN_CORS_ORIGINS)
OWN_ORIGIN = "https://app.example"
TOKEN = os.environ.get("CONFORMANCE_TOKEN")
HEADERS = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}

Message = tuple[str, str, str]  # id, event, data


@dataclass(frozen=True)
class EndedRun:
    """A run and every message of its log, as httpx-sse read them."""

    operation_id: str
    messages: list[Message]
    post: httpx.Response

    @property
    def events_path(self) -> str:
        return f"/runs/{self.operation_id}/events"


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("CONFORMANCE_URL")
    if given:
        yield given.rstrip("/")
        return
    folder = tmp_path_factory.mktemp("conformance")
    # the heartbeat is not waited for as long as the contract has it
    env = {"PRESSRUN_CORS_ORIGINS": OWN_ORIGIN, "PRESSRUN_HEARTBEAT_S": "1"}
    with start_server(folder / "data", as_command=True, **env) as server:
        yield server.url


@pytest.fixture
def origin() -> str:
    if os.environ.get("CONFORMANCE_URL") and not ORIGIN:
        pytest.skip("no CONFORMANCE_ORIGIN that this server lets in")
    return ORIGIN or OWN_ORIGIN


@pytest.fixture(scope="session")
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=HEADERS, timeout=HANG_S) as client:
        yield client


@pytest.fixture
def body() -> dict[str, Any]:
    return new_body()


def new_body(slides: int = 3) -> dict[str, Any]:
    """A request nobody has sent before, in a lane nobody uses."""
    name = uuid.uuid4().hex[:12]
    words = "Rivers carry sand, नदी and 河, to the sea. " * 20
    text = "\n\n".join(f"# Bend {n} of {name}\n\n{words}" for n in range(slides))
    return {"text": text, "lane": f"conformance-{name}"}


def read(http: httpx.Client, path: str, method: str = "GET", **options: Any) -> tuple[httpx.Response, list[Message]]:
    """A whole stream by httpx-sse."""
    with connect_sse(http, method, path, **options) as source:
        # httpx-sse gives out the `retry:` block too, as a message without data; the standard does not
        return source.response, [message(sse) for sse in source.iter_sse() if sse.data]


def message(sse: ServerSentEvent) -> Message:
    return (sse.id, sse.event, sse.data)


@pytest.fixture(scope="session")
def ended(http: httpx.Client) -> EndedRun:
    answer, messages = read(http, "/generate-sse", "POST", json=new_body())
    return EndedRun(answer.headers["location"].split("/")[2], messages, answer)
