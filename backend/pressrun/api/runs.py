"""/runs…: list, show, follow, cancel, pin, delete."""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.body import parse_model, read_json_object
from pressrun.api.schemas import CancelRequest, RunOut, RunPage, WebhookOut
from pressrun.api.state import state_of
from pressrun.api.streams import STREAM_HEADERS, cursor_of, follow
from pressrun.api.tokens import caller_of
from pressrun.errors import FieldErrors, NotFound
from pressrun.ids import is_operation_id
from pressrun.runs.model import Run, RunStatus

_MAX_PAGE = 200
_DEFAULT_PAGE = 50
_MAX_SMALL_BODY_BYTES = 10_000


async def list_runs(request: Request) -> Response:
    """GET /runs"""
    query = request.query_params
    status = query.get("status")
    if status is not None and status not in get_args(RunStatus):
        raise _bad_query("status", "is not a status", ", ".join(get_args(RunStatus)))
    cursor = query.get("cursor")
    if cursor is not None and not is_operation_id(cursor):
        raise _bad_query("cursor", "is not a cursor of this list", "`next_cursor` of the page before")
    page = await state_of(request).service.list_page(
        caller_of(request.scope).name,
        status=status,
        lane=query.get("lane"),
        text=query.get("q"),
        cursor=cursor,
        limit=_limit_of(query.get("limit")),
    )
    return _json(RunPage(runs=[RunOut.of(run) for run in page.runs], next_cursor=page.next_cursor))


async def current_run(request: Request) -> Response:
    """GET /runs/current: `current_run()`, or 204."""
    run = await state_of(request).service.current(request.query_params.get("lane", "default"))
    if run is None or run.caller != caller_of(request.scope).name:
        return Response(status_code=204)
    return _json(RunOut.of(run))


async def show_run(request: Request) -> Response:
    """GET /runs/{operation_id}"""
    run = await run_of(request)
    webhook = await state_of(request).service.webhook_of(run.operation_id)
    shown = RunOut.of(run)
    if webhook is not None:
        shown.webhook = WebhookOut.model_validate(asdict(webhook))
    return _json(shown)


async def delete_run(request: Request) -> Response:
    """DELETE /runs/{operation_id}: run, log and folder."""
    await state_of(request).service.delete(_operation_id_of(request), caller_of(request.scope).name)
    return Response(status_code=204)


async def follow_run(request: Request) -> Response:
    """GET /runs/{operation_id}/events"""
    run = await run_of(request)
    after = cursor_of(request, run.last_seq)
    if run.ended and after == run.last_seq:
        return Response(status_code=204)  # tells EventSource to stop
    if request.method == "HEAD":
        return Response(headers=STREAM_HEADERS, media_type="text/event-stream")
    return follow(request, run, after=after, snapshot=True)


async def cancel_run(request: Request) -> Response:
    """POST /runs/{operation_id}/cancel"""
    body = parse_model(CancelRequest, await read_json_object(request, _MAX_SMALL_BODY_BYTES, optional=True))
    run, news = await state_of(request).service.cancel(
        _operation_id_of(request), "user", caller=caller_of(request.scope).name, attempt=body.attempt
    )
    return _json(RunOut.of(run), 202 if news else 200)


async def pin_run(request: Request) -> Response:
    """PUT and DELETE /runs/{operation_id}/pin"""
    run = await state_of(request).service.set_pinned(
        _operation_id_of(request), caller_of(request.scope).name, pinned=request.method == "PUT"
    )
    return _json(RunOut.of(run))


async def run_of(request: Request) -> Run:
    """The run in the path. Raises: NotFound, also for a stranger's."""
    return await state_of(request).service.get(_operation_id_of(request), caller_of(request.scope).name)


def _operation_id_of(request: Request) -> str:
    operation_id: str = request.path_params["operation_id"]
    if not is_operation_id(operation_id):
        raise NotFound("that is not an operation_id; GET /runs lists the runs there are")
    return operation_id


def _limit_of(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_PAGE)) else 0
    if not 1 <= limit <= _MAX_PAGE:
        raise _bad_query("limit", "is not a page size", f"1..{_MAX_PAGE}")
    return limit


def _bad_query(field: str, problem: str, valid: str) -> FieldErrors:
    return FieldErrors([{"field": field, "problem": problem, "valid": valid}])


def _json(model: RunOut | RunPage, status_code: int = 200) -> JSONResponse:
    return JSONResponse(model.model_dump(mode="json"), status_code, {"Cache-Control": "no-store"})
