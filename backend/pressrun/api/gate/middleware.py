"""The gate: what may come in at all. One pure-ASGI middleware in front of the whole app, on every path.

Owns what is decided before a route is known, from the request's head alone: Host, Origin, path, method, sizes, media
type, token, the caller's share (quotas.py); and the security headers of every answer. Owns neither what a route
does nor how a body is read.

It must be the outermost layer (`Gate(Starlette(...), config)`), so that no path and no error page goes around it.
Decides on `scope["path"]` only: `request.url` is made from the Host header, which is the client's word.

Its verdict is a function of the head, the caller and the configuration, and clients say the same in each request: who
is let in is remembered by every byte of the head but the token, which is looked up each time and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple, NoReturn, cast
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressrun.api.gate.cors import CorsOrigins, answer_headers, is_preflight, preflight_headers
from pressrun.api.gate.hosts import Authority, HostList, is_own_origin, parse_authority
from pressrun.api.gate.quotas import CallerQuotas, Usage
from pressrun.api.gate.tokens import ANYBODY, LOCAL, Caller, Tokens, TokenScope, with_caller
from pressrun.api.pages import UI_CSP, wants_page
from pressrun.api.preview_frame import FRAME_PATH
from pressrun.api.problem_page import as_page
from pressrun.api.streams.run_streams import opened_stream_of
from pressrun.api.wire.body import carries_body, media_type, require_json
from pressrun.api.wire.problems import problem_response
from pressrun.errors import CallerLimit, PressrunError
from pressrun.request_errors import (
    BodyTooLarge,
    Forbidden,
    HeadersTooLarge,
    InvalidRequest,
    MalformedHeader,
    MethodNotAllowed,
    MisdirectedHost,
    Unauthorized,
    UnsupportedMediaType,
)

SAFE_METHODS = frozenset({"GET", "HEAD"})
# OPTIONS is left out on purpose: a preflight that fails is what keeps other pages' JSON out. Only a preflight of an
# origin that PRESSRUN_CORS_ORIGINS names is answered.
ALLOWED_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_NOT_MODIFIED = 304
MAX_HEADER_BYTES = 16 * 1024  # SAFETY
_MOST_REMEMBERED = 128  # arbitrary (16..1 000): heads, so 2 MB at most

_AROUND_BYTES = 4  # of a header: ": " and CR LF
_TOKEN_HEADER = b"authorization"
_LENGTH, _CHUNKS = b"content-length", b"transfer-encoding"
_ABOUT_LENGTH = frozenset({_LENGTH, _CHUNKS})

_ABSOLUTE_FORM = re.compile(rb"https?://([^/?#@\s]+)(/.*)?", re.IGNORECASE | re.DOTALL)
_PATH_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")

_SECURITY_HEADERS = [
    (name.encode(), value.encode())
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "x-frame-options": "DENY",
        "content-security-policy": UI_CSP,
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }.items()
]
_SECURITY_NAMES = frozenset(name for name, _ in _SECURITY_HEADERS)


@dataclass(frozen=True)
class GateConfig:
    """What the gate lets in. Public paths are readable without a token: the UI's own files, and the liveness probe.

    At `public_pages` the UI's page is public, that is a GET that accepts `text/html`; the page holds nothing, and asks
    for what it shows with a token. `ANYBODY` has no runs, so that a route that disagrees shows none either.
    """

    hosts: HostList
    methods_of: Callable[[str], tuple[str, ...]] = lambda path: ALLOWED_METHODS
    cors: CorsOrigins = field(default_factory=CorsOrigins)
    tokens: Tokens = field(default_factory=lambda: Tokens({}))
    quotas: CallerQuotas | None = None
    max_body_bytes: int = 32 * 1024 * 1024
    max_header_bytes: int = MAX_HEADER_BYTES
    public_paths: frozenset[str] = frozenset(
        {"/", "/index.html", "/livez", "/favicon.ico", "/favicon.svg", "/docs", "/llms.txt", FRAME_PATH}
    )
    public_prefixes: tuple[str, ...] = ("/assets/", "/docs/")
    public_pages: re.Pattern[str] = re.compile(r"/runs(/[0-9a-f-]{36})?|/system")


class Head(NamedTuple):
    """What of a request is judged. `beside_bytes`: path, query and token; `reached`: the address that was connected to.

    `named`: the authority that the request line itself names, which it does to a proxy (RFC 9112, 3.2.2).
    `headers` are without the token.
    """

    method: str
    path: str
    scheme: str
    reached: str | None
    beside_bytes: int
    headers: tuple[tuple[bytes, bytes], ...]
    named: str | None = None


class Gate:
    """Answers what must not come in, and hands on the rest with its `Caller` in the scope's state."""

    def __init__(self, app: ASGIApp, config: GateConfig) -> None:
        self._app = app
        self._config = config
        self._judge = lru_cache(_MOST_REMEMBERED)(partial(judge, config))  # refusals are raised, so not remembered
        self._told = lru_cache(_MOST_REMEMBERED)(_caller_limit)  # who floods is told the same, and soon

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            send = _with_security_headers(self._with_cors(scope, send))
            await self._http(scope, receive, as_page(send) if wants_page(scope) else send)
        else:
            # Nothing here speaks WebSocket, and browsers send one across origins without asking.
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope, named = in_origin_form(scope)
        head, caller = read_head(scope, self._config.tokens)
        if named is not None:
            head = head._replace(named=named)
        try:
            admitted = self._judge(head, caller)
        except PressrunError as refusal:
            await problem_response(refusal)(scope, receive, send)
        else:
            if admitted is None:
                answer = Response(status_code=204, headers=preflight_headers(ALLOWED_METHODS))
                await answer(scope, receive, send)
            else:
                usage = None if self._config.quotas is None else self._config.quotas.usage_of(admitted, scope)
                inner = with_caller(scope, admitted)
                if usage is None:
                    await self._app(inner, receive, send)
                else:
                    await self._booked(usage, inner, receive, send)

    async def _booked(self, usage: Usage, scope: Scope, receive: Receive, send: Send) -> None:
        """As much as the caller's share allows; it counts until it is answered, a stream until its end."""
        quotas, stream = cast(CallerQuotas, self._config.quotas), _may_stream(scope)
        try:
            length = 0 if scope["method"] in SAFE_METHODS else _declared_bytes(scope)
            quotas.book(usage, body_bytes=length or 0, stream=stream)
        except CallerLimit as refusal:
            await self._told(str(refusal), refusal.limit, refusal.retry_after_s)(scope, receive, send)
            return
        try:
            await self._app(scope, receive if length is not None else quotas.metered(usage, receive), send)
        finally:
            opened = opened_stream_of(scope) if stream else None
            if opened is not None and opened.stream is not None:
                opened.on_end = usage.close_stream
            elif stream:
                usage.close_stream()
            else:
                usage.close()

    def _with_cors(self, scope: Scope, send: Send) -> Send:
        """Lets a page of an allowed origin read the answer, whatever it is; as it came where none is configured."""
        if not self._config.cors:
            return send
        origin = self._config.cors.find(Headers(scope=scope))

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")  # a cache must not give one origin the answer to another
                headers.update(answer_headers(origin) if origin else {})
            await send(message)

        return send_readable


