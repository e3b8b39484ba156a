"""/retention: what is to go now, and letting it go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.gate.tokens import caller_of
from pressrun.api.state import state_of
from pressrun.api.wire.schemas import RetentionOut
from pressrun.errors import FieldErrors, Forbidden

_WORDS = {"1": True, "0": False}  # no others: whoever misspells a dry run must not lose runs


async def sweep(request: Request) -> Response:
    """POST /retention: removes what is no longer to be kept, of every caller; with `dry_run=1` only tells."""
    if not caller_of(request.scope).may("admin"):
        raise Forbidden("retention is over everybody's runs: it needs a token with the scope `admin`")
    dry_run = _WORDS.get(request.query_params.get("dry_run", "0"))
    if dry_run is None:
        raise FieldErrors([{"field": "dry_run", "problem": "is neither yes nor no", "valid": "0, 1"}])
    report = await state_of(request).retention.sweep(dry_run=dry_run)
    return JSONResponse(RetentionOut.of(report).model_dump(mode="json"), headers={"Cache-Control": "no-store"})
