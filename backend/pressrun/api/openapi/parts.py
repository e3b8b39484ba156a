"""What the operations of OpenAPI are put together from: answers, parameters, bodies. Pure."""

from __future__ import annotations

from functools import partial
from typing import Any

from pressrun.api.wire.schemas import GenerateRequest
from pressrun.ids import OPERATION_ID_PATTERN
from pressrun.source_kinds import FIELD_WORDS, FILE_WORDS


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def json_of(name: str, description: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": ref(name)}}}


problem = partial(json_of, "Problem", media_type="application/problem+json")


def stream(description: str, data: dict[str, Any]) -> dict[str, Any]:
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


STREAM = stream(
    "Server-Sent Events: `id` is seq, `event` the type, `data` a RunEvent; one terminal event", ref("RunEvent")
)
FOLLOW = stream(
    "the same, and first a Snapshot without an `id`: the run as it is", {"oneOf": [ref("RunEvent"), ref("Snapshot")]}
)
REJECTED = {
    "description": "another run is in the way, or the lane is paused",
    "content": {"application/problem+json": {"schema": {"oneOf": [ref("RejectedProblem"), ref("PausedProblem")]}}},
}
FILE = {
    "description": "the bytes; ETag is the digest. `slides.json`, what each slide says, is a SlideTexts",
    "content": {
        "application/json": {"schema": {"anyOf": [ref("SlideTexts"), {"type": "object"}]}},
        "*/*": {"schema": {"type": "string"}},
    },
}
UNKNOWN = {"404": problem("no such run")}
EVERYWHERE = {
    "405": problem("not this method; `Allow` has those it takes"),
    "431": problem("headers too large"),
    "400": problem("malformed"),
    "401": problem("a token is needed"),
    "429": problem("the caller has its share; `limit` says which, Retry-After when to come back"),
    "403": problem("not from there"),
    "421": problem("not this host"),
}


def operation(
    summary: str,
    responses: dict[str, Any],
    *,
    body: str | None = None,
    optional_body: bool = False,
    form: bool = False,
    parameters: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    operation: dict[str, Any] = {"summary": summary, "responses": {**responses, **EVERYWHERE}}
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {
            "required": not optional_body,
            "content": {"application/json": {"schema": ref(body)}},
        }
        if form:
            operation["requestBody"]["content"]["multipart/form-data"] = {"schema": FORM}
            operation["parameters"] = [*operation.get("parameters", []), FORM_HEADER]
        operation["responses"] |= {
            "408": problem("the body came too slowly"),
            "413": problem("body too large"),
            "415": problem("not JSON"),
            "422": problem("fields are wrong"),
        }
    return operation


def parameter(name: str, where: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": description}


TEXT = {"type": "string"}
FORM = {
    "type": "object",
    "description": "the fields of GenerateRequest: numbers as in JSON, `true` or `false`, a list by repeating its "
    "field or with commas; an empty field is as if it were not there",
    "properties": {
        "files": {
            "type": "string",
            "contentMediaType": "application/octet-stream",
            "description": f"instead of {FIELD_WORDS}: one {FILE_WORDS} file in UTF-8",
        },
    },
    "propertyNames": {"enum": [*GenerateRequest.model_fields, "files"]},
    "additionalProperties": {"type": "string"},
}
FORM_HEADER = parameter("X-Pressrun", "header", TEXT, "anything, as in 1: needed with a form, unless there is a token")
ID = {"type": "string", "pattern": f"^{OPERATION_ID_PATTERN}$"}
OPERATION_ID = parameter("operation_id", "path", ID)
SEQ = {"type": "string", "pattern": "^[0-9]{0,10}$"}
KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"}
FILE_NAME = {"type": "string", "minLength": 1, "pattern": r"^[^\x00-\x1f\x7f-\x9f\\]+$"}
CURSOR = (
    parameter("Last-Event-ID", "header", SEQ, "the last seq seen; one of this run's"),
    parameter("last_event_id", "query", SEQ, "the same, for clients that cannot set headers"),
    parameter("named", "query", TEXT, "0: no `event:` lines, for `onmessage`"),
)