def in_origin_form(scope: Scope) -> tuple[Scope, str | None]:
    """A request line in absolute form (`POST http://host/path`) as any other, and the authority it names.

    Every server must take it (RFC 9112, 3.2.2). No page can send one: browsers speak so to proxies only.
    """
    if scope["path"].startswith("/"):
        return scope, None
    match = _ABSOLUTE_FORM.fullmatch(scope.get("raw_path") or b"")
    if match is None:
        return scope, None
    raw_path = match[2] or b"/"
    path = unquote(raw_path.decode("ascii"))
    return {**scope, "path": path, "raw_path": raw_path}, match[1].decode("ascii")


def _caller_limit(message: str, limit: str | None, retry_after_s: int) -> Response:
    return problem_response(CallerLimit(message, limit=limit, retry_after_s=retry_after_s))


def _may_stream(scope: Scope) -> bool:
    """Whether the answer may be a stream of events; known from the head, before anything has begun."""
    path: str = scope["path"]
    if scope["method"] == "GET":
        return path.endswith("/events")
    if scope["method"] != "POST" or not path.endswith(("/generate-sse", "/rerender")):
        return False
    return not any(name == b"prefer" and b"respond-async" in value for name, value in scope["headers"])


def _declared_bytes(scope: Scope) -> int | None:
    """The length that a body says it has, 0 where there is none; None: it comes in chunks, and is counted then."""
    lengths = {name: value for name, value in scope["headers"] if name in _ABOUT_LENGTH}
    return None if _CHUNKS in lengths else int(lengths.get(_LENGTH, b"0"))


