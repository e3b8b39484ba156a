"""A server that speaks the contract from a script, and fails exactly where a test wants it to.

A real HTTP server on loopback (the standard library's, because it lets go of a socket at any byte). Each request is
answered by the next `Answer` of its script; `Stream` answers send a recorded log from the cursor that was asked for.
Owns nothing of the product: what it sends was written down from CONTRACT.md.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.limits import HANG_S

OPERATION_ID = "0199f2c4-0000-7000-8000-000000000001"
RUN = {"operation_id": OPERATION_ID, "status": "running", "stage": "render", "progress": 40, "lane": "default"}


def event(seq: int, type: str, **fields: Any) -> dict[str, Any]:
    """An event object as on the wire."""
    head = {"type": type, "seq": seq, "operation_id": OPERATION_ID, "at": "2026-11-21T08:00:00.000000Z", "v": 1}
    return head | fields


LOG: tuple[dict[str, Any], ...] = (
    event(1, "started", attempt=1, resumed_from=None, estimated_total_s=None),
    event(2, "progress", stage="compose", progress=2, message="Reading the source", current=None, total=None),
    event(3, "html_generated", html_filename="document.html", url="/runs/x", title="Flüsse नदी 🙂", size_bytes=900),
    event(4, "screenshot", index=1, total=1, filename="slides/0001.png", url="/runs/x", width=1920, height=1080,
          size_bytes=5, sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
    event(5, "warning", code="truncated", message="Too long"),
    event(6, "complete", screenshot_count=1, screenshot_files=["slides/0001.png"], artifacts=[], truncated=False,
          duration_s=1.5, folder="/data/batches/x"),
)  # fmt: skip


def frame(wire: dict[str, Any]) -> bytes:
    """`id`, `event`, `data`."""
    return f"id: {wire['seq']}\nevent: {wire['type']}\ndata: {json.dumps(wire, ensure_ascii=False)}\n\n".encode()


@dataclass(frozen=True)
class Answer:
    """A whole answer, or with `drop` none at all: the connection is reset when the request has been read."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    content_type: str = "application/json"


@dataclass(frozen=True)
class Stream:
    """The log from the cursor on. `events`: at most so many, then the end; `cut_after_bytes`: of the whole answer.

    `end`: `close` as a server that stops, `reset` as a line that breaks, `hold` as one that falls silent.
    """

    log: tuple[dict[str, Any], ...] = LOG
    events: int | None = None
    cut_after_bytes: int | None = None
    end: str = "close"
    retry_ms: int | None = 1
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Script:
    """What the server does, and what it saw. The last answer for a method is repeated for ever."""

    def __init__(self, **answers: list[Answer | Stream]) -> None:
        self._answers = {method: list(steps) for method, steps in answers.items()}
        self._lock = threading.Lock()  # requests arrive in threads of their own
        self.seen: list[Seen] = []
        self.arrived = threading.Event()
        self.released = threading.Event()

    def next(self, seen: Seen) -> Answer | Stream:
        with self._lock:
            self.seen.append(seen)
            self.arrived.set()
            steps = self._answers.get(_kind(seen), [Answer(404, {"title": "Not found"})])
            return steps.pop(0) if len(steps) > 1 else steps[0]

    def count(self, kind: str) -> int:
        return sum(_kind(seen) == kind for seen in self.seen)


def _kind(seen: Seen) -> str:
    if seen.method == "POST":
        return "cancel" if seen.path.endswith("/cancel") else "generate"
    if seen.path.endswith("/events"):
        return "events"
    if "/files/" in seen.path:
        return "files"
    return "run" if seen.path.startswith("/runs/") else "runs"


@contextmanager
def scripted_server(script: Script) -> Iterator[str]:
    """Its URL while it runs."""

    class Handler(_Handler):
        pass

    Handler.script = script
    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join(HANG_S)


class _Server(ThreadingHTTPServer):
    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # without the FIN that the library sends first: a reset must be one


class _Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, json.loads(raw) if raw else None)
        answer = self.script.next(seen)
        self.close_connection = True
        try:
            if isinstance(answer, Stream):
                self._stream(answer, int(headers.get("last-event-id", 0)))
            elif answer.drop:
                self._reset()
            else:
                self._whole(answer)
        except OSError:
            pass  # the client has gone, as some tests want

    def _whole(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        body = b"" if answer.body is None else body
        length = {} if answer.status == 204 else {"Content-Length": str(len(body))}
        self._send(
            answer.status,
            {"Content-Type": answer.content_type, "Connection": "close", **length, **answer.headers},
            body,
        )

    def _stream(self, answer: Stream, after: int) -> None:
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Location": f"/runs/{OPERATION_ID}/events"}
        headers |= {"Run-Disposition": "started", "Connection": "close"} | answer.headers
        body = self._log(answer, after) if answer.raw is None else answer.raw
        self._send(200, headers, body, cut_after_bytes=answer.cut_after_bytes)
        if answer.end == "hold":
            self.script.released.wait(HANG_S)
        elif answer.end == "reset" or answer.cut_after_bytes is not None:
            self._reset()

    def _log(self, answer: Stream, after: int) -> bytes:
        parts = [b"" if answer.retry_ms is None else f"retry: {answer.retry_ms}\n\n".encode()]
        if self.command == "GET":
            snapshot = json.dumps({"type": "snapshot", "from": after + 1, **RUN})
            parts.append(f"event: snapshot\ndata: {snapshot}\n\n".encode())
        parts += [frame(wire) for wire in answer.log if wire["seq"] > after][: answer.events]
        return b"".join(parts)

    def _send(self, status: int, headers: dict[str, str], body: bytes, cut_after_bytes: int | None = None) -> None:
        head = f"HTTP/1.1 {status} Scripted\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.wfile.write((head.encode() + b"\r\n" + body)[:cut_after_bytes])

    def _reset(self) -> None:
        """RST instead of FIN, as from a machine that has gone."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
