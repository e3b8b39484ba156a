"""An endpoint that speaks chat completions on loopback, and misbehaves exactly as a test wants.

A real uvicorn in a thread of its own. Each request is answered by the next behaviour of the script; the last one is
repeated for ever. Its "model" is honest work: it sets the Markdown between the marks of the prompt as HTML, so that
what comes out at the far end of a run is what went in.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from markdown_it import MarkdownIt
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.threaded_server import serve

MODEL = "loopback-1"
_SOURCE = re.compile(r"<(source-[0-9a-f]+)>\n(.*)\n</\1>", re.DOTALL)
_DELTA_CHARS = 40


def source_of(body: dict[str, Any]) -> str:
    """The source text in a request."""
    found = _SOURCE.search(body["messages"][-1]["content"])
    assert found is not None, "the prompt holds no source between marks"
    return found.group(2)


def set_source(body: dict[str, Any]) -> str:
    """What a perfect model would answer."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(source_of(body))


@dataclass(frozen=True)
class Behaviour:
    """One answer. `text` makes it from the request; `status` other than 200 answers with `body` and `headers`.

    After `cut_after` deltas comes the `end`: `stop` and `length` (the finish reasons, then [DONE]), `done` (just
    [DONE]), `cut` (the connection closes), `hold` (silence until the client goes), `error` (an error in the stream).
    `fits_chars`: to a longer source the answer stops half way, with the finish reason `length`. `silent`: not even a
    status line. `drip_s`: the pause before each delta. `endless`: deltas until the client goes.
    """

    text: Callable[[dict[str, Any]], str] = set_source
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/event-stream; charset=utf-8"
    raw: bytes | None = None
    cut_after: int | None = None
    end: str = "stop"
    fits_chars: int | None = None
    silent: bool = False
    drip_s: float = 0
    endless: bool = False


NORMAL = Behaviour()
SILENT = Behaviour(silent=True)
ENDLESS = Behaviour(text=lambda _: "<p>again and again</p>", endless=True)
BROKEN = Behaviour(status=500, body={"error": {"message": "boom"}}, content_type="application/json")
GARBAGE = Behaviour(raw=b"data: {not json\n\ndata: [DONE]\n\n")
WEB_PAGE = Behaviour(raw=b"<!doctype html><title>Welcome</title>", content_type="text/html")


def drip(pause_s: float = 0.05) -> Behaviour:
    """A slow but living endpoint."""
    return Behaviour(drip_s=pause_s)


def cut_after(deltas: int) -> Behaviour:
    """The connection closes in the middle."""
    return Behaviour(cut_after=deltas, end="cut")


def hold_after(deltas: int) -> Behaviour:
    """Some deltas, then silence."""
    return Behaviour(cut_after=deltas, end="hold")


def too_many(retry_after: str = "0") -> Behaviour:
    """429."""
    error = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    return Behaviour(status=429, body=error, headers={"retry-after": retry_after}, content_type="application/json")


class AiServer:
    """What it does, and what it saw. Made by `ai_server`; events may be waited for from any thread."""

    def __init__(self, script: tuple[Behaviour, ...], url: str = "") -> None:
        self.url = url
        self.model = MODEL
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.arrived = threading.Event()
        self.held = threading.Event()  # it fell silent on purpose
        self.disconnected = threading.Event()  # the client hung up before the end
        self._script = list(script) or [NORMAL]
        self._lock = threading.Lock()  # the test's thread writes the script while the server's reads it
        self._closing: list[Callable[[], None]] = []

    def then(self, *script: Behaviour) -> None:
        """Replaces what it will do from now on."""
        with self._lock:
            self._script = list(script)

    def app(self) -> Starlette:
        """The ASGI app."""
        return Starlette(
            routes=[Route("/v1/models", _list_models), Route("/v1/chat/completions", _Endpoint(self), methods=["POST"])]
        )

    def release(self) -> None:
        """Ends every answer that still waits."""
        for close in self._closing:
            close()

    def next_behaviour(self) -> Behaviour:
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def closing_event(self) -> anyio.Event:
        """Set by `release`, on the loop that asks for it."""
        event, loop = anyio.Event(), asyncio.get_running_loop()
        self._closing.append(lambda: loop.call_soon_threadsafe(event.set))
        return event


@contextmanager
def ai_server(*script: Behaviour) -> Iterator[AiServer]:
    """A running endpoint; `url` is what PRESSRUN_AI_BASE_URL wants."""
    server = AiServer(script)
    with serve(server.app()) as port:
        server.url = f"http://127.0.0.1:{port}/v1"
        try:
            yield server
        finally:
            server.release()


async def _list_models(_request: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model"}]})


class _Endpoint:
    """An ASGI app of its own, so that it sees a client go while it says nothing."""

    def __init__(self, server: AiServer) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server, request = self._server, Request(scope, receive)
        closing = server.closing_event()
        try:
            body = await request.json()
        except ClientDisconnect:
            server.disconnected.set()
            return
        server.requests.append(body)
        server.headers.append(dict(request.headers))
        behaviour = server.next_behaviour()
        server.arrived.set()
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                server.disconnected.set()
                tasks.cancel_scope.cancel()

            async def close() -> None:
                await closing.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            tasks.start_soon(close)
            await self._answer(behaviour, body, send)
            tasks.cancel_scope.cancel()

    async def _answer(self, behaviour: Behaviour, body: dict[str, Any], send: Send) -> None:
        if behaviour.silent:
            await self._hold()
        if behaviour.status != 200 or behaviour.raw is not None:
            data = json.dumps(behaviour.body).encode() if behaviour.raw is None else behaviour.raw
            await _start(send, behaviour)
            await send({"type": "http.response.body", "body": data})
            return
        await _start(send, behaviour)
        async for frame in self._frames(behaviour, body):
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _frames(self, behaviour: Behaviour, body: dict[str, Any]) -> AsyncIterator[bytes]:
        yield _frame({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        text = behaviour.text(body)
        if behaviour.fits_chars is not None and len(source_of(body)) > behaviour.fits_chars:
            text, behaviour = text[: len(text) // 2], replace(behaviour, end="length")
        pieces = [text[start : start + _DELTA_CHARS] for start in range(0, len(text), _DELTA_CHARS)]
        while True:
            for piece in pieces[: behaviour.cut_after]:
                await anyio.sleep(behaviour.drip_s)
                yield _frame({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            if not behaviour.endless:
                break
        if behaviour.end == "hold":
            await self._hold()
        if behaviour.end == "error":
            yield _frame({"error": {"message": "the worker died", "code": 502}})
        if behaviour.end not in {"cut", "error", "done"}:
            yield _frame({"choices": [{"index": 0, "delta": {}, "finish_reason": behaviour.end}]})
        if behaviour.end not in {"cut", "error"}:
            yield b"data: [DONE]\n\n"

    async def _hold(self) -> None:
        self._server.held.set()
        await anyio.sleep_forever()


async def _start(send: Send, behaviour: Behaviour) -> None:
    headers = {"content-type": behaviour.content_type, **behaviour.headers}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": behaviour.status, "headers": raw})


def _frame(chunk: dict[str, Any]) -> bytes:
    data = json.dumps({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL, **chunk})
    return f"data: {data}\n\n".encode()
