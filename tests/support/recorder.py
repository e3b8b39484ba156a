"""An ASGI layer that writes down each request that passes it, with the status that went back."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Seen:
    """One request as it passed; `status` is 0 until the answer began."""

    method: str
    path: str
    headers: Headers
    status: int = 0


class Recorder:
    """Put one outside the gate and one inside: the difference is what the gate kept out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen: list[Seen] = []
        self._answered = threading.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = Seen(scope["method"], scope["path"], Headers(scope=scope))
        self.seen.append(entry)

        async def note_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self._answered:
                    entry.status = message["status"]
                    self._answered.notify_all()
            await send(message)

        await self._app(scope, receive, note_status)

    def unsafe(self) -> list[Seen]:
        """What was asked for besides GET and HEAD."""
        return [entry for entry in self.seen if entry.method not in {"GET", "HEAD"}]

    def wait_for_unsafe(self, timeout_s: float = 10) -> None:
        """Blocks the calling thread, not the server's, until something besides GET and HEAD has been answered."""
        with self._answered:
            assert self._answered.wait_for(lambda: any(entry.status for entry in self.unsafe()), timeout_s)
