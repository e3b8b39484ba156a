"""/livez: this process answers. /readyz: a run would work, proved by a query and a page of a sealed browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.schemas import Health
from pressrun.api.state import state_of
from pressrun.errors import BrowserFailure


async def livez(request: Request) -> Response:
    """GET /livez: touches nothing but the loop."""
    return JSONResponse(Health(status="ok").model_dump())


async def readyz(request: Request) -> Response:
    """GET /readyz"""
    state = state_of(request)
    await state.service.current("default")
    checks = {"database": "ok"}
    try:
        await state.pool.check()
        await state.seal.check()
    except BrowserFailure as exc:
        body = Health(status="unavailable", checks={**checks, "browser": str(exc)})
        return JSONResponse(body.model_dump(), 503, {"Retry-After": "5"})
    # Those elsewhere that cannot be used just now: no reason not to be ready, and one to look.
    missing = {seat.name: seat.failure for seat in state.pool.elsewhere if seat.failure is not None}
    return JSONResponse(Health(status="ok", checks={**checks, "browser": "ok", **missing}).model_dump())
