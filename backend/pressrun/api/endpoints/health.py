"""/livez: this process can work. /readyz: a run would work, proved by a query, a file and a page of a sealed browser.

The two are for different hands. Who restarts what is not alive asks /livez: it is about this process alone, so neither
a database that is away nor a full disk nor a missing browser ends it. Who sends work asks /readyz.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import anyio
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.state import AppState, state_of
from pressrun.api.wire.schemas import Health
from pressrun.errors import DiskFull, PressrunError

_OK = "ok"
_ANSWERS_WITHIN_S = 3.0  # below the 4 s that the image's health check gives; a thread's turn comes in microseconds
_CHECKED_WITHIN_S = 30.0  # several times what a browser needs to start on a cold disk

_log = structlog.get_logger(__name__)


async def livez(request: Request) -> Response:
    """GET /livez: asks the loop (by answering), the lifespan, the database's threads and the engine's."""
    state = state_of(request)
    checks = {
        "lifespan": "the application has broken off; the process is about to end" if state.background.broken else _OK,
        "database_threads": await _threads(state),
        "engine": _OK if state.takes_up() else "the thread that takes up interrupted runs has ended",
    }
    return _answer(checks, {})


async def readyz(request: Request) -> Response:
    """GET /readyz"""
    state = state_of(request)
    checks = await readiness(state)
    # Those elsewhere that cannot be used just now: no reason not to be ready, and one to look.
    missing = {
        supervisor.name: supervisor.failure for supervisor in state.pool.elsewhere if supervisor.failure is not None
    }
    return _answer(checks, missing)


async def readiness(state: AppState) -> dict[str, str]:
    """What GET /readyz asks, each `ok` or what is wrong."""
    checks: dict[str, str] = {}
    async with anyio.create_task_group() as tasks:
        for name, check in _CHECKS.items():
            checks[name] = _OK  # the order in which they are told
            tasks.start_soon(_note, checks, name, check, state)
    return checks


def _answer(checks: dict[str, str], notes: dict[str, str]) -> Response:
    if set(checks.values()) == {_OK}:
        return JSONResponse(Health(status="ok", checks={**checks, **notes}).model_dump())
    body = Health(status="unavailable", checks=checks)
    return JSONResponse(body.model_dump(), HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})


async def _note(
    checks: dict[str, str], name: str, check: Callable[[AppState], Awaitable[str]], state: AppState
) -> None:
    """Whatever a check raises is its answer."""
    try:
        with anyio.fail_after(_CHECKED_WITHIN_S):
            checks[name] = await check(state)
    except TimeoutError:
        checks[name] = f"did not answer within {_CHECKED_WITHIN_S:g} s"
    except PressrunError as exc:
        checks[name] = str(exc)
    except Exception:  # noqa: BLE001 - logged whole; who asks whether all is well is told that it is not
        _log.exception("a check of /readyz failed", check=name)
        checks[name] = "the check itself failed; the log says why"


async def _threads(state: AppState) -> str:
    with anyio.move_on_after(_ANSWERS_WITHIN_S):
        await state.database.until_usable()
        return _OK
    return f"its threads hang; none came free within {_ANSWERS_WITHIN_S:g} s"


async def _database(state: AppState) -> str:
    await state.service.current("default")
    return _OK


async def _disk(state: AppState) -> str:
    await state.store.check()
    return _OK if state.database.has_room else str(DiskFull())


async def _browser(state: AppState) -> str:
    await state.pool.check()
    await state.seal.check()
    return _OK


async def _background(state: AppState) -> str:
    return "; ".join(state.background.failing()) or _OK


_CHECKS = {"database": _database, "disk": _disk, "browser": _browser, "background": _background}
