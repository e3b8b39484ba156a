"""POST /generate-sse: admit, then follow. The run itself belongs to the engine, never to this request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pressrun.api.endpoints.webhook_url import checked_webhook_url
from pressrun.api.gate.tokens import caller_of, require_priority
from pressrun.api.state import state_of
from pressrun.api.streams.run_streams import cursor_of, follow
from pressrun.api.wire.body import parse_aside, parse_json_object, parse_model, read_json
from pressrun.api.wire.multipart import is_form, read_form
from pressrun.api.wire.schemas import ExplanationOut, GenerateRequest, RunOut
from pressrun.aspects import size_in
from pressrun.errors import NotFound, RunEnded
from pressrun.exports.contract import require_possible
from pressrun.request_errors import MalformedHeader
from pressrun.run_urls import events_url
from pressrun.runs.admission import Admission, Policies
from pressrun.runs.fingerprint import fingerprint
from pressrun.runs.submission import Submission
from pressrun.source_kinds import SOURCE_KINDS
from pressrun.sources.front_matter import MAX_CHARACTERS as _FRONT_MATTER
from pressrun.sources.front_matter import split_front_matter
from pressrun.sources.look import require_theme
from pressrun.sources.marp import lines_of_directives
from pressrun.themes.catalog import AUTO, BUILT_IN, Themes

ROUTE = "/generate-sse"
# JSON may spell a character in six bytes (\\u00e9); the largest source in its longest spelling, and room for the rest
MAX_BODY_BYTES = 6 * max(kind.most_bytes for kind in SOURCE_KINDS) + 1_000_000

# RFC 8941 string, or bare; printable ASCII, as long as the column
_KEY = re.compile(r'(?:"((?:[^"\\\x00-\x1f\x7f]|\\["\\])+)"|([^\s"\\\x00-\x1f\x7f]+))', re.ASCII)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_MAX_KEY_CHARACTERS = 255
_SMALL_BODY_BYTES = 16_384  # arbitrary (4..64 KB): the last 64 such bodies are remembered, so 1 MB at most

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a body asks of us. Its `submission` has neither a name nor a key yet."""

    policies: Policies
    submission: Submission


async def generate_sse(request: Request) -> Response:
    """Starts a run and streams it; or says why not before any header of a stream."""
    resumes = cursor_of(request) > 0  # a malformed one is told before anything begins
    key, asked = await read_asked(request)
    state = state_of(request)
    refusal = None
    if key is None and not resumes:
        refusal = state.service.refusal_nowait(asked.submission, asked.policies)
    if refusal is not None:
        return state.refusals.answer(refusal)
    return await submit_and_answer(request, asked.policies, _named(request, key, asked))


async def submit_and_answer(request: Request, policies: Policies, submission: Submission) -> Response:
    """The run's stream, or 202 where the client prefers to come back for it."""
    service = state_of(request).service
    admission = await service.submit(submission, policies, after=cursor_of(request))
    headers = {
        "Location": events_url(admission.run.operation_id),
        "Run-Disposition": admission.disposition,
    }
    if wants_async(request.headers.getlist("prefer")):
        accepted = RunOut.of(admission.run).model_dump(mode="json")
        return JSONResponse(accepted, 202, {**headers, "Preference-Applied": "respond-async"})
    return _stream(request, admission, headers, cancel_on_disconnect=submission.on_disconnect == "cancel")


async def explain_admission(request: Request) -> Response:
    """POST /admission/explain: the same body, nothing started."""
    key, asked = await read_asked(request)
    explanation = await state_of(request).service.explain(_named(request, key, asked), asked.policies)
    return JSONResponse(ExplanationOut.of(explanation).model_dump(mode="json"), headers={"Cache-Control": "no-store"})


async def read_asked(request: Request) -> tuple[str | None, Asked]:
    """The Idempotency-Key, and what the body asks for. Raises: what a run's admission does before it asks the guard."""
    key = idempotency_key_of(request)
    if is_form(request.headers):
        raw = await read_form(request, GenerateRequest, MAX_BODY_BYTES)
    else:
        raw = await read_json(request, MAX_BODY_BYTES)
    caller = caller_of(request.scope).name
    if len(raw) <= _SMALL_BODY_BYTES:
        asked = _parse_small(raw, caller)
    else:
        asked = await parse_aside(partial(_parse, caller=caller), raw)
    require_priority(caller_of(request.scope), asked.submission.priority)
    require_possible(asked.submission.spec, state_of(request).settings)
    asked = _with_theme(asked, state_of(request).themes)
    url = asked.submission.webhook_url
    if url is not None:
        checked = checked_webhook_url(state_of(request), url)
        asked = replace(asked, submission=replace(asked.submission, webhook_url=checked))
    return key, asked