def read_head(scope: Scope, tokens: Tokens) -> tuple[Head, Caller | None]:
    """The head without its token, and whose token it is: nobody's is None; everybody is local where there are none."""
    server = scope.get("server")
    headers = [(name, value) for name, value in scope["headers"]]
    beside_bytes = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    caller: Caller | None = LOCAL
    if tokens:
        given = [value for name, value in headers if name == _TOKEN_HEADER]
        headers = [header for header in headers if header[0] != _TOKEN_HEADER]
        beside_bytes += sum(len(_TOKEN_HEADER) + len(value) + _AROUND_BYTES for value in given)
        caller = _caller_by_token(given, tokens)
    reached = server[0] if server else None
    head = Head(scope["method"], scope["path"], scope["scheme"], reached, beside_bytes, tuple(headers))
    return head, caller


def judge(config: GateConfig, head: Head, caller: Caller | None) -> Caller | None:
    """Who is calling, if the request may come in; None for a preflight that is answered here. Pure.

    Raises a PressrunError that says why not.
    """
    headers = Headers(raw=list(head.headers))
    _check_sizes(head, config)
    authority, scheme = _check_host(head, headers, config.hosts)
    if head.path == "*":  # about the whole server, which only OPTIONS may ask (RFC 9112, 3.2.4)
        raise MethodNotAllowed(head.method, ALLOWED_METHODS)
    _check_path(head.path)
    allowed_origin = config.cors.find(headers)
    if allowed_origin and is_preflight(head.method, headers):
        return None
    _check_method(head.method, config.methods_of(head.path))
    if head.method not in SAFE_METHODS and not allowed_origin:
        _check_origin(headers, authority, scheme)
    admitted = _check_caller(head, headers, caller, config)
    if carries_body(headers):
        _check_body(headers, admitted, config)
    return admitted


def _check_sizes(head: Head, config: GateConfig) -> None:
    size_bytes = head.beside_bytes + sum(len(name) + len(value) + _AROUND_BYTES for name, value in head.headers)
    if size_bytes > config.max_header_bytes:
        raise HeadersTooLarge(f"Path, query and headers are larger than {config.max_header_bytes} bytes together.")


def _check_host(head: Head, headers: Headers, hosts: HostList) -> tuple[Authority, str]:
    given = headers.getlist("host")
    if len(given) != 1:
        raise MalformedHeader("A request must have exactly one Host header.")
    authority = parse_authority(given[0])
    allowed = hosts.find(authority, head.reached) if authority else None
    if authority is None or allowed is None:
        raise MisdirectedHost(
            f"This server does not answer for the host {given[0][:100]!r}; if that is its name, "
            "add it to PRESSRUN_ALLOWED_HOSTS and start it again."
        )
    # Whom the RFC lets us believe is the request line; whoever says two things is not believed at all.
    if head.named is not None and parse_authority(head.named) != authority:
        raise MalformedHeader("The request line and the Host header name different hosts; send the same in both.")
    return authority, allowed.scheme or head.scheme


