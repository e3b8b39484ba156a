"""What an endpoint's status means to the person who configured it. Pure.

Every sentence names the setting to mend. The endpoint's own words are looked at and not repeated to a client:
they may quote the key, or the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pressrun.ai.framing import is_readable
from pressrun.errors import AiFailed, AiRefused

_RETRY_AFTER_MAX_S = 30.0  # arbitrary: who waits longer wants to be told instead
_TRANSIENT = {408, 409, 425, 429}
_CLIENT_ERROR, _SERVER_ERROR, _NO_STATUS = 400, 500, 600


class Refusal(Exception):
    """An answer that is no stream: what to tell, and whether another try may help (or after how many seconds)."""

    def __init__(self, error: AiFailed, *, retry: bool | float = False) -> None:
        self.error = error
        self.retry = retry
        super().__init__(str(error))


def refusal_of(
    status: int, headers: Mapping[str, str], body: bytes, model: str, *, from_settings: bool
) -> Refusal | None:
    """None when it is an answer. `from_settings`: the model is the configured one, not the request's."""
    if status >= _CLIENT_ERROR:
        return _refused(
            status, headers, _words_of(body), model, "PRESSRUN_AI_MODEL" if from_settings else "model_choice"
        )
    if status != 200:  # noqa: PLR2004
        return _mend(f"The AI endpoint sends elsewhere (HTTP {status}); set PRESSRUN_AI_BASE_URL to its final address.")
    return _unless_stream(headers)


def _unless_stream(headers: Mapping[str, str]) -> Refusal | None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_readable(headers.get("content-encoding", "")):
        return _mend("The AI endpoint compresses its answer although asked not to; check PRESSRUN_AI_BASE_URL.")
    if media_type in {"text/html", "application/xhtml+xml"}:
        return _mend("The AI endpoint answers with a web page; check PRESSRUN_AI_BASE_URL, it often has to end in /v1.")
    return None  # many a proxy says something else of what is a stream, or sends the whole answer at once


def reported_error(told: Any, model: str, *, from_settings: bool) -> AiFailed:
    """What an error means that came with a good status, in the place of the answer or in the middle of it."""
    error = told.get("error") or told if isinstance(told, dict) else told
    words, status = _words_in(error), _status_in(error)
    setting = "PRESSRUN_AI_MODEL" if from_settings else "model_choice"
    if status is not None and status < _SERVER_ERROR:
        return _refused(status, {}, words, model, setting).error
    if "context_length" in words or "context length" in words:
        return _mend(_advice(_CLIENT_ERROR, words, model, setting)).error
    if "insufficient_quota" in words:
        return _refused(429, {}, words, model, setting).error
    return AiFailed("The AI endpoint reported an error in the middle of its answer; try again.")


def _status_in(error: Any) -> int | None:
    """The HTTP status that the error would have had."""
    for name in ("code", "status", "status_code"):
        value = error.get(name) if isinstance(error, dict) else None
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value[:4])
        if isinstance(value, int) and _CLIENT_ERROR <= value < _NO_STATUS:
            return value
    return None


def _refused(status: int, headers: Mapping[str, str], words: str, model: str, setting: str) -> Refusal:
    if (status == 429 and "insufficient_quota" in words) or status == 402:  # noqa: PLR2004
        return _mend(f"The AI endpoint's quota is used up (HTTP {status}); renew it, or set PRESSRUN_AI_API_KEY.")
    if status in _TRANSIENT or status >= _SERVER_ERROR:
        return _busy(status, headers)
    return _mend(_advice(status, words, model, setting))


def _advice(status: int, words: str, model: str, setting: str) -> str:
    if status in {401, 403}:
        return f"The AI endpoint refuses the API key (HTTP {status}); set PRESSRUN_AI_API_KEY to a valid one."
    if status == 413 or "context_length" in words or "context length" in words:  # noqa: PLR2004
        return f"The text is too long for the model {model} (HTTP {status}); set {setting} to a larger one."
    if "model_not_found" in words or model.lower() in words:
        return f"The AI endpoint does not serve the model {model} (HTTP {status}); set {setting} to one it has."
    if status == 404:  # noqa: PLR2004
        return (
            "The AI endpoint has no such path or model (HTTP 404); check PRESSRUN_AI_BASE_URL, which often has to end "
            f"in /v1, and {setting}."
        )
    return (
        f"The AI endpoint refuses the request (HTTP {status}); check PRESSRUN_AI_BASE_URL and {setting}, "
        "or use composer=markdown."
    )


def _mend(message: str) -> Refusal:
    return Refusal(AiRefused(message))


def _busy(status: int, headers: Mapping[str, str]) -> Refusal:
    wait_s = _retry_after_s(headers.get("retry-after", ""))
    what = "limits how often it is asked" if status == 429 else "has a problem of its own"  # noqa: PLR2004
    error = AiFailed(f"The AI endpoint {what} (HTTP {status}); try again later, or use composer=markdown.")
    if wait_s is None:
        return Refusal(error, retry=True)
    return Refusal(error, retry=wait_s if wait_s <= _RETRY_AFTER_MAX_S else False)


def _retry_after_s(value: str) -> float | None:
    """RFC 9110, 10.2.3: seconds or a date; None when it is neither."""
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year, or a zone, that no calendar has
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _words_of(body: bytes) -> str:
    """The error's message, code and type, in lower case: to recognise, not to show."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return _words_in(value.get("error", value) if isinstance(value, dict) else value)


def _words_in(error: Any) -> str:
    fields = [error.get(name) for name in ("message", "code", "type", "detail")] if isinstance(error, dict) else [error]
    return " ".join(field.lower() for field in fields if isinstance(field, str))
