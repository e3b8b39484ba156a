"""/livez: this process answers. /readyz: a run would work, proved by a query, a file and a page of a sealed browser."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.schemas import Health
from pressrun.api.state import AppState, state_of
from pressrun.errors import TEMPORARY, BrowserFailure, DiskFull


async def livez(request: Request) -> Response:
    """GET /livez: touches nothing but the loop."""
    return JSONResponse(Health(status="ok").model_dump())


async def readyz(request: Request) -> Response:
    """GET /readyz"""
    state = state_of(request)
    await state.service.current("default")
    checks = {"database": "ok", "disk": await _disk(state), "browser": await _browser(state)}
    if set(checks.values()) == {"ok"}:
        # Those elsewhere that cannot be used just now: no reason not to be ready, and one to look.
        missing = {seat.name: seat.failure for seat in state.pool.elsewhere if seat.failure is not None}
        return JSONResponse(Health(status="ok", checks={**checks, **missing}).model_dump())
    body = Health(status="unavailable", checks=checks)
    return JSONResponse(body.model_dump(), HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})


async def _disk(state: AppState) -> str:
    try:
        await state.store.check()
    except TEMPORARY as exc:
        return str(exc)
    return "ok" if state.database.has_room else str(DiskFull())


async def _browser(state: AppState) -> str:
    try:
        await state.pool.check()
        await state.seal.check()
    except BrowserFailure as exc:
        return str(exc)
    return "ok"