def _check_path(path: str) -> None:
    if not path.startswith("/") or _PATH_CONTROLS.search(path) or ".." in path.split("/"):
        raise InvalidRequest("The path holds `..`, a backslash or a control character; paths here never do.")


def _check_method(method: str, allowed_here: tuple[str, ...]) -> None:
    if method not in ALLOWED_METHODS:
        raise MethodNotAllowed(method, allowed_here)


def _check_origin(headers: Headers, authority: Authority, scheme: str) -> None:
    """A browser says where a request comes from, and no page can make it lie; scripts and curl say nothing."""
    origins = headers.getlist("origin")
    if len(origins) > 1 or any(not is_own_origin(origin, authority, scheme) for origin in origins):
        _refuse_page("Origin", origins)
    sites = headers.getlist("sec-fetch-site")
    if not set(sites) <= {"same-origin", "none"}:
        _refuse_page("Sec-Fetch-Site", sites)


def _refuse_page(header: str, values: list[str]) -> NoReturn:
    said = ", ".join(values)[:100]
    raise Forbidden(
        f"A page from elsewhere may not do this ({header}: {said}); use this server's own page, or no browser."
    )


def _check_caller(head: Head, headers: Headers, caller: Caller | None, config: GateConfig) -> Caller:
    if not config.tokens:
        return LOCAL
    safe = head.method in SAFE_METHODS
    if caller is None:
        if safe and _is_public(head.path, headers, config):
            return ANYBODY
        raise Unauthorized
    needed: TokenScope = "read" if safe else "run"
    if not caller.may(needed) and not (safe and _is_public(head.path, headers, config)):
        raise Forbidden(f"This token lacks the scope `{needed}`.")
    return caller


def _caller_by_token(given: list[bytes], tokens: Tokens) -> Caller | None:
    scheme, _, token = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    return tokens.find(token.strip()) if scheme.lower() == "bearer" else None


def _is_public(path: str, headers: Headers, config: GateConfig) -> bool:
    if config.public_pages.fullmatch(path):
        return "text/html" in headers.get("accept", "")
    return path in config.public_paths or path.startswith(config.public_prefixes)


def _check_body(headers: Headers, caller: Caller, config: GateConfig) -> None:
    lengths = headers.getlist("content-length")
    if len(lengths) > 1 or len(headers.getlist("content-type")) > 1 or (lengths and "transfer-encoding" in headers):
        raise MalformedHeader("Content-Length and Content-Type may be there once, and no length with chunks.")
    if lengths and not re.fullmatch(r"[0-9]{1,18}", lengths[0]):
        raise MalformedHeader("Content-Length must be a number of bytes.")
    if lengths and int(lengths[0]) > config.max_body_bytes:
        raise BodyTooLarge(f"The body is larger than {config.max_body_bytes} bytes, the most this server takes.")
    if media_type(headers) != "multipart/form-data":
        require_json(headers)
    elif caller is LOCAL and headers.get("x-pressrun") != "1":
        # A form on any page can send this type without being asked; a header of ours it cannot.
        raise UnsupportedMediaType(
            "multipart/form-data is taken with the header `X-Pressrun: 1`, or use application/json."
        )


def _with_security_headers(send: Send) -> Send:
    async def send_hardened(message: Message) -> None:
        # A 304 replaces the headers that a browser has kept: a document would lose its sandbox (seen).
        if message["type"] == "http.response.start" and message["status"] != _NOT_MODIFIED:
            said = [name for name, _ in message["headers"]]
            ours = _SECURITY_HEADERS
            if not _SECURITY_NAMES.isdisjoint(said):  # a route that is stricter has said so itself
                ours = [header for header in ours if header[0] not in said]
            message["headers"] = [*message["headers"], *ours]
        await send(message)

    return send_hardened
