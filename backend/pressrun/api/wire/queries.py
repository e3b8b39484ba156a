"""What may stand in a query string: models, validated as bodies are, and OpenAPI's parameters from the same models.

A parameter that no model knows is passed over, as everywhere on the web. All values are strings: a model says how they
are read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from pressrun.api.wire.field_errors import field_problems
from pressrun.artifacts.thumbnails import Width
from pressrun.ids import OPERATION_ID_PATTERN
from pressrun.request_errors import FieldErrors
from pressrun.runs.catalog import Order
from pressrun.runs.model import RunStatus

_MAX_DIGITS = 9


def _digits(value: object) -> object:
    """pydantic would take ` +1_0` too."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS):
        raise ValueError("is not a whole number")
    return value


def _number(value: object) -> object:
    """An integer's digits as that integer; a model then says which it takes."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    return int(str(value)) if digits else value


def _without_nul(value: str) -> str:
    if "\0" in value:  # Postgres takes none
        raise ValueError("holds the control character U+0000")
    return value


def _instant(value: object) -> object:
    try:
        since = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("is not an instant") from None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


Text = Annotated[str, AfterValidator(_without_nul)]
Flag = Literal["0", "1"]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class Query(BaseModel):
    """Of one route."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LaneQuery(Query):
    """GET /runs/current"""

    lane: Text = "default"


class ListQuery(Query):
    """GET /runs"""

    status: RunStatus | None = None
    lane: Text | None = None
    q: Text | None = Field(None, description="words, all in title, error or names of exports; or an operation_id")
    since: Instant | None = Field(None, description="made at or after that instant, as in 2026-11-25T13:00:00Z")
    pinned: Flag | None = None
    sort: Order = Field("newest", description="which comes first; a cursor belongs to the order that gave it")
    counts: Flag = Field("0", description="1: also how many runs the other filters find in each status")
    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(_digits)] = 50
    cursor: Annotated[str, Field(pattern=f"^{OPERATION_ID_PATTERN}$")] | None = Field(
        None, description="`next_cursor` of the page before"
    )


class LogQuery(Query):
    """GET /runs/{operation_id}/log"""

    format: Literal["text", "jsonl"] = "text"
    after: Annotated[int, Field(ge=0), BeforeValidator(_digits)] = Field(0, description="lines you have already")


class FileQuery(Query):
    """GET /runs/{operation_id}/files/{name}; `inline` is a wish, which file_headers.py grants or not."""

    w: Annotated[Width, BeforeValidator(_number)] | None = Field(
        None, description="of a picture: it in small, a WebP of at most so many pixels across"
    )


class RetentionQuery(Query):
    """POST /retention; nothing but 0 and 1, for whoever misspells a dry run must not lose runs."""

    dry_run: Flag = Field("0", description="1: only tell what would go")


QueryT = TypeVar("QueryT", bound=Query)


def parse_query(model: type[QueryT], request: Request) -> QueryT:
    """The request's query as a `model`; of a parameter given twice, the last. Raises: FieldErrors."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as exc:
        raise FieldErrors(field_problems(model, exc)) from exc


def parameters_of(model: type[Query]) -> tuple[dict[str, Any], ...]:
    """OpenAPI's parameters of the query."""
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return tuple(_parameter(name, schema) for name, schema in properties.items())


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    told = schema.get("description", "")
    if "anyOf" in schema:  # or null: not there
        schema = schema["anyOf"][0]
    shown = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    return {"name": name, "in": "query", "required": False, "schema": shown, "description": told}
