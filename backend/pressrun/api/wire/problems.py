"""Errors as `application/problem+json` (RFC 9457). Owns the one table from an error's code to its HTTP status.

What a client reads is fixed text or a `PressrunError`'s message, never `str()` of anything else: an exception nobody
foresaw becomes a 500 with an incident id, and the log has the rest under that id.

An error may add to its own answer with `problem_extra() -> dict` (more members; `title` may be replaced) and
`problem_headers() -> dict` (more headers); `RunRejected` does.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import structlog
from pydantic_core import PydanticSerializationError, to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pressrun.api import pages
from pressrun.api.methods import methods_of
from pressrun.errors import CallerLimit, NotFound, PressrunError, ServerBusy
from pressrun.request_errors import FieldErrors, MethodNotAllowed
from pressrun.telemetry import INCIDENT_NOTE, SecretMask

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, int] = {
    "invalid_request": 400,
    "malformed_body": 400,
    "malformed_header": 400,
    "headers_too_large": 431,
    "headers_too_slow": 408,
    "field_errors": 422,
    "body_too_large": 413,
    "body_too_slow": 408,
    "unsupported_media_type": 415,
    "method_not_allowed": 405,
    "access_denied": 403,
    "unauthorized": 401,
    "forbidden": 403,
    "misdirected_host": 421,
    "not_found": 404,
    "conflict": 409,
    "run_rejected": 409,
    "run_ended": 409,
    "idempotency_key_reused": 422,  # CONTRACT: same key with another body
    "log_pruned": 410,
    "server_busy": 503,
    "lane_paused": 409,
    "caller_limit": 429,
    "startup": 500,
    "wrong_store": 500,
    "internal": 500,
    # How a run fails; over HTTP only where a route does a run's work while the client waits.
    "run_failed": 500,
    "compose_failed": 422,
    "source_too_complex": 422,
    "empty_document": 422,
    "frameset": 422,
    "ai_failed": 502,
    "ai_unavailable": 503,
    "ai_refused": 502,
    "browser_failed": 500,
    "browser_unavailable": 503,
    "browser_crashed": 500,
    "pool_exhausted": 503,
    "render_timeout": 504,
    "document_too_large": 422,
    "coverage_too_low": 422,
    "export_failed": 500,
    "video_too_long": 422,
    "encoder_failed": 500,
    "encoder_missing": 503,
    "voice_failed": 502,
    "voice_timeout": 504,
    "voice_refused": 502,
    "fetch_failed": 502,
    "egress_blocked": 403,
    "disk_full": 507,
    "disk_failed": 503,
    "deadline_exceeded": 504,
    "crashed": 500,
    "attempt_superseded": 409,
    "cancelled": 409,
}

_LOOK_AGAIN_S = 5  # arbitrary (1..60): somebody has to mount, repair or allow something first

Handler = Callable[[Request, Exception], Awaitable[Response]]

_log = structlog.stdlib.get_logger(__name__)


def errors_by_code(branch: type[PressrunError] = PressrunError) -> dict[str, type[PressrunError]]:
    """The classes of that branch of the tree that have a status, each by the code that it declares."""
    found: dict[str, type[PressrunError]] = {}
    left = [branch]
    while left:
        error = left.pop()
        left += error.__subclasses__()
        if error.code in STATUS and "code" in vars(error):
            found.setdefault(error.code, error)
    return found


def problem_response(exc: PressrunError, mask: SecretMask | None = None) -> Response:
    """The answer to a request that met `exc`."""
    return _render(problem_body(exc), problem_headers(exc), mask)


def problem_body(exc: PressrunError) -> dict[str, Any]:
    """The members of the problem document, `status` among them."""
    body = _body(exc.code, STATUS[exc.code], _title(type(exc)), str(exc))
    if isinstance(exc, FieldErrors):
        body["errors"] = exc.errors
    body |= _own(exc, "problem_extra")
    return body


def problem_headers(exc: PressrunError) -> dict[str, str]:
    """The headers that belong to the problem, `Retry-After` and the like."""
    headers = {"Cache-Control": "no-store"}  # a 404 or 410 may otherwise be kept by a cache (RFC 9111, 4.2.2)
    if exc.retryable:  # the same request may pass later, and by itself: the client is told when to ask again
        headers["Retry-After"] = str(exc.retry_after_s if isinstance(exc, ServerBusy | CallerLimit) else _LOOK_AGAIN_S)
    elif STATUS[exc.code] == HTTPStatus.CONFLICT:  # generic clients otherwise repeat a 409 by themselves
        headers |= {"x-should-retry": "false", "stripe-should-retry": "false"}
    if exc.code == "unauthorized":
        headers["WWW-Authenticate"] = 'Bearer realm="pressrun"'
    if exc.code == "body_too_slow":
        headers["Connection"] = "close"  # the rest of the body is still to come, and nobody waits for it
    if isinstance(exc, MethodNotAllowed):
        headers["Allow"] = ", ".join(exc.allowed)
    return headers | _own(exc, "problem_headers")


def _own(exc: PressrunError, hook: str) -> dict[str, Any]:
    """What the error adds through one of its hooks (a runtime protocol would take longer than all the rest)."""
    give = getattr(exc, hook, None)
    return {} if give is None else cast(dict[str, Any], give())


def exception_handlers(mask: SecretMask) -> dict[Any, Handler]:
    """For `Starlette(exception_handlers=...)`: everything that can be raised gets a problem document."""

    async def on_pressrun_error(request: Request, exc: Exception) -> Response:
        return problem_response(cast(PressrunError, exc), mask)

    async def on_http_exception(request: Request, exc: Exception) -> Response:
        if cast(HTTPException, exc).status_code == HTTPStatus.NOT_FOUND and pages.wants_page(request.scope):
            return await pages.index(request, HTTPStatus.NOT_FOUND)  # a person mistyped an address: the UI says so
        return _http_exception(request, cast(HTTPException, exc), mask)

    async def on_disconnect(request: Request, exc: Exception) -> Response:
        _log.info("client left before its body was complete", path=request.scope["path"])
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    async def on_exception(request: Request, exc: Exception) -> Response:
        return _incident(request, exc)

    return {
        PressrunError: on_pressrun_error,
        HTTPException: on_http_exception,
        ClientDisconnect: on_disconnect,
        Exception: on_exception,
    }


def _http_exception(request: Request, exc: HTTPException, mask: SecretMask) -> Response:
    headers = dict(exc.headers or {})
    if exc.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return Response(status_code=exc.status_code, headers=headers)
    if exc.status_code == HTTPStatus.NOT_FOUND:
        return problem_response(NotFound("There is nothing at this path; GET /openapi.json lists what there is."), mask)
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = methods_of(request.app.routes, request.scope["path"])  # the exception knows of one route only
        return problem_response(MethodNotAllowed(request.method, allowed), mask)
    title = HTTPStatus(exc.status_code).phrase
    code = re.sub(r"[^a-z]+", "_", title.lower())
    return _render(_body(code, exc.status_code, title, f"{title}."), headers, mask)


def _incident(request: Request, exc: Exception) -> Response:
    incident = secrets.token_hex(6)
    _log.error("unexpected error", incident=incident, method=request.method, path=request.scope["path"], exc_info=exc)
    exc.add_note(INCIDENT_NOTE + incident)  # tells telemetry that the server's own report would be the second
    detail = f"Something went wrong that Pressrun did not foresee. The server's log has it as incident {incident}."
    body = _body("internal", STATUS["internal"], "Internal error", detail) | {"incident": incident}
    return _render(body, {}, None)


def _body(code: str, status: int, title: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,  # `message` and `error` are what clients of older /generate-sse servers read
        "error": detail,
    }


def _title(error: type[PressrunError]) -> str:
    """The first clause of the class's docstring: the same for every error of the class, as the RFC wants."""
    summary = (error.__doc__ or error.__name__).strip().splitlines()[0]
    return re.split(r"[:;]\s", summary)[0].rstrip(".")


def _render(body: dict[str, Any], headers: Mapping[str, str], mask: SecretMask | None) -> Response:
    try:
        content = to_json(body)
    except PydanticSerializationError:
        # A lone surrogate in a name somebody sent cannot be encoded; spelled \udXXX it is what JSON calls it.
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        content = text.encode("utf-8", "backslashreplace")
    if mask:
        content = mask.mask(content.decode()).encode()
    return Response(content, body["status"], headers, MEDIA_TYPE)
