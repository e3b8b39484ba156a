"""POST /runs/{id}/retry, rerender, pause, resume, webhook: what is to go on, be made anew, wait longer, or be told."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.endpoints.generate import idempotency_key_of, submit_and_answer
from pressrun.api.endpoints.runs import operation_id_of, run_of
from pressrun.api.endpoints.webhook_url import checked_webhook_url
from pressrun.api.gate.tokens import caller_of, require_priority
from pressrun.api.state import state_of
from pressrun.api.streams.run_streams import cursor_of
from pressrun.api.wire.body import parse_model, read_json_object
from pressrun.api.wire.schemas import RerenderRequest, RetryRequest, RunOut, WebhookOut
from pressrun.errors import Conflict
from pressrun.exports.contract import require_possible
from pressrun.run_urls import events_url
from pressrun.runs.admission import Policies
from pressrun.runs.submission import Submission
from pressrun.spec import COVERS, SHOWING, RunSpec

_ROUTE = "/runs/rerender"  # part of the fingerprint
_MAX_BODY_BYTES = 10_000


async def retry_run(request: Request) -> Response:
    """POST /runs/{operation_id}/retry: 202, the run goes on in the background; follow its events."""
    body = parse_model(RetryRequest, await read_json_object(request, _MAX_BODY_BYTES, optional=True))
    require_priority(caller_of(request.scope), body.priority)
    admission = await state_of(request).service.retry(
        operation_id_of(request), caller_of(request.scope).name, Policies(on_busy=body.on_busy), body.priority
    )
    headers = {
        "Location": events_url(admission.run.operation_id),
        "Run-Disposition": admission.disposition,
        "Cache-Control": "no-store",
    }
    return JSONResponse(RunOut.of(admission.run).model_dump(mode="json"), 202, headers)


async def rerender_run(request: Request) -> Response:
    """POST /runs/{operation_id}/rerender: a new run; answers as POST /generate-sse does."""
    key = idempotency_key_of(request)
    cursor_of(request)  # a malformed one is told before anything begins
    body = parse_model(RerenderRequest, await read_json_object(request, _MAX_BODY_BYTES, optional=True))
    run = await run_of(request)
    if run.status != "complete":
        raise Conflict(f"run {run.operation_id} is {run.status}: its document is saved when it is complete")
    webhook_url = checked_webhook_url(state_of(request), body.webhook_url)
    original = RunSpec.model_validate_json(await state_of(request).catalog.get_spec(run.operation_id))
    as_before = original.model_dump(include={*SHOWING})
    changed = {**as_before, **body.changes()}
    shown = [name for field in COVERS if (name := changed[field]) in original.attachments]
    attachments = {name: original.attachments[name] for name in shown}  # the others are in the document
    fields = {**changed, "attachments": attachments, "rerender_of": run.operation_id, "title": run.title}
    spec = parse_model(RunSpec, fields)
    require_possible(spec, state_of(request).settings)
    submission = Submission(
        operation_id=state_of(request).service.new_operation_id(),
        route=_ROUTE,
        spec=spec,
        lane=body.lane,
        caller=caller_of(request.scope).name,
        idempotency_key=key,
        on_disconnect=body.on_disconnect,
        priority=body.priority,
        webhook_url=webhook_url,
    )
    require_priority(caller_of(request.scope), body.priority)
    return await submit_and_answer(request, Policies(on_busy=body.on_busy, on_duplicate=body.on_duplicate), submission)


async def pause_run(request: Request) -> Response:
    """POST /runs/{operation_id}/pause: a run that waits is held in its queue."""
    return await _set_paused(request, paused=True)


async def resume_run(request: Request) -> Response:
    """POST /runs/{operation_id}/resume"""
    return await _set_paused(request, paused=False)


async def send_webhook(request: Request) -> Response:
    """POST /runs/{operation_id}/webhook: 202, its message goes out once more."""
    run = await run_of(request)
    webhooks = state_of(request).webhooks
    if webhooks is None:
        raise Conflict("this server signs no webhooks, for PRESSRUN_WEBHOOK_SECRET is not set")
    await webhooks.send_again(run.operation_id)
    told = await state_of(request).catalog.webhook(run.operation_id)
    body = None if told is None else WebhookOut(**asdict(told)).model_dump(mode="json")
    return JSONResponse(body, 202, {"Cache-Control": "no-store"})


async def _set_paused(request: Request, *, paused: bool) -> Response:
    run = await state_of(request).service.set_run_paused(
        operation_id_of(request), caller_of(request.scope).name, paused=paused
    )
    return JSONResponse(RunOut.of(run).model_dump(mode="json"), headers={"Cache-Control": "no-store"})
