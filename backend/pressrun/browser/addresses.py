"""What PRESSRUN_BROWSERS says, read: which browsers a pool has, here and elsewhere. Pure.

local                    one browser for each core, at most 4
local:2                  two browsers of this machine
ws://host:port/path      a Playwright server (`playwright run-server`), version as the Playwright here
cdp+ws://…, cdp+http://… any endpoint of the Chrome DevTools protocol: browserless, a Chromium with remote debugging
…*2                      a remote one that takes two captures at a time
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pressrun.errors import StartupError

MAX_LOCAL = 4  # more than cores is no faster, and each costs 150 MB; `local:N` says otherwise
_MOST = 64
_SCHEMES = ("ws", "wss", "cdp+ws", "cdp+wss", "cdp+http", "cdp+https")
_REMEDY = (
    "write local:2, ws://host:port/, cdp+ws://host:port or cdp+http://host:port, with commas between, *2 for a weight"
)


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """A browser elsewhere. `url` may hold a secret and is never shown; `name` is for logs and people."""

    protocol: Literal["playwright", "cdp"]
    url: str = field(repr=False)
    weight: int = 1

    @property
    def name(self) -> str:
        parts = urlsplit(self.url)
        scheme = parts.scheme if self.protocol == "playwright" else f"cdp+{parts.scheme}"
        return f"{scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


@dataclass(frozen=True, slots=True)
class BrowserAddresses:
    """The browsers of a pool."""

    local: int = 1
    remote: tuple[RemoteAddress, ...] = ()


def default_local() -> int:
    """One browser for each core, at most four."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MAX_LOCAL, cores))


def parse_addresses(text: str) -> BrowserAddresses:
    """PRESSRUN_BROWSERS as a value. Raises: StartupError that names what is wrong, without any secret in it."""
    local, remote = 0, []
    for number, entry in enumerate(re.findall(r"[^\s,]+", text), start=1):
        found = re.fullmatch(r"local(?::([1-9][0-9]?))?", entry)
        if found is not None:
            local += int(found[1]) if found[1] else default_local()
        else:
            remote.append(_parse_remote(entry, number))
    if not 1 <= local + sum(address.weight for address in remote) <= _MOST:
        raise StartupError(f"PRESSRUN_BROWSERS has to name 1 to {_MOST} browsers: {_REMEDY}")
    return BrowserAddresses(local, tuple(remote))


def _parse_remote(entry: str, number: int) -> RemoteAddress:
    found = re.fullmatch(r"(.+?)(?:\*([1-9][0-9]?))?", entry)
    url, weight = (found[1], int(found[2] or 1)) if found else (entry, 1)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise StartupError(f"PRESSRUN_BROWSERS: entry {number} is no browser: {_REMEDY}")
    if parts.scheme.startswith("cdp+"):
        return RemoteAddress("cdp", url.removeprefix("cdp+"), weight)
    return RemoteAddress("playwright", url, weight)
