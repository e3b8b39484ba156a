"""Key and URL of an endpoint that speaks OpenAI's HTTP and is the operator's own. Owns no setting and no request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pressrun.later import import_later

if TYPE_CHECKING:
    import httpx
else:
    httpx = import_later("httpx")  # 45 ms of a start; only who asks an endpoint needs it


def sign_with(key: SecretStr | None) -> Callable[[httpx.Request], httpx.Request] | None:
    """What signs a request; None: there is no key. It goes before a password in the URL, which httpx would take else.

    Raises: ValueError when it holds a character that no key has.
    """
    value = key.get_secret_value() if key else ""
    if not value:
        return None
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("a space, a line end or another character that no key has")

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {value}"
        return request

    return sign


def url_of(base_url: str, path: str) -> httpx.URL:
    """Where `path` is, whether the base names it already or not. Raises: ValueError when it is no http(s) URL."""
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as exc:
        raise ValueError("not a URL") from exc
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("not an http(s) URL")
    before = url.path.rstrip("/")
    return url if before.endswith(path) else url.copy_with(path=before + path)
