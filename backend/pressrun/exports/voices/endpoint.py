"""An OpenAI-compatible `/v1/audio/speech`, the operator's own PRESSRUN_VOICE_BASE_URL.

No error's message holds the key, the URL or the endpoint's own words. Redirects are not followed, and the environment
(proxies, .netrc) is not read.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import structlog
from pydantic import SecretStr

from pressrun.errors import VoiceFailed, VoiceRefused, VoiceTimeout
from pressrun.exports.contract import Missing
from pressrun.exports.voices.contract import MAX_SPOKEN_BYTES
from pressrun.later import import_later
from pressrun.own_endpoint import sign_with, url_of
from pressrun.settings import VoiceSettings

if TYPE_CHECKING:
    import httpx
    import stamina
else:
    # 45 ms that a machine whose voice is a program need not pay
    httpx, stamina = import_later("httpx"), import_later("stamina")

_CONNECT_LIMIT_S = 10  # arbitrary: a host that is there accepts in far less
_ATTEMPTS = 4
_RETRY_WAIT_S = 0.5
_RETRY_WAIT_MAX_S = 8.0  # arbitrary
_PASSING = {408, 409, 425, 429}  # and all of 5xx: may be well again in a moment

_log = structlog.get_logger(__name__)


class _Passing(Exception):
    """What may go otherwise the next time."""

    def __init__(self, error: VoiceFailed) -> None:
        self.error = error
        super().__init__(error.code)


def missing_endpoint(settings: VoiceSettings) -> Missing | None:
    """What this server lacks for it."""
    if settings.base_url is None:
        return Missing("PRESSRUN_VOICE_BASE_URL is not set", "set it, as in http://127.0.0.1:8880/v1")
    try:
        _speech_url(settings.base_url)
        _signed(settings.api_key)
    except VoiceRefused as exc:
        return Missing(str(exc), "correct it")
    return None


@asynccontextmanager
async def open_endpoint(settings: VoiceSettings) -> AsyncIterator[Endpoint]:
    """Connects to nothing yet. Raises: VoiceRefused when URL or key can never work."""
    timeout = httpx.Timeout(None, connect=_CONNECT_LIMIT_S)  # the whole has its limit in `speak`
    async with httpx.AsyncClient(
        auth=_signed(settings.api_key), timeout=timeout, follow_redirects=False, trust_env=False
    ) as http:
        yield Endpoint(http, _speech_url(settings.base_url or ""), settings)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """See `Voice`. Speaks any language."""

    http: httpx.AsyncClient
    url: httpx.URL
    settings: VoiceSettings
    name: str = "api"

    @property
    def identity(self) -> str:
        return f"api {self.url} {self.settings.model} {self.settings.name}"

    async def tongue(self, lang: str, text: str) -> str | None:
        return "any"

    async def speak(self, text: str, tongue: str, rate: float) -> bytes:
        asked: dict[str, object] = {
            "model": self.settings.model,
            "voice": self.settings.name,
            "input": text,
            "response_format": "wav",
        }
        if rate != 1:
            asked["speed"] = rate
        retries = stamina.retry_context(
            on=_Passing,
            attempts=_ATTEMPTS,
            timeout=None,
            wait_initial=_RETRY_WAIT_S,
            wait_max=_RETRY_WAIT_MAX_S,
            wait_jitter=_RETRY_WAIT_S,
        )
        try:
            with anyio.fail_after(self.settings.timeout_s):
                async for attempt in retries:
                    with attempt:
                        return await self._ask(asked)
        except TimeoutError as exc:
            raise VoiceTimeout from exc
        except _Passing as passing:
            raise passing.error from passing
        raise AssertionError("stamina either returns or raises")

    async def _ask(self, asked: dict[str, object]) -> bytes:
        sound = bytearray()
        try:
            async with self.http.stream("POST", self.url, json=asked) as answer:
                if not answer.is_success:
                    raise self._refusal(answer.status_code)
                async for piece in answer.aiter_bytes():
                    sound += piece
                    if len(sound) > MAX_SPOKEN_BYTES:
                        raise VoiceFailed("The voice endpoint sent more sound than a sentence has; check its settings.")
        except (httpx.HTTPError, ssl.SSLError) as exc:
            raise _Passing(
                VoiceFailed("The voice endpoint does not answer; check PRESSRUN_VOICE_BASE_URL and that it runs.")
            ) from exc
        return bytes(sound)

    def _refusal(self, status: int) -> Exception:
        _log.warning("voice_refused", status=status)
        if status in _PASSING or status >= 500:  # noqa: PLR2004
            return _Passing(VoiceFailed(f"The voice endpoint failed (HTTP {status}); try again."))
        if status in (401, 403):
            return VoiceRefused("The voice endpoint refuses the key; set PRESSRUN_VOICE_API_KEY.")
        return VoiceRefused(
            f"The voice endpoint refused (HTTP {status}); check PRESSRUN_VOICE_MODEL and PRESSRUN_VOICE_NAME."
        )


def _signed(key: SecretStr | None) -> Callable[[httpx.Request], httpx.Request] | None:
    """Raises: VoiceRefused."""
    try:
        return sign_with(key)
    except ValueError as exc:
        raise VoiceRefused(f"PRESSRUN_VOICE_API_KEY holds {exc}") from None


def _speech_url(base_url: str) -> httpx.URL:
    """Raises: VoiceRefused."""
    try:
        return url_of(base_url, "/audio/speech")
    except ValueError as exc:
        raise VoiceRefused(f"PRESSRUN_VOICE_BASE_URL is {exc}") from exc
