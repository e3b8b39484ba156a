"""/retention: what is to go now, and letting it go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.gate.tokens import caller_of
from pressrun.api.state import state_of
from pressrun.api.wire.queries import RetentionQuery, parse_query
from pressrun.api.wire.schemas import RetentionOut
from pressrun.request_errors import Forbidden


async def sweep(request: Request) -> Response:
    """POST /retention: removes what is no longer to be kept, of every caller; with `dry_run=1` only tells."""
    if not caller_of(request.scope).may("admin"):
        raise Forbidden("retention is over everybody's runs: it needs a token with the scope `admin`")
    query = parse_query(RetentionQuery, request)
    report = await state_of(request).retention.sweep(dry_run=query.dry_run == "1")
    return JSONResponse(RetentionOut.of(report).model_dump(mode="json"), headers={"Cache-Control": "no-store"})
