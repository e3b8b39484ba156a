"""`AiClient`: one streamed chat completion after another from an OpenAI-compatible endpoint.

Owns connection, retries and time limits; `refusals` owns the words for what an endpoint refuses, `framing` how its
answer is framed, `wire` what is in it. Knows nothing of prompts and documents.

Invariants: no error's message holds the key, the URL or the endpoint's own words; these go to the log. Nothing waits
or grows without a limit. No cancel scope is open while a delta is out with the caller, so a plain cancellation ends a
call at any await and closes its socket. Redirects are not followed, and the environment (proxies, .netrc) is not read,
for it belongs to `settings`. That httpx logs whole URLs at INFO is turned off in `telemetry`, where logging is set up.
httpx translates what sockets raise, but not what TLS does once it is established: so both are caught.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

import anyio
import structlog
from pydantic import SecretStr
from pydantic.dataclasses import dataclass

from pressrun.ai.framing import NO_COMPLETION, Payload, read_payloads
from pressrun.ai.refusals import Refusal, refusal_of, reported_error
from pressrun.ai.wire import AnswerCut, Assembler, Chunk, Message, ReportedError, read_chunk
from pressrun.errors import AiFailed, AiUnavailable, StartupError
from pressrun.later import import_later
from pressrun.own_endpoint import sign_with, url_of
from pressrun.settings import AiSettings

if TYPE_CHECKING:
    import httpx
    import stamina
else:
    # 45 of the 900 ms that a start takes; only who asks a model needs them
    httpx, stamina = import_later("httpx"), import_later("stamina")

__all__ = ["AiClient", "AiConfig", "AnswerCut", "open_ai_client"]

_log = structlog.get_logger(__name__)

_CONNECT_LIMIT_S = 10  # arbitrary: a host that is there accepts in far less
_CLOSE_LIMIT_S = 0.5  # a cancelled run has one second in all
_ERROR_BODY_BYTES = 64 * 1024  # arbitrary: an error in JSON is a few hundred bytes
_RETRY_WAIT_MAX_S = 8.0  # arbitrary, without a Retry-After
_AFTER_THE_END_S = 1.0  # arbitrary (0.2..5): who says that it has ended and goes on, goes on at once
_ABOUT_THE_KEY = {401, 403}
_WORDS_CHARS = 500  # arbitrary: the beginning of an error in JSON says it
_BROKEN_OFF = "The AI endpoint broke its answer off before the end; try again."


@dataclass(frozen=True)
class AiConfig(AiSettings):
    """Where the endpoint is and how long to wait for it.

    `timeout_s` bounds one whole answer with its retries; `first_token_timeout_s` the wait for its first event (a model
    on a slow machine reads a long prompt first), `silence_timeout_s` for any later one. `max_output_chars` bounds one
    answer, and with it the work of cleaning it, which grows with the square of a deeply nested answer's length. `mask`
    takes the server's secrets out of a whole answer: who holds the key may write it.
    """

    base_url: str = field(repr=False)
    api_key: SecretStr | None
    model: str
    first_token_timeout_s: float = 120
    silence_timeout_s: float = 60
    max_output_chars: int = 60_000
    attempts: int = 4
    retry_wait_s: float = 0.5
    mask: Callable[[str], str] = field(default=str, repr=False)


@asynccontextmanager
async def open_ai_client(config: AiConfig) -> AsyncIterator[AiClient]:
    """Connects to nothing yet. Raises: StartupError when URL or key can never work."""
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
    timeout = httpx.Timeout(None, connect=_CONNECT_LIMIT_S)  # all other waits have their limit in AiClient
    # trust_env: settings.py is the only reader of the environment, and a .netrc would send somebody's password
    async with httpx.AsyncClient(
        auth=_auth(config.api_key), headers=headers, timeout=timeout, follow_redirects=False, trust_env=False
    ) as http:
        yield AiClient(http, _completions_url(config.base_url), config)


class AiClient:
    """Opened by `open_ai_client`; shared by all runs, holds no state of any."""

    def __init__(self, http: httpx.AsyncClient, url: httpx.URL, config: AiConfig) -> None:
        self._http = http
        self._url = url
        self._config = config

    @property
    def endpoint(self) -> str:
        """What tells one endpoint from another. May hold a password: for digests only."""
        return str(self._url)

    def mask(self, text: str) -> str:
        """`text`, of which the endpoint has written something, without the secrets of this server."""
        return self._config.mask(text)

    def model_name(self, model: str | None) -> str:
        """The model that a call with `model` goes to."""
        return model or self._config.model

    async def stream_chat(
        self, messages: Sequence[Message], model: str | None = None, *, max_chars: int | None = None
    ) -> AsyncGenerator[str, None]:
        """The answer in pieces, as it is written; `model` None is the configured one. Close it if you leave early.

        `max_chars` lowers the configured limit. An answer that ends without an exception is whole. Raises:
        AiUnavailable, AiRefused (trying again does not help), AnswerCut (at the model's own length limit), AiFailed.
        """
        limit_chars = min(max_chars or self._config.max_output_chars, self._config.max_output_chars)
        deadline = anyio.current_time() + self._config.timeout_s
        with self._at_most(deadline, deadline):
            response, first_by = await self._open(messages, model, deadline)
        answer, written, ended, beside = Assembler(), 0, False, False
        try:
            async with aclosing(read_payloads(response)) as source:
                due = first_by
                while (payload := await self._next_payload(source, due, deadline, ended=ended)) is not None:
                    chunk = self._read(payload, model)
                    text = answer.add(chunk)
                    written += len(text)
                    if written > limit_chars:
                        raise AiFailed(f"The AI wrote more than {limit_chars} characters and was stopped; try again.")
                    if text:
                        yield text
                    ended, beside = ended or chunk.ended, chunk.beside
                    if chunk.last:
                        break
                    due = self._due(deadline, begun=written > 0, ended=ended)
            if not ended:
                raise AiFailed(_BROKEN_OFF if written or not beside else NO_COMPLETION)
            rest = answer.finish()
            if rest:
                yield rest
        finally:
            await _hang_up(response)

    def _read(self, payload: Payload, model: str | None) -> Chunk:
        try:
            return read_chunk(payload)
        except ReportedError as exc:
            self._log_words(200, json.dumps(exc.told).encode())
            raise reported_error(exc.told, self.model_name(model), from_settings=model is None) from exc

    async def _open(
        self, messages: Sequence[Message], model: str | None, deadline: float
    ) -> tuple[httpx.Response, float]:
        """A response that streams, and when its first event is due. Tries again: nothing was written yet."""
        payload = {"model": self.model_name(model), "messages": list(messages), "stream": True}
        retries = stamina.retry_context(
            on=_wait_before_retry,
            attempts=self._config.attempts,
            timeout=None,
            wait_initial=self._config.retry_wait_s,
            wait_max=_RETRY_WAIT_MAX_S,
            wait_jitter=self._config.retry_wait_s,
        )
        try:
            async for attempt in retries:
                with attempt:
                    first_by = self._due(deadline, begun=False)
                    with self._at_most(first_by, deadline):
                        return await self._send(payload, model), first_by
        except Refusal as refusal:
            raise refusal.error from refusal
        raise AssertionError("stamina either returns or raises")

    async def _send(self, payload: dict[str, object], model: str | None) -> httpx.Response:
        request = self._http.build_request("POST", self._url, json=payload)
        try:
            response = await self._http.send(request, stream=True)
        except (httpx.HTTPError, ssl.SSLError) as exc:
            raise Refusal(_unreachable(exc), retry=True) from exc
        streams = False
        try:
            body = await _read_some(response) if response.is_error else b""
            name, from_settings = self.model_name(model), model is None
            refusal = refusal_of(response.status_code, response.headers, body, name, from_settings=from_settings)
            if refusal is not None:
                self._log_words(response.status_code, body)
                raise refusal
            streams = True
        finally:
            if not streams:
                await _hang_up(response)
        return response

    def _log_words(self, status: int, body: bytes) -> None:
        """The endpoint's own words, for the operator alone; none about a key, for they may quote a part of it."""
        words = "" if status in _ABOUT_THE_KEY else body.decode(errors="replace")
        key = self._config.api_key.get_secret_value() if self._config.api_key else ""
        _log.warning(
            "ai_refused", status=status, words=(words.replace(key, "[secret]") if key else words)[:_WORDS_CHARS]
        )

    async def _next_payload(
        self, source: AsyncGenerator[Payload, None], due: float, deadline: float, *, ended: bool
    ) -> Payload | None:
        """None at the end; whatever ends an answer that is whole already (`ended`) is an end."""
        try:
            with self._at_most(due, deadline):
                return await anext(source, None)
        except (httpx.HTTPError, ssl.SSLError, AiFailed) as exc:
            if ended:
                return None
            if isinstance(exc, AiFailed):
                raise
            raise AiFailed(_BROKEN_OFF) from exc

    def _due(self, deadline: float, *, begun: bool, ended: bool = False) -> float:
        """When the next value must be there. A model that still thinks has not begun, whatever it sends meanwhile."""
        patience_s = self._config.silence_timeout_s if begun else self._config.first_token_timeout_s
        return min(deadline, anyio.current_time() + (_AFTER_THE_END_S if ended else patience_s))

    @contextmanager
    def _at_most(self, due: float, deadline: float) -> Iterator[None]:
        """Bounds what is inside, in which nothing is yielded, by an instant of anyio's clock."""
        wait_s = max(0.0, due - anyio.current_time())
        try:
            with anyio.fail_after(wait_s):
                yield
        except TimeoutError as exc:
            if due < deadline:
                raise AiFailed(
                    f"The AI endpoint sent nothing for {wait_s:.2g} s; check that what PRESSRUN_AI_BASE_URL names "
                    "is not stuck."
                ) from exc
            raise AiFailed(
                f"The AI took longer than {self._config.timeout_s:g} s for one answer; raise PRESSRUN_AI_TIMEOUT_S, or "
                "take a faster model."
            ) from exc


def _wait_before_retry(exc: Exception) -> bool | float:
    return exc.retry if isinstance(exc, Refusal) else False


def _unreachable(exc: Exception) -> AiFailed:
    if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout):
        return AiUnavailable(
            "The AI endpoint cannot be reached; check PRESSRUN_AI_BASE_URL and that the endpoint runs, "
            "or use composer=markdown."
        )
    return AiUnavailable("The AI endpoint closed the connection without an answer; check that it runs, or try again.")


async def _hang_up(response: httpx.Response) -> None:
    """Closes the socket of an answer that was not read to its end; works in a cancelled task, too."""
    with anyio.move_on_after(_CLOSE_LIMIT_S, shield=True):
        await response.aclose()


async def _read_some(response: httpx.Response) -> bytes:
    """The beginning of an error's body; nothing when it breaks off, for the status alone says enough."""
    body = b""
    try:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) >= _ERROR_BODY_BYTES:
                break
    except (httpx.HTTPError, ssl.SSLError):
        return b""
    return body


def _auth(key: SecretStr | None) -> Callable[[httpx.Request], httpx.Request] | None:
    """Raises: StartupError."""
    try:
        return sign_with(key)
    except ValueError as exc:
        raise StartupError(f"PRESSRUN_AI_API_KEY holds {exc}: set it again") from None


def _completions_url(base_url: str) -> httpx.URL:
    """Raises: StartupError."""
    try:
        return url_of(base_url, "/chat/completions")
    except ValueError as exc:
        raise StartupError(f"PRESSRUN_AI_BASE_URL is {exc}: write it as http://127.0.0.1:11434/v1") from exc
