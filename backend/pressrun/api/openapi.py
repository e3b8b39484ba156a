"""OpenAPI 3.1 of the wire, from the same models that check it. A test compares its paths with routes.py."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun import __version__
from pressrun.api.schemas import (
    LANE_PATTERN,
    CancelRequest,
    ExplanationOut,
    GenerateRequest,
    Health,
    LaneList,
    LaneOut,
    Problem,
    RejectedProblem,
    RerenderRequest,
    RetentionOut,
    RetryRequest,
    RunDetail,
    RunOut,
    RunPage,
    Snapshot,
)
from pressrun.events import model as events
from pressrun.ids import OPERATION_ID_PATTERN
from pressrun.runs.webhooks import WebhookMessage
from pressrun.spec import RunSpec

_MODELS: tuple[type[BaseModel], ...] = (
    GenerateRequest,
    RerenderRequest,
    RetryRequest,
    CancelRequest,
    RunOut,
    RunDetail,
    LaneOut,
    LaneList,
    RunSpec,
    RetentionOut,
    RunPage,
    Snapshot,
    Problem,
    RejectedProblem,
    Health,
    ExplanationOut,
    WebhookMessage,
)
_REQUESTS = 4  # of these models, the first
_EVENT_BODIES: tuple[type[events.EventBody], ...] = (
    events.Queued,
    events.Started,
    events.Progress,
    events.HtmlGenerated,
    events.Screenshot,
    events.Artifact,
    events.Warning,
    events.Log,
    events.Complete,
    events.Error,
    events.Cancelled,
)
_ENVELOPE: dict[str, Any] = {
    "seq": {"type": "integer", "minimum": 1},
    "operation_id": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "v": {"const": 1},
}


async def get_openapi(request: Request) -> Response:
    """GET /openapi.json"""
    return JSONResponse(build_openapi())


def build_openapi() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pressrun",
            "version": __version__,
            "description": "Text and HTML to slides. POST /generate-sse starts a run and streams it.",
        },
        "paths": _paths(),
        "webhooks": {"run-ended": {"post": _webhook()}},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS[:_REQUESTS]]
        + [(model, "serialization") for model in (*_MODELS[_REQUESTS:], *_EVENT_BODIES)],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = definitions["$defs"]
    for body in _EVENT_BODIES:
        schema = schemas.pop(body.__name__)
        schema["properties"] = {**schema["properties"], **_ENVELOPE}
        schema["required"] = sorted({*schema.get("required", []), "type", *_ENVELOPE})
        schemas[f"{body.__name__}Event"] = schema
    names = {body.model_fields["type"].default: f"{body.__name__}Event" for body in _EVENT_BODIES}
    schemas["RunEvent"] = {
        "oneOf": [_ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind: f"#/components/schemas/{name}" for kind, name in names.items()},
        },
    }
    return schemas


def _json(name: str, description: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": _ref(name)}}}


_problem = partial(_json, "Problem", media_type="application/problem+json")


def _stream(description: str, data: dict[str, Any]) -> dict[str, Any]:
    """Server-Sent Events as OpenAPI 3.2 describes them: each message is an object, its `data` JSON in a string."""
    message = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "id": {"type": "string", "description": "seq"},
            "event": {"type": "string", "description": "type"},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
        },
    }
    return {"description": description, "content": {"text/event-stream": {"schema": message}}}


_STREAM = _stream(
    "Server-Sent Events: `id` is seq, `event` the type, `data` a RunEvent; one terminal event", _ref("RunEvent")
)
_FOLLOW = _stream(
    "the same, and first a Snapshot without an `id`: the run as it is", {"oneOf": [_ref("RunEvent"), _ref("Snapshot")]}
)
_FILE = {"description": "the bytes; ETag is the digest", "content": {"*/*": {"schema": {"type": "string"}}}}
_UNKNOWN = {"404": _problem("no such run")}
_EVERYWHERE = {
    "405": _problem("not this method; `Allow` has those it takes"),
    "431": _problem("headers too large"),
    "400": _problem("malformed"),
    "401": _problem("a token is needed"),
    "403": _problem("not from there"),
    "421": _problem("not this host"),
}


def _operation(
    summary: str,
    responses: dict[str, Any],
    *,
    body: str | None = None,
    optional_body: bool = False,
    form: bool = False,
    parameters: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": summary, "responses": {**responses, **_EVERYWHERE}}
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {
            "required": not optional_body,
            "content": {"application/json": {"schema": _ref(body)}},
        }
        if form:
            operation["requestBody"]["content"]["multipart/form-data"] = {"schema": _FORM}
            operation["parameters"] = [*operation.get("parameters", []), _FORM_HEADER]
        operation["responses"] |= {
            "408": _problem("the body came too slowly"),
            "413": _problem("body too large"),
            "415": _problem("not JSON"),
            "422": _problem("fields are wrong"),
        }
    return operation


def _parameter(name: str, where: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": description}


_TEXT = {"type": "string"}
_FORM = {
    "type": "object",
    "description": "the fields of GenerateRequest: numbers as in JSON, `true` or `false`, a list by repeating its "
    "field or with commas; an empty field is as if it were not there",
    "properties": {
        "files": {
            "type": "string",
            "format": "binary",
            "description": "instead of `text` or `html`: one Markdown, plain text or HTML file in UTF-8",
        },
    },
    "propertyNames": {"enum": [*GenerateRequest.model_fields, "files"]},
    "additionalProperties": {"type": "string"},
}
_FORM_HEADER = _parameter(
    "X-Pressrun", "header", _TEXT, "anything, as in 1: needed with a form, unless there is a token"
)
_ID = {"type": "string", "pattern": f"^{OPERATION_ID_PATTERN}$"}
_OPERATION_ID = _parameter("operation_id", "path", _ID)
_SEQ = {"type": "string", "pattern": "^[0-9]{0,10}$"}
_KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"}
_FILE_NAME = {"type": "string", "minLength": 1, "pattern": r"^[^\x00-\x1f\x7f-\x9f\\]+$"}
_CURSOR = (
    _parameter("Last-Event-ID", "header", _SEQ, "the last seq seen; one of this run's"),
    _parameter("last_event_id", "query", _SEQ, "the same, for clients that cannot set headers"),
    _parameter("named", "query", _TEXT, "0: no `event:` lines, for `onmessage`"),
)


def _webhook() -> dict[str, Any]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "summary": "Sent to `webhook_url` when the run has ended, signed as Standard Webhooks have it",
        "parameters": [{"name": name, "in": "header", "required": True, "schema": _TEXT} for name in names],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("WebhookMessage")}}},
        "responses": {
            "2XX": {"description": "taken; anything else is tried again later, with the same `webhook-id`"},
            "410": {"description": "not wanted: given up at once"},
        },
    }


def _paths() -> dict[str, Any]:
    run = {"200": _json("RunOut", "the run")}
    detail = {"200": _json("RunDetail", "the run")}
    cancel = {
        "post": _operation(
            "Cancel the run",
            {
                "202": _json("RunOut", "will be cancelled within a second"),
                "200": _json("RunOut", "was asked before"),
                "409": _problem("it has ended"),
                **_UNKNOWN,
            },
            body="CancelRequest",
            optional_body=True,
        )
    }
    paths: dict[str, Any] = {
        "/generate-sse": {"post": _generate()},
        "/admission/explain": {
            "post": _operation(
                "What POST /generate-sse would do with this body, and why; starts nothing",
                {"200": _json("ExplanationOut", "the explanation")},
                body="GenerateRequest",
                form=True,
            )
        },
        "/runs": {"get": _list()},
        "/runs/current": {
            "get": _operation(
                "The run in the lane's slot; where the lane has several, the one that has run longest",
                {**run, "204": {"description": "none; a slot held longer than PRESSRUN_RUN_MAX_S is nobody's"}},
                parameters=(_parameter("lane", "query", _TEXT),),
            )
        },
        "/runs/{operation_id}": {
            "get": _operation("Show a run, its attempts and how long each stage took", {**detail, **_UNKNOWN}),
            "delete": _operation(
                "Delete run, log and files",
                {"204": {"description": "gone"}, "409": _problem("it is active"), **_UNKNOWN},
            ),
        },
        "/runs/{operation_id}/events": {
            "get": _operation(
                "Follow a run: a `snapshot` event, then everything after the cursor, then live",
                {"200": _FOLLOW, "204": {"description": "the cursor is at the terminal event"}, **_UNKNOWN},
                parameters=_CURSOR,
            )
        },
        "/runs/{operation_id}/cancel": cancel,
        "/cancel/{operation_id}": cancel,
        "/runs/{operation_id}/retry": {"post": _retry()},
        "/runs/{operation_id}/rerender": {"post": _rerender()},
        "/runs/{operation_id}/pause": {
            "post": _operation(
                "Hold a run that waits in its line, where others pass it",
                {**run, "409": _problem("it does not wait"), **_UNKNOWN},
            )
        },
        "/runs/{operation_id}/resume": {
            "post": _operation("Let a paused run go on", {**run, "409": _problem("it does not wait"), **_UNKNOWN})
        },
        "/runs/{operation_id}/spec": {
            "get": _operation(
                "What the run was made from, every default filled in", {"200": _json("RunSpec", "the spec"), **_UNKNOWN}
            )
        },
        "/runs/{operation_id}/log": {"get": _log()},
        "/runs/{operation_id}/pin": {
            "put": _operation("Pin: retention leaves it alone", {**run, **_UNKNOWN}),
            "delete": _operation("Unpin", {**run, **_UNKNOWN}),
        },
        "/runs/{operation_id}/files/{name}": {
            "get": _operation(
                "A file of the run",
                {"200": _FILE, "206": _FILE, "304": {"description": "not modified"}, **_UNKNOWN},
                parameters=(
                    _parameter("name", "path", _FILE_NAME),
                    _parameter("inline", "query", {"enum": ["0", "1"]}),
                ),
            )
        },
        "/runs/{operation_id}/archive.zip": {
            "get": _operation("Every file as a ZIP", {"200": _FILE, "409": _problem("not complete"), **_UNKNOWN})
        },
        "/lanes": {
            "get": _operation(
                "The lanes, and who is in them", {"200": _json("LaneList", "in use, configured or paused")}
            )
        },
        "/lanes/{lane}/pause": {"post": _set_lane("Pause a lane: nobody begins in it, who runs goes on")},
        "/lanes/{lane}/resume": {"post": _set_lane("Resume a lane")},
        "/retention": {
            "post": _operation(
                "Remove what is no longer to be kept, of every caller; needs the scope `admin`",
                {"200": _json("RetentionOut", "what went, or would go"), "422": _problem("no such value of `dry_run`")},
                parameters=(_parameter("dry_run", "query", {"enum": ["0", "1"]}, "1: only tell what would go"),),
            )
        },
        "/livez": {"get": _operation("This process answers", {"200": _json("Health", "it does")})},
        "/readyz": {
            "get": _operation(
                "A run would work", {"200": _json("Health", "it would"), "503": _json("Health", "it would not")}
            )
        },
        "/metrics": {
            "get": _operation(
                "What this process counts, for Prometheus",
                {
                    "200": {
                        "description": "text format 0.0.4",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    }
                },
            )
        },
        "/openapi.json": {
            "get": _operation(
                "This document",
                {
                    "200": {
                        "description": "OpenAPI 3.1",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            )
        },
    }
    for path, item in paths.items():
        if "{operation_id}" in path:
            item["parameters"] = [_OPERATION_ID]
    return paths


def _generate() -> dict[str, Any]:
    return _operation(
        "Start a run and stream it",
        {
            "200": _STREAM,
            "202": _json("RunOut", "accepted, with `Prefer: respond-async`"),
            "204": {"description": "repeated with its key and a cursor at the run's terminal event"},
            "409": _json("RejectedProblem", "another run is in the way", "application/problem+json"),
            "503": _problem("busy or draining; see Retry-After"),
        },
        body="GenerateRequest",
        form=True,
        parameters=(
            _parameter(
                "Idempotency-Key",
                "header",
                _KEY,
                "your own name for this intention, bare or quoted; makes a retry safe",
            ),
            _parameter("Prefer", "header", _TEXT, "respond-async: 202 and no stream"),
            *_CURSOR[:1],
            *_CURSOR[2:],
        ),
    )


def _retry() -> dict[str, Any]:
    return _operation(
        "Another attempt of a run that failed or was cancelled, from its last finished stage",
        {
            "202": _json("RunOut", "it goes on, or waits: follow its events"),
            "409": _problem("it is complete or active, or another run is in the way (RejectedProblem)"),
            "503": _problem("busy, draining, or the lane is paused"),
            **_UNKNOWN,
        },
        body="RetryRequest",
        optional_body=True,
    )


def _rerender() -> dict[str, Any]:
    operation = _generate()
    return {
        **operation,
        **_operation(
            "A new run from the saved document, shown in another way; without AI",
            {**operation["responses"], **_UNKNOWN},
            body="RerenderRequest",
            optional_body=True,
        ),
    }


def _log() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return _operation(
        "The run's log lines, while it runs and afterwards",
        {
            "200": {
                "description": "a line each; the header Log-Lines counts them all",
                "headers": {"Log-Lines": {"schema": {"type": "integer"}}},
                "content": {"text/plain": text, "application/jsonl": text},
            },
            "422": _problem("a parameter is wrong"),
            **_UNKNOWN,
        },
        parameters=(
            _parameter("format", "query", {"enum": ["text", "jsonl"], "default": "text"}),
            _parameter("after", "query", {"type": "integer", "minimum": 0, "default": 0}, "lines you have already"),
        ),
    )


def _set_lane(summary: str) -> dict[str, Any]:
    return _operation(
        summary,
        {"200": _json("LaneOut", "the lane"), "404": _problem("no such lane")},
        parameters=(_parameter("lane", "path", {"type": "string", "pattern": LANE_PATTERN}),),
    )


def _list() -> dict[str, Any]:
    return _operation(
        "History, newest first",
        {"200": _json("RunPage", "a page"), "422": _problem("a parameter is wrong")},
        parameters=(
            _parameter("status", "query", {"enum": ["queued", "running", "complete", "error", "cancelled"]}),
            _parameter("lane", "query", _TEXT),
            _parameter("q", "query", _TEXT, "words, all in title, error or names of exports; or an operation_id"),
            _parameter("since", "query", {"type": "string", "format": "date-time"}, "made at or after that instant"),
            _parameter("pinned", "query", {"enum": ["0", "1"]}),
            _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
            _parameter("cursor", "query", _ID, "`next_cursor` of the page before"),
        ),
    )
