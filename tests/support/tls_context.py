"""One TLS context for all HTTP clients of a process: to make one, httpx reads 140 certificates, 43 ms of a core.

A test that asks its server a dozen times by `httpx.get`, or waits for a port in a loop, spent more on that than on all
it asked for.
"""

from __future__ import annotations

import ssl
from functools import cache

import certifi
import httpx
from httpx._transports import default


def share_tls_context() -> None:
    """From now on; contexts that are given (`verify=`) are used as ever."""
    made = default.create_ssl_context  # an httpx without it fails here, not silently

    @cache
    def shared(_trusted: str, trust_env: bool) -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=trust_env)

    def create(verify: ssl.SSLContext | str | bool = True, cert: object = None, trust_env: bool = True) -> object:
        if verify is True and cert is None:
            return shared(certifi.where(), trust_env)  # a test may name others
        return made(verify=verify, cert=cert, trust_env=trust_env)  # type: ignore[arg-type]

    default.create_ssl_context = create  # type: ignore[assignment]
