"""Reading answers that are not streams: problem documents, runs, pages. Pure.

Believes nothing: a proxy may answer in the server's place, with HTML and any status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pressrun.client.errors import LanePausedError, ProtocolError, RunRejectedError, ServerProblem

MAX_ANSWER_BYTES = 16_000_000  # a page of 100 runs is under 200 KB; this only bounds what a stranger can make us hold

ModelT = TypeVar("ModelT", bound=BaseModel)


def problem_of(status: int, headers: Mapping[str, str], body: bytes) -> ServerProblem:
    """The error that an answer of 300 or more stands for."""
    problem = _json_object(body) or {}
    if not any(isinstance(problem.get(member), str) for member in ("detail", "message", "title")):
        problem = {"title": _phrase(status), "detail": _made_up(status, headers)} | problem
    if problem.get("code") == "lane_paused":
        return LanePausedError(status, problem)
    if "reason" in problem and status == HTTPStatus.CONFLICT:
        return RunRejectedError(status, problem)
    return ServerProblem(status, problem)


def read_model(model: type[ModelT], status: int, headers: Mapping[str, str], body: bytes) -> ModelT:
    """The answer as `model`. Raises: ServerProblem, ProtocolError."""
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise problem_of(status, headers, body)
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        raise ProtocolError(
            f"The answer ({status}, {headers.get('content-type', 'no content type')}) is not one a Pressrun server "
            "gives; check the address."
        ) from exc


def read_object(text: str) -> dict[str, Any]:
    """A JSON object. Raises: ProtocolError."""
    value = _json_object(text.encode())
    if value is None:
        raise ProtocolError("The answer is not one a Pressrun server gives; check the address.")
    return value


def read_text(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """The answer as text, empty for 204. Raises: ServerProblem."""
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise problem_of(status, headers, body)
    return body.decode("utf-8", "replace")


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"


def _made_up(status: int, headers: Mapping[str, str]) -> str:
    location = headers.get("location")
    if location and status < HTTPStatus.BAD_REQUEST:
        return f"The server answered {status} and points to {location}; use that address."
    return f"The server answered {status} {_phrase(status)}."
