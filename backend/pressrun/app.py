"""`create_app(settings)` and `serve(settings)`. The lifespan is the only place that builds long-lived things; in which
order, and how they are closed, stands in `lifespan.py`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressrun.api.connections.listeners import most_connections
from pressrun.api.connections.server import open_server, run_server
from pressrun.api.gate.cors import CorsOrigins
from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.gate.quotas import CallerQuotas
from pressrun.api.gate.tokens import parse_tokens, require_safe_bind
from pressrun.api.methods import methods_of
from pressrun.api.routes import build_routes
from pressrun.api.streams.run_streams import StreamRunner
from pressrun.api.wire.problems import exception_handlers
from pressrun.background import Background
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.clock import Clock
from pressrun.data_folder import (
    DATABASE_NAME,
    keep_to_ourselves,
    lock_data_folder,
    open_data_folder,
)
from pressrun.db.engine import open_database
from pressrun.egress.policy import EgressPolicy
from pressrun.errors import StartupError
from pressrun.failpoints import arm
from pressrun.lifespan import open_all
from pressrun.runs import store_id
from pressrun.settings import CallerLimits, Settings, read_variable
from pressrun.telemetry import SecretMask, configure_logging

_BROKEN_LIMIT_S = 4.5  # promise: a process that cannot go on is gone within 5 s; in order it takes about one

_log = structlog.get_logger(__name__)


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    background: Background | None = None,
    browsers: tuple[BrowserPool, Seal] | None = None,
) -> ASGIApp:
    """The whole application behind its gate. Raises: StartupError when the settings are not safe.

    `browsers`: opened, warmed and closed by the caller, around the application.
    """
    background = background or Background()
    tokens = parse_tokens(settings.tokens)
    require_safe_bind(settings.host, tokens)
    egress_policy = EgressPolicy.parse(settings.egress)
    mask = SecretMask(settings.secrets())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with open_all(settings, clock, mask, egress_policy, background, browsers) as state:
            yield {"app": state}

    app = Starlette(routes=build_routes(), lifespan=lifespan, exception_handlers=exception_handlers(mask))
    config = GateConfig(
        hosts=HostList(settings.host, settings.allowed_hosts),
        methods_of=lru_cache(maxsize=64)(partial(methods_of, app.routes)),
        cors=CorsOrigins(settings.cors_origins),
        tokens=tokens,
        quotas=CallerQuotas(caller_limits(settings), by_address=settings.max_connections_per_address != 0),
    )
    return StreamRunner(Gate(app, config))


def serve(settings: Settings) -> None:
    """Runs the server until SIGINT or SIGTERM. Raises: StartupError."""
    keep_to_ourselves()
    configure_logging(level=settings.log_level, json_lines=settings.log_json, mask=SecretMask(settings.secrets()))
    arm(read_variable("PRESSRUN_FAILPOINTS"), environment=read_variable("PRESSRUN_ENV"))
    background = Background(when_broken=_leave_in_time)
    start = _Start(create_app(settings, background=background))
    try:
        run_server(
            start,
            host=settings.host,
            port=settings.port,
            max_connections=settings.max_connections,
            max_per_address=settings.max_connections_per_address,
            background=background,
        )
    except SystemExit:
        if start.failure is not None:
            raise start.failure from None
        raise


@asynccontextmanager
async def open_embedded(
    settings: Settings, background: Background, browsers: tuple[BrowserPool, Seal]
) -> AsyncIterator[str]:
    """A server on loopback for as long as this is open, beside what else runs on this loop; yields its address.

    The process is a command's, which writes results as its user wants them: so not `keep_to_ourselves`. Data folder
    and temporary folders are closed, and with them what is below. Raises: StartupError.
    """
    arm(read_variable("PRESSRUN_FAILPOINTS"), environment=read_variable("PRESSRUN_ENV"))
    start = _Start(create_app(settings, background=background, browsers=browsers))
    try:
        async with open_server(start, host=settings.host, background=background) as port:
            yield f"http://{settings.host}:{port}"
    except StartupError as exc:
        raise start.failure or exc from None


def _leave_in_time() -> None:
    """The application has broken off: whoever watches over the process shall start another, whatever hangs here."""
    _log.critical("a task group of the application has broken; its runs are handed back and the process ends")
    timer = threading.Timer(_BROKEN_LIMIT_S, os._exit, [1])
    timer.daemon = True
    timer.start()


async def adopt_store(settings: Settings) -> None:
    """Makes the data folder the store of the database, while no server runs. Raises: StartupError."""
    data_dir = settings.data_dir.resolve()
    url, direct_url = settings.database_urls()
    with open_data_folder(data_dir) if url else lock_data_folder(data_dir):
        async with open_database(url or data_dir / DATABASE_NAME, pooled=direct_url != url) as database:
            await store_id.adopt_store(database, data_dir)


class _Start:
    """Keeps why the start failed: for a person one sentence, where the server would log a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: StartupError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, self._quietly(send) if scope["type"] == "lifespan" else send)

    def _quietly(self, send: Send) -> Send:
        async def send_quietly(message: Message) -> None:
            reason = sys.exc_info()[1]  # Starlette tells of a failed start while it handles the exception
            if message["type"] == "lifespan.startup.failed" and isinstance(reason, StartupError):
                self.failure = reason
                message = {"type": message["type"], "message": ""}
            await send(message)

        return send_quietly


def caller_limits(settings: Settings) -> CallerLimits:
    """Of one caller; where there are several, nobody has more than half of the connections at work."""
    limits = settings.caller
    if limits.open_requests is None and len(settings.tokens) > 1:
        most = most_connections()
        limits = replace(limits, open_requests=max(1, min(most, settings.max_connections or most) // 2))
    return limits
