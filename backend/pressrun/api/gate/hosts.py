"""Host and Origin: which names this server answers for, and which pages are its own. Pure.

This is the stop for DNS rebinding: a page of `evil.test`, re-pointed to 127.0.0.1, is "same-origin" to the browser and
only its Host header betrays it. An IP address as Host cannot be rebound, but only our own addresses are taken.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pressrun.egress.policy import DEFAULT_PORTS
from pressrun.errors import StartupError

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?)(?::([1-9][0-9]{0,4}))?")
_LAST_PORT = 65535
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Authority:
    """`host[:port]` in one spelling: lower case, IP addresses canonical, port None when not given."""

    host: str
    port: int | None


@dataclass(frozen=True)
class AllowedHost:
    """An entry of the list. `port` None: any port. `scheme` None: the one the server itself speaks."""

    scheme: str | None
    host: str
    port: int | None


@lru_cache(maxsize=64)  # a client says the same in each request
def parse_authority(text: str) -> Authority | None:
    """None when `text` is no `host[:port]`; user names, paths, spaces and trailing dots are none."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    port = int(match[2]) if match[2] else None
    host = host_in_header(match[1])
    return None if host is None or (port or 0) > _LAST_PORT else Authority(host, port)


@lru_cache(maxsize=64)
def host_in_header(host: str) -> str | None:
    """One spelling for each IP address, mapped IPv4 as IPv4, IPv6 in brackets; names as they are.

    Stricter than what the URL standard makes of a host (egress/policy.py `host_in_url`): a browser has done that before
    it sends a Host, so `0177.0.0.1` or a dot at the end is none of our names here.
    """
    bracketed = host.startswith("[")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None if bracketed else host
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped) if address.ipv4_mapped else f"[{address}]"
    return None if bracketed else str(address)


class HostList:
    """The hosts that this server answers for. Immutable."""

    def __init__(self, bind: str, configured: Iterable[str] = ()) -> None:
        own = host_in_header(bind.lower())
        names = dict.fromkeys([*_LOOPBACK_NAMES, *([own] if own else [])])
        self._entries = (*map(_parse_entry, configured), *(AllowedHost(None, name, None) for name in names))

    def find(self, authority: Authority, reached: str | None = None) -> AllowedHost | None:
        """The entry that allows `authority`; `reached` is the address that the client connected to.

        That address is ours by definition, which makes a server bound to 0.0.0.0 answer on each of its addresses.
        """
        for entry in self._entries:
            port = authority.port or DEFAULT_PORTS[entry.scheme or "http"]
            if entry.host == authority.host and entry.port in {None, port}:
                return entry
        own = host_in_header(reached) if reached else None
        if own == authority.host and _is_address(authority.host):
            return AllowedHost(None, own, None)
        return None


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.replace(".", "").isdecimal()


def _parse_entry(text: str) -> AllowedHost:
    scheme, separator, rest = text.lower().rpartition("://")
    authority = parse_authority(rest)
    if authority is None or (separator and scheme not in DEFAULT_PORTS):
        raise StartupError(
            f"PRESSRUN_ALLOWED_HOSTS: {text!r} is no host; write `name`, `name:port`, or `https://name` "
            "when a proxy in front speaks TLS. There is no wildcard: it would undo the protection"
        )
    return AllowedHost(scheme or None, authority.host, authority.port)


def is_own_origin(origin: str, authority: Authority, scheme: str) -> bool:
    """Whether a page of `origin` is one that this server, reached as `authority` over `scheme`, has served."""
    origin_scheme, separator, rest = origin.partition("://")
    other = parse_authority(rest) if separator else None
    if other is None or origin_scheme != scheme:
        return False
    default = DEFAULT_PORTS.get(scheme)
    return (other.host, other.port or default) == (authority.host, authority.port or default)


def is_loopback(host: str) -> bool:
    """Whether only this machine is meant: an address of its own (`[::1]`, `::ffff:127.0.0.1` too) or `localhost`.

    Any other name is taken to be public.
    """
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
