"""OpenAPI 3.1 of the wire, from the same models that check it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun import __version__, export_kinds, source_kinds
from pressrun.api.openapi.operations import build_paths, build_webhook
from pressrun.api.openapi.parts import ref
from pressrun.api.wire.previews import PreviewOut
from pressrun.api.wire.problems import STATUS, errors_by_code
from pressrun.api.wire.schemas import (
    CancelRequest,
    ExplanationOut,
    GenerateRequest,
    Health,
    LaneList,
    LaneOut,
    PausedProblem,
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
from pressrun.api.wire.system import FontProofList, SystemOut
from pressrun.api.wire.theme_list import ThemeList, ThemeOut
from pressrun.aspects import SIZES
from pressrun.errors import RunFailure
from pressrun.events.model import BODIES
from pressrun.runs.webhooks import WebhookMessage
from pressrun.slide_texts import SlideTexts
from pressrun.spec import RunSpec
from pressrun.stages import STAGES
from pressrun.themes import catalog

_REQUESTS: tuple[type[BaseModel], ...] = (GenerateRequest, RerenderRequest, RetryRequest, CancelRequest)
_ANSWERS: tuple[type[BaseModel], ...] = (
    RunOut,
    RunDetail,
    LaneOut,
    LaneList,
    RunSpec,
    RetentionOut,
    RunPage,
    Snapshot,
    Problem,
    PausedProblem,
    RejectedProblem,
    Health,
    ExplanationOut,
    PreviewOut,
    FontProofList,
    SystemOut,
    WebhookMessage,
    SlideTexts,
    ThemeOut,
    ThemeList,
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
        "paths": build_paths(),
        "webhooks": {"run-ended": {"post": build_webhook()}},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
        "x-pressrun": _tables(),
    }


def _tables() -> dict[str, Any]:
    """What a user interface offers, and in which order: what no schema says. src/api/tables.gen.ts is made of it."""
    return {
        "stages": STAGES,
        "exports": export_kinds.for_people(),
        "sources": source_kinds.for_people(),
        "themes": catalog.for_people(),
        "aspects": {shape: {"width": width, "height": height} for shape, (width, height) in SIZES.items()},
        "remedies": {code: error.remedy for code, error in sorted(errors_by_code(RunFailure).items())},
    }


def _schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in _REQUESTS] + [(model, "serialization") for model in (*_ANSWERS, *BODIES)],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = definitions["$defs"]
    for body in BODIES:
        schema = schemas.pop(body.__name__)
        schema["properties"] = {**schema["properties"], **_ENVELOPE}
        schema["required"] = sorted({*schema.get("required", []), "type", *_ENVELOPE})
        schemas[f"{body.__name__}Event"] = schema
    schemas["ErrorCode"] = {
        "type": "string",
        "enum": [*STATUS],
        "description": "why a request was refused or a run failed; a later server may know more of them",
    }
    for name in ("RunError", "ErrorEvent"):
        schemas[name]["properties"]["code"] = ref("ErrorCode")
    names = {body.model_fields["type"].default: f"{body.__name__}Event" for body in BODIES}
    schemas["RunEvent"] = {
        "oneOf": [ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind: f"#/components/schemas/{name}" for kind, name in names.items()},
        },
    }
    return schemas
