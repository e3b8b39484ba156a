"""/lanes…: who is in them; pause and resume."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.gate.tokens import caller_of
from pressrun.api.state import state_of
from pressrun.api.wire.schemas import LANE_PATTERN, LaneList, LaneOut
from pressrun.errors import NotFound
from pressrun.request_errors import Forbidden

_NO_STORE = {"Cache-Control": "no-store"}


async def list_lanes(request: Request) -> Response:
    """GET /lanes"""
    lanes = LaneList(lanes=[LaneOut.of(state) for state in await state_of(request).service.lanes()])
    return JSONResponse(lanes.model_dump(mode="json"), headers=_NO_STORE)


async def pause_lane(request: Request) -> Response:
    """POST /lanes/{lane}/pause: nobody begins in it until it is resumed; who runs goes on."""
    return await _set_paused(request, paused=True)


async def resume_lane(request: Request) -> Response:
    """POST /lanes/{lane}/resume"""
    return await _set_paused(request, paused=False)


async def _set_paused(request: Request, *, paused: bool) -> Response:
    if not caller_of(request.scope).may("admin"):
        raise Forbidden("a lane is everybody's: pausing it needs a token with the scope `admin`")
    lane: str = request.path_params["lane"]
    if re.fullmatch(LANE_PATTERN, lane) is None:
        raise NotFound("that is no name of a lane: 1 to 64 of a-z, 0-9, _ and -")
    state = await state_of(request).service.set_lane_paused(lane, paused=paused)
    return JSONResponse(LaneOut.of(state).model_dump(mode="json"), headers=_NO_STORE)
