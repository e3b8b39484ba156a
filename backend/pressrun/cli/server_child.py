"""The process of the server of one command: `server_process` starts it, and says which folder to serve.

Standard input: a line that says what to serve, and a last one that asks for an end in order. Where it ends without that
one the command was killed, and so is this process, at once: what it had begun is as after any crash. Standard output:
one line, the address and the token for it, or why there is no server.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread

from pressrun.cli.imports import importing
from pressrun.cli.server_process import END

_LOG_LEVEL = "ERROR"
_OWNER = "command"  # whose runs they are; of every command the same, so that one goes on with what another began
# While a thread imports, the loop gets its turn after this and not after Python's 5 ms, for a browser that starts says
# and hears some hundred things.
_TURN_S = 0.0005


def main() -> None:
    """Returns when the command has asked for the end; exits by itself where there is no command any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command's to handle
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    anyio.run(_serve, answers)


class _Orders:
    """What the command says. Read in a thread, for the loop may be busy when the command is killed."""

    def __init__(self) -> None:
        self.arrived, self.ended = anyio.Event(), anyio.Event()
        self.order: dict[str, Any] = {}
        self._loop = anyio.lowlevel.current_token()
        threading.Thread(target=self._read, daemon=True, name="orders").start()

    def _read(self) -> None:
        left = b""
        while piece := os.read(0, 65_536):
            *lines, left = (left + piece).split(b"\n")
            for line in lines:
                if line == END:
                    self._set(self.ended)
                    return
                self.order = json.loads(line)
                self._set(self.arrived)
        os._exit(1)

    def _set(self, event: anyio.Event) -> None:
        with contextlib.suppress(anyio.RunFinishedError):  # it has ended by itself
            anyio.from_thread.run_sync(event.set, token=self._loop)


class _Starting:
    """What is imported, while the command reads its words and a browser starts. `over`: there is a server, or none."""

    def __init__(self) -> None:
        self.over = False
        self._app: Any = None
        self._failure: Exception | None = None
        self._imported = anyio.Event()

    async def import_app(self) -> None:
        try:
            self._app = await anyio.to_thread.run_sync(_import_app)
        except Exception as exc:  # noqa: BLE001 - raised where somebody waits for it
            self._failure = exc
        self._imported.set()

    async def app(self) -> Any:
        await self._imported.wait()
        if self._failure is not None:
            raise self._failure
        return self._app


async def _serve(answers: int) -> None:
    orders, starting = _Orders(), _Starting()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cut_short, orders, starting, tasks.cancel_scope)
        await anyio.to_thread.run_sync(_import_browser)
        tasks.start_soon(starting.import_app)
        await orders.arrived.wait()
        try:
            async with _open(orders.order, starting) as answer:
                starting.over = True
                _say(answers, answer)
                await orders.ended.wait()
        except Exception as exc:
            if starting.over:
                raise
            _say(answers, {"error": _told(exc)})
        tasks.cancel_scope.cancel()


async def _cut_short(orders: _Orders, starting: _Starting, scope: anyio.CancelScope) -> None:
    """A start that nobody waits for any more; later the end is in order."""
    await orders.ended.wait()
    if not starting.over:
        scope.cancel()


def _say(answers: int, answer: dict[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(answers, json.dumps(answer).encode() + b"\n")


def _told(exc: Exception) -> str:
    from pressrun.cli.failures import lines_of
    from pressrun.groups import first_cause

    cause = first_cause(exc) if isinstance(exc, BaseExceptionGroup) else exc
    return " ".join(lines_of(cause))


def _import_browser() -> None:
    with importing():
        import pressrun.browser.pool.pool
        import pressrun.browser.setup.self_test
        import pressrun.sources.parser_pool  # noqa: F401
        from pressrun.browser.chromium.playwright import async_api

        _ = async_api.Error  # imports it


def _import_app() -> Any:
    with importing():
        from pressrun import app

        return app


@asynccontextmanager
async def _open(order: dict[str, Any], starting: _Starting) -> AsyncIterator[dict[str, str]]:
    """Its address and the token for it, which nobody else knows. Raises: StartupError.

    The browser and the parser are started first: they do while the rest is imported, which takes longer.
    """
    from pressrun.api.gate.tokens import new_token
    from pressrun.background import Background
    from pressrun.background_tasks import WARM_BROWSER, WARM_PARSER
    from pressrun.browser.config import BrowserPoolConfig
    from pressrun.browser.pool.pool import open_browser_pool
    from pressrun.browser.setup.self_test import Seal
    from pressrun.sources.parser_pool import cool_down, warm_up
    from pressrun.telemetry import SecretMask, configure_logging

    token, line = new_token(_OWNER, ("admin",))
    settings = _settings(Path(order["folder"]), order["slots"], line)
    # a command tells of its run, not of its server: only what went wrong there
    configure_logging(level=_LOG_LEVEL, json_lines=settings.log_json, mask=SecretMask(settings.secrets()))
    background = Background()
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        async with open_browser_pool(BrowserPoolConfig.of(settings.browser), background=background) as pool:
            seal = Seal(pool)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(background.attempt, WARM_BROWSER, seal.warm)
                tasks.start_soon(background.attempt, WARM_PARSER, warm_up)
                app = await starting.app()
                sys.setswitchinterval(usual_s)
                async with app.open_embedded(settings, background, (pool, seal)) as url:
                    yield {"url": url, "token": token}
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await cool_down()


def _settings(folder: Path, slots: int, token_line: str) -> Any:
    """Browser, AI and egress are as they are set; what was set for servers that others reach is not for this one."""
    from pressrun.settings import Settings

    grouped: dict[str, Any] = {  # by the names that they have in the environment
        "lanes": f"default={slots}",
        "unknown_lanes": "one",
        "max_runs": max(16, slots),
        "max_queued": 100,
        "caller_max_runs": 0,
        "caller_max_queued": 0,
        "caller_max_streams": 0,
        "caller_requests_per_s": 0,
        "caller_max_bytes_per_day": 0,
    }
    return Settings(
        host="127.0.0.1",
        data_dir=folder,
        database_url=None,
        database_direct_url=None,
        allowed_hosts=(),
        cors_origins=(),
        tokens=(token_line,),
        shutdown_grace_s=0,
        **grouped,
    )