def _with_theme(asked: Asked, themes: Themes) -> Asked:
    """What a theme of this server's own looks like is part of what is asked: edited, it makes another run."""
    name = asked.submission.spec.theme
    require_theme(name, themes)
    if name in BUILT_IN or name == AUTO:
        return asked
    digest = hashlib.sha256(f"{asked.submission.digest} {themes[name].digest}".encode()).hexdigest()
    return replace(asked, submission=replace(asked.submission, digest=digest))


def _named(request: Request, key: str | None, asked: Asked) -> Submission:
    name = state_of(request).service.new_operation_id()
    return replace(asked.submission, operation_id=name, idempotency_key=key)


def _parse(raw: bytes, caller: str) -> Asked:
    """What the bytes ask for, with the fingerprint of what of it changes the result. Pure."""
    body = _sized(parse_model(GenerateRequest, parse_json_object(raw)))
    submission = Submission(
        operation_id="",
        route=ROUTE,
        spec=body,
        digest=fingerprint(ROUTE, body),
        lane=body.lane,
        caller=caller,
        on_disconnect=body.on_disconnect,
        priority=body.priority,
        webhook_url=body.webhook_url,
    )
    return Asked(Policies(on_busy=body.on_busy, on_duplicate=body.on_duplicate), submission)


def _sized(body: GenerateRequest) -> GenerateRequest:
    """With the shape that its text names in its front matter, unless the request says how large slides are."""
    if body.text is None or not body.model_fields_set.isdisjoint({"viewport_width", "viewport_height"}):
        return body
    split = split_front_matter(body.text[:_FRONT_MATTER].replace("\r\n", "\n"))
    size = size_in(split.block) or size_in(lines_of_directives(split.block, split.rest))
    if size is None:
        return body
    return body.model_copy(update={"viewport_width": size[0], "viewport_height": size[1]})


# Who repeats a request repeats it byte by byte (a double click, a retry, a reload): its 409 costs half of a new one's.
_parse_small = lru_cache(maxsize=64)(_parse)


def wants_async(prefer: list[str]) -> bool:
    """Whether one of the preferences is `respond-async`; what is unknown or malformed is no preference (RFC 7240)."""
    unquoted = _QUOTED.sub("", ",".join(prefer))
    names = (preference.partition(";")[0].partition("=")[0].strip().lower() for preference in unquoted.split(","))
    return "respond-async" in names


def idempotency_key_of(request: Request) -> str | None:
    """The key, without the quotes of a structured-field string. Raises: MalformedHeader."""
    text = request.headers.get("idempotency-key")
    if text is None:
        return None
    match = _KEY.fullmatch(text)
    key = (match[1] or match[2]) if match else ""
    if not key or len(key) > _MAX_KEY_CHARACTERS or not key.isascii():
        raise MalformedHeader(
            f"Idempotency-Key must be 1 to {_MAX_KEY_CHARACTERS} printable ASCII characters, best a quoted string"
        )
    return key


def _stream(request: Request, admission: Admission, headers: dict[str, str], *, cancel_on_disconnect: bool) -> Response:
    after = 0 if admission.created else cursor_of(request, admission.run.last_seq)
    if admission.run.ended and after == admission.run.last_seq:
        return Response(status_code=204, headers=headers)  # as GET /runs/{id}/events: nothing is left to tell
    on_end = _cancel_on_end(request, admission) if admission.created and cancel_on_disconnect else None
    return follow(request, admission.run, after=after, snapshot=False, headers=headers, on_end=on_end)


def _cancel_on_end(request: Request, admission: Admission) -> Callable[[], Awaitable[None]]:
    state = state_of(request)

    async def cancel() -> None:
        """The stream ended: if the run has not and the server stays, its client went away."""
        if state.log.closed:
            return
        try:
            await state.service.cancel(admission.run.operation_id, "disconnect", attempt=admission.run.attempt)
        except (RunEnded, NotFound):
            return
        _log.info("client gone, run cancelled", operation_id=admission.run.operation_id)

    return cancel
