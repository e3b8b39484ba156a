"""Ask an ASGI app with a head that no well-behaved client would send."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

HERE = ("host", "localhost:8000")


@dataclass
class Answer:
    """What came back, and how often the app asked for the body."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    receives: int = 0

    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    *headers: tuple[str, str],
    body: bytes | list[bytes] = b"",
    server: tuple[str, int] = ("127.0.0.1", 8000),
    client: tuple[str, int] = ("127.0.0.1", 50000),
) -> Answer:
    """The answer of `app`; what it raises is raised. `headers` go as they are: a Host must be among them."""
    answer = Answer()
    path, _, query = path.partition("?")
    chunks = [body] if isinstance(body, bytes) else list(body)

    async def receive() -> Message:
        answer.receives += 1
        chunk = chunks.pop(0) if chunks else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], Headers(raw=message["headers"])
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers],
        "server": server,
        "client": client,
        "state": {},
    }
    await app(scope, receive, send)
    return answer
