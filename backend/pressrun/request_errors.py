"""Why a request is refused for what it is: a part of the tree that `errors.py` draws.

What it is refused for because of what the server has or does (`NotFound`, `Conflict`, `ServerBusy` …) stands there.
"""

from __future__ import annotations

from typing import TypedDict

from pressrun.errors import PressrunError


class InvalidRequest(PressrunError):
    """The request is not valid."""

    code = "invalid_request"
    remedy = "Send what the message says is valid; GET /openapi.json has every path and field."


class MalformedBody(InvalidRequest):
    """The body is not a JSON object in UTF-8."""

    code = "malformed_body"
    remedy = "Send one JSON object in UTF-8, with Content-Type: application/json, or a form."


class MalformedHeader(InvalidRequest):
    """A header of the request is malformed."""

    code = "malformed_header"
    remedy = "Send the header as the message says, or leave it out."


class HeadersTooLarge(InvalidRequest):
    """The headers of the request are larger than the server accepts."""

    code = "headers_too_large"
    remedy = "Send fewer or shorter headers; cookies are not needed."


class HeadersTooSlow(InvalidRequest):
    """The headers of the request did not arrive in time."""

    code = "headers_too_slow"
    remedy = "Send the whole head at once; a connection that is opened ahead is closed unused."
    retryable = True


class MethodNotAllowed(InvalidRequest):
    """This path does not take this method."""

    code = "method_not_allowed"
    remedy = "Use one of the methods of the Allow header."

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"This path does not take {method[:20]}; it takes {', '.join(allowed) or 'nothing'}.")


class FieldProblem(TypedDict):
    """One wrong field: its name as sent, what is wrong, and what would be right."""

    field: str
    problem: str
    valid: str


class FieldErrors(InvalidRequest):
    """One or more fields are not valid."""

    code = "field_errors"
    remedy = "Mend each field of `errors[]`: `problem` says what is wrong, `valid` what would be right."

    def __init__(self, errors: list[FieldProblem]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{e['field']}: {e['problem']}" for e in errors[:5]))


class BodyTooLarge(InvalidRequest):
    """The body is larger than the server accepts."""

    code = "body_too_large"
    remedy = "Send less: shrink the pictures, or split the document; the message has the limit."


class BodyTooSlow(InvalidRequest):
    """The body did not arrive in time."""

    code = "body_too_slow"
    remedy = "Send it again over a faster connection, or send less."
    retryable = True


class UnsupportedMediaType(InvalidRequest):
    """The body has a media type that this route does not take."""

    code = "unsupported_media_type"
    remedy = "Send application/json or multipart/form-data."


class AccessDenied(PressrunError):
    """Access denied."""

    code = "access_denied"
    remedy = "Ask whoever runs the server for a token that may do this."


class Unauthorized(AccessDenied):
    """This server wants a token: send `Authorization: Bearer …`."""

    code = "unauthorized"
    remedy = "Send `Authorization: Bearer TOKEN`; `pressrun token new` on the server makes one."


class Forbidden(AccessDenied):
    """This request is not allowed from where it came."""

    code = "forbidden"
    remedy = "From a page elsewhere: PRESSRUN_CORS_ORIGINS; else a token with the scope that the message names."


class MisdirectedHost(AccessDenied):
    """The Host header names a host this server does not answer for; add it to PRESSRUN_ALLOWED_HOSTS."""

    code = "misdirected_host"
    remedy = "Add the host to PRESSRUN_ALLOWED_HOSTS, or use the server's own name."
