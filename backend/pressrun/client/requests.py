"""What is sent: the address, the headers of every request, the bodies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict
from urllib.parse import quote

import httpx

from pressrun import __version__
from pressrun.client.errors import InvalidUse
from pressrun.client.patience import Patience

DEFAULT_URL = "http://127.0.0.1:8000"

_CONNECT_S = 10.0  # arbitrary (5..30): a host that needs longer to accept is as good as down
_WRITE_S = 60.0  # the server cuts bodies that take longer (SAFETY "What may come in")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class HttpOptions(TypedDict):
    """The arguments that the httpx client is opened with."""

    base_url: httpx.URL
    headers: dict[str, str]
    timeout: httpx.Timeout
    trust_env: bool
    verify: bool


def http_options(base_url: str, token: str | None, patience: Patience) -> HttpOptions:
    """Raises: InvalidUse for an address or a token that cannot be sent."""
    url = _address(base_url)
    headers = {
        "User-Agent": f"pressrun-client/{__version__}",
        "X-Pressrun": "1",  # says to the gate that this is no form of a foreign page
        "Accept-Encoding": "identity",  # a compressed stream is held back in blocks
    }
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise InvalidUse("The token holds characters that no token has; copy it again.")
        headers["Authorization"] = f"Bearer {token}"
    here = url.host in _LOOPBACK
    return HttpOptions(
        base_url=url,
        headers=headers,
        timeout=httpx.Timeout(patience.stall_s, connect=_CONNECT_S, write=_WRITE_S),
        trust_env=not here,  # a proxy named in the environment cannot see this machine's loopback
        verify=url.scheme == "https" or not here,  # without TLS there is nothing to verify, and loading CAs takes 25 ms
    )


def _address(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as exc:
        raise InvalidUse(f"{base_url!r} is not an address; write it like {DEFAULT_URL}.") from exc
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidUse(f"{base_url!r} is not an address; write it like {DEFAULT_URL}.")
    return url


def generate_body(request: Mapping[str, Any], policies: Mapping[str, Any]) -> dict[str, Any]:
    """The body of `POST /generate-sse`: the request, and those policies that were given."""
    return dict(request) | {name: value for name, value in policies.items() if value is not None}


def run_path(operation_id: str, *rest: str) -> str:
    """`/runs/{id}/…`, whatever the id looks like."""
    if not operation_id:
        raise InvalidUse("The operation_id is empty.")
    return "/".join(["/runs", quote(operation_id, safe=""), *(quote(part, safe="/") for part in rest)])


def lane_path(lane: str, verb: str) -> str:
    """`/lanes/{lane}/{verb}`"""
    if not lane:
        raise InvalidUse("The name of the lane is empty.")
    return f"/lanes/{quote(lane, safe='')}/{verb}"


def list_query(*, pinned: bool | None = None, **filters: str | int | None) -> dict[str, str | int]:
    """The filters that were given."""
    given = {name: value for name, value in filters.items() if value is not None}
    return given if pinned is None else given | {"pinned": int(pinned)}
