"""The servers under measurement, each a process of its own: `python -m benchmarks.apps KIND PORT [DATA_DIR]`.

- `pressrun`: the real application and server, plus one route that a run's events can be poured in through.
- `generator`: what the tutorials say, a sse-starlette generator that makes and sends the same events for each reader.
- `shared`: the same with what a good one does: each event encoded once for all, all that is ready in one send.
- `route`: two Starlette routes: `GET /livez`, and a POST that reads its JSON and answers the 409 that it was given.
"""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio
import anyio.lowlevel
import httpx
import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pressrun.api.connections.server import run_server
from pressrun.app import create_app
from pressrun.events.model import Log
from pressrun.settings import Settings
from tests.support.server import free_port

_START_LIMIT_S = 30
MESSAGE = "Drew part 17 of 50: the river carries sand and stones down to the sea"


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[tuple[str, int, int]]:
    """A running server: its URL, port and process id."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.apps", kind, str(port), str(folder)]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url, process)
        yield url, port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def allow_descriptors() -> None:
    """As many as the system lets this process have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while True:
        try:
            httpx.get(url + "/livez")
        except httpx.TransportError:
            assert process.poll() is None, "the server ended at once"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        else:
            return


def pour(count: int, pace_s: float) -> str:
    """The path that lets `count` events flow, one every `pace_s`; answered when they are through."""
    return f"/bench/pour?count={count}&pace_s={pace_s}"


class Pouring:
    """The application, and `POST /bench/pour` which appends to the run in the default lane what its steps would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/bench/pour":
            await self._app(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode())
        service = scope["state"]["app"].service
        run = await service.current("default")
        assert run is not None
        for _ in range(int(query["count"][0])):
            await service._lifecycle.emit(run.operation_id, run.attempt, Log(message=MESSAGE))
            await anyio.sleep(float(query["pace_s"][0]))
        await JSONResponse({})(scope, receive, send)


def _pressrun(port: int, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an AI that never answers: its run is there, and quiet
        settings = Settings(
            data_dir=folder / "data",
            host="127.0.0.1",
            port=port,
            ai_base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
            ai_model="silent",
            ai_timeout_s=3600,
            log_level="WARNING",
        )
        run_server(Pouring(create_app(settings)), host="127.0.0.1", port=port)


def _generator(port: int, _folder: Path) -> None:
    go, counts = anyio.Event(), [0]

    async def events(_request: Request) -> Response:
        async def make() -> AsyncIterator[dict[str, str]]:
            yield {"event": "snapshot", "data": "{}"}
            await go.wait()
            for seq in range(1, counts[0] + 1):
                yield {"id": str(seq), "event": "log", "data": json.dumps(_event(seq))}
            await anyio.sleep_forever()

        return EventSourceResponse(make(), ping=10)

    async def start(request: Request) -> Response:
        counts[0] = int(request.query_params["count"])
        go.set()
        return JSONResponse({})

    _serve_plain(Starlette(routes=[Route("/events", events), Route("/bench/pour", start, methods=["POST"])]), port)


def _shared(port: int, _folder: Path) -> None:
    frames: list[bytes] = []
    news = [anyio.Event()]

    async def events(_request: Request) -> Response:
        async def make() -> AsyncIterator[bytes]:
            cursor = 0
            yield ServerSentEvent("{}", event="snapshot").encode()
            while True:
                waited = news[0]
                if cursor == len(frames):
                    await waited.wait()
                chunk, cursor = b"".join(frames[cursor:]), len(frames)
                yield chunk

        return EventSourceResponse(make(), ping=10)

    async def start(request: Request) -> Response:
        for _ in range(int(request.query_params["count"])):
            seq = len(frames) + 1
            frames.append(ServerSentEvent(json.dumps(_event(seq)), event="log", id=str(seq), sep="\n").encode())
            news[0].set()
            news[0] = anyio.Event()
            await anyio.lowlevel.checkpoint()
        return JSONResponse({})

    _serve_plain(Starlette(routes=[Route("/events", events), Route("/bench/pour", start, methods=["POST"])]), port)


def _event(seq: int) -> dict[str, Any]:
    return {
        "type": "log",
        "seq": seq,
        "operation_id": "0199f000-0000-7000-8000-000000000000",
        "at": datetime.now(UTC).isoformat(),
        "v": 1,
        "level": "info",
        "message": MESSAGE,
    }


def _route(port: int, _folder: Path) -> None:
    refusal: dict[str, Any] = {}

    async def show(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "checks": {}})

    async def learn(request: Request) -> Response:
        refusal.update(await request.json())
        return JSONResponse({})

    async def refuse(request: Request) -> Response:
        await request.json()
        return JSONResponse(refusal, 409)

    routes = [
        Route("/livez", show),
        Route("/generate-sse", refuse, methods=["POST"]),
        Route("/learn", learn, methods=["PUT"]),
    ]
    _serve_plain(Starlette(routes=routes), port)


def _serve_plain(app: ASGIApp, port: int) -> None:
    uvicorn.run(app, host="127.0.0.1", port=port, http="h11", log_config=None, access_log=False, server_header=False)


KINDS = {"pressrun": _pressrun, "generator": _generator, "shared": _shared, "route": _route}

if __name__ == "__main__":
    allow_descriptors()
    KINDS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
