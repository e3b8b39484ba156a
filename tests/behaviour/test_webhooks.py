"""Webhooks over a real server: told once and verifiable, told again after a crash, refused where they cannot work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pressrun.settings import new_webhook_secret
from tests.support.limits import HANG_S
from tests.support.runs import run_to_end, wait_until
from tests.support.server import cold, start_server
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.slow]

SECRET = new_webhook_secret()


class Receiver:
    """Answers each request with the next of `statuses`, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.came = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def receive(self, request: Request) -> Response:
        self.received.append((dict(request.headers), await request.body()))
        status = self.statuses.pop(0) if self.statuses else 200
        self.came.set()
        await anyio.to_thread.run_sync(self.answers.wait)
        return Response(status_code=status)

    def verified(self) -> list[dict[str, Any]]:
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with serve(Starlette(routes=[Route("/hook", receiver.receive, methods=["POST"])])) as port:
        receiver.port = port
        yield receiver


@pytest.mark.chromium
@pytest.mark.promise("webhook")
def test_a_run_is_told_once_and_a_refused_message_again_after_a_crash(tmp_path: Path) -> None:
    with receiving() as receiver:
        env = {"PRESSRUN_WEBHOOK_SECRET": SECRET, "PRESSRUN_EGRESS": f"127.0.0.1:{receiver.port}"}
        with (
            start_server(tmp_path / "data", **env) as server,
            httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        ):
            first = run_to_end(http, text="# told", webhook_url=receiver.url)[-1]["operation_id"]
            wait_until(lambda: webhook_of(http, first)["state"] == "delivered")
            delivered = {"state": "delivered", "attempts": 1, "last_status": 200, "due_at": None}
            assert webhook_of(http, first) == delivered
            again = http.post(f"/runs/{first}/webhook")
            assert (again.status_code, again.json()["state"]) == (202, "due")
            wait_until(lambda: len(receiver.received) == 2 and webhook_of(http, first) == delivered)
            untold = run_to_end(http, text="# untold")[-1]["operation_id"]
            assert http.post(f"/runs/{untold}/webhook").json()["code"] == "conflict"
            assert http.post("/runs/01890a5d-ac96-774b-bcce-b302099a8057/webhook").status_code == 404

            receiver.statuses = [500]
            receiver.came.clear()
            second = run_to_end(http, text="# told again", webhook_url=receiver.url)[-1]["operation_id"]
            assert receiver.came.wait(HANG_S)
            server.kill()
            server.start()
            wait_until(lambda: webhook_of(http, second)["state"] == "delivered")
            assert SECRET.removeprefix("whsec_") not in server.log
        told = receiver.verified()
    assert [message["data"]["operation_id"] for message in told] == [first, first, second, second]
    assert {message["type"] for message in told} == {"run.complete"}
    ids = [headers["webhook-id"] for headers, _ in receiver.received]
    assert ids[0] == ids[1] != ids[2]
    assert ids[2] == ids[3]
    assert told[0] == told[1]


@pytest.mark.promise("webhook")
def test_a_message_whose_answer_a_kill_cut_off_is_told_again_under_its_id(tmp_path: Path) -> None:
    with receiving() as receiver:
        env = {"PRESSRUN_WEBHOOK_SECRET": SECRET, "PRESSRUN_EGRESS": f"127.0.0.1:{receiver.port}"}
        with (
            start_server(tmp_path / "data", **cold(), **env) as server,
            httpx.Client(base_url=server.url, timeout=HANG_S) as http,
        ):
            receiver.answers.clear()
            run = run_to_end(http, text="# told", outputs=["html"], webhook_url=receiver.url)[-1]["operation_id"]
            assert receiver.came.wait(HANG_S)
            server.kill()
            receiver.answers.set()
            server.start()
            wait_until(lambda: webhook_of(http, run)["state"] == "delivered")
            assert webhook_of(http, run) == {"state": "delivered", "attempts": 2, "last_status": 200, "due_at": None}
        first, second = receiver.verified()
    assert first == second
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1


def test_a_webhook_that_could_never_be_told_is_refused_with_the_setting_in_the_way(tmp_path: Path) -> None:
    with start_server(tmp_path / "unsigned", **cold()) as server:
        assert refusal(server.url, "https://example.org/") == "PRESSRUN_WEBHOOK_SECRET"
    env = {"PRESSRUN_WEBHOOK_SECRET": SECRET, "PRESSRUN_EGRESS": "public"}
    with start_server(tmp_path / "public", **cold(), **env) as server:
        for url in ("http://127.0.0.1/", "http://0x7f.1/", "http://[::1]/", "https://example.org:8443/"):
            assert refusal(server.url, url) == "PRESSRUN_EGRESS"
        for url in ("https://u:p@example.org/", "ftp://example.org/", "https://", "x" * 3000):
            assert refusal(server.url, url) is None


def webhook_of(http: httpx.Client, operation_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = http.get(f"/runs/{operation_id}").json()["webhook"]
    return shown


def refusal(server: str, url: str) -> str | None:
    """The setting that the 422 names, if any; every one names the field."""
    response = httpx.post(f"{server}/generate-sse", json={"text": "x", "webhook_url": url})
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["field"] == "webhook_url"
    settings = [name for name in ("PRESSRUN_WEBHOOK_SECRET", "PRESSRUN_EGRESS") if name in error["problem"]]
    return settings[0] if settings else None
