"""An app behind its gate."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.tokens import caller_of
from pressrun.api.wire.file_headers import headers_for
from tests.support.raw_asgi import Answer, ask


class Victim:
    """An app behind its gate that counts what comes through."""

    def __init__(self, *configured: str, bind: str = "127.0.0.1", **config: Any) -> None:
        self.reached: list[str] = []
        methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
        app = Starlette(
            routes=[
                Route("/document", self._document),
                Route("/unchanged", self._unchanged),
                Route("/{path:path}", self._anything, methods=methods),
            ]
        )
        self.app = Gate(app, GateConfig(hosts=HostList(bind, configured), **config))

    async def _anything(self, request: Request) -> Response:
        self.reached.append(f"{request.method} {request.scope['path']}")
        return JSONResponse({"caller": caller_of(request.scope).name})

    async def _document(self, request: Request) -> Response:
        return Response("<p>", headers=headers_for("document.html", "text/html"))

    async def _unchanged(self, request: Request) -> Response:
        return Response(status_code=304, headers={"ETag": '"1"'})

    async def refuses(self, *args: Any, **kwargs: Any) -> Answer:
        """The refusal; fails if the request came through."""
        before = len(self.reached)
        answer = await ask(self.app, *args, **kwargs)
        assert len(self.reached) == before
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status
        return answer

    async def takes(self, *args: Any, **kwargs: Any) -> Answer:
        before = len(self.reached)
        answer = await ask(self.app, *args, **kwargs)
        assert answer.status == 200, answer.body
        assert len(self.reached) == before + 1
        return answer
