"""`EgressPolicy`: what PRESSRUN_EGRESS allows, and what a URL names. Pure: no name is looked up here.

A URL is read once, by `read_target`, and what is dialled later is made from what was read: there is no second parser
that could see another host in it. Odd spellings of numbers (`0x7f.1`, `2130706433`) are read as browsers read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Literal

from pressrun.egress.addresses import Address, is_intranet, is_public, parse_address
from pressrun.errors import EgressBlocked, StartupError
from pressrun.later import import_later

if TYPE_CHECKING:
    import httpx
else:
    httpx = import_later("httpx")  # 30 of the 900 ms that a start takes; only who fetches needs it

Grant = Literal["named", "public"]

DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_URL_CHARS = 8192  # arbitrary: what servers take
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_NAME_CHARS = 253  # RFC 1035
_V4_PARTS = 4


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` is lower-case ASCII, a v4 address in four decimal parts, a v6 one without brackets."""

    scheme: str
    host: str
    port: int
    raw_path: bytes

    @property
    def address(self) -> Address | None:
        """The address, where the URL names one instead of a host."""
        return parse_address(self.host)

    @property
    def authority(self) -> str:
        """What goes into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL again, in one spelling."""
        return f"{self.scheme}://{self.authority}{self.raw_path.decode('ascii')}"


def read_target(url: str | httpx.URL) -> Target:
    """Raises: EgressBlocked for what is no http(s) URL of a host, and for one with a name or password in it."""
    try:
        if len(str(url)) > _MAX_URL_CHARS:
            raise EgressBlocked(f"A URL of more than {_MAX_URL_CHARS} characters is not fetched.")
        parsed = httpx.URL(url)
        host = host_in_url(parsed.raw_host.decode("ascii"))
    except (httpx.InvalidURL, ValueError) as exc:
        raise EgressBlocked("That is not a URL that can be fetched; write it as in https://host/path.") from exc
    if parsed.scheme not in DEFAULT_PORTS:
        raise EgressBlocked("Only http and https URLs are fetched.")
    if parsed.userinfo:
        raise EgressBlocked(f"A URL with a user name or password in it is not fetched (host {host}).")
    port = DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    return Target(parsed.scheme, host, port, parsed.raw_path)


def host_in_url(raw: str) -> str:
    """One spelling of a host, which is ASCII already. Raises: ValueError when it names none."""
    host = raw.lower()
    if "%" in host:
        raise ValueError("a zone or an escape in a host")
    if ":" in host:
        return str(IPv6Address(host))
    host = host.removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _read_v4(labels)
    if len(host) > _MAX_NAME_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{raw!r} is no host name")
    return host


def _read_v4(parts: list[str]) -> str:
    """https://url.spec.whatwg.org/#concept-ipv4-parser: one to four numbers, the last one fills what is left."""
    if len(parts) > _V4_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ValueError("no v4 address")
    numbers = [_read_number(part) for part in parts]
    *head, last = numbers
    if any(number > 255 for number in head) or last >= 256 ** (_V4_PARTS + 1 - len(parts)):  # noqa: PLR2004 - a byte
        raise ValueError("no v4 address")
    value = last + sum(number * 256 ** (_V4_PARTS - 1 - place) for place, number in enumerate(head))
    return str(IPv4Address(value))


def _read_number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if len(part) > 1 and part.startswith("0") else 10)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line of the list: `host`, or all below it; `port` None are those of http and https."""

    host: str
    port: int | None
    below: bool

    def covers(self, target: Target) -> bool:
        if target.port != self.port and (self.port is not None or target.port not in DEFAULT_PORTS.values()):
            return False
        return target.host.endswith("." + self.host) if self.below else target.host == self.host


class EgressPolicy:
    """What may be reached. Immutable; share it freely."""

    def __init__(self, rules: tuple[_Rule, ...] = (), *, public: bool = False) -> None:
        self._rules = rules
        self._public = public

    @classmethod
    def parse(cls, entries: Iterable[str]) -> EgressPolicy:
        """`deny`, or any of: `public`, `host`, `host:port`, `*.host`. Raises: StartupError."""
        words = {entry.lower(): entry for entry in entries}
        if "deny" in words and len(words) > 1:
            raise StartupError("PRESSRUN_EGRESS: `deny` stands alone; take it out, or take out the hosts")
        rules = tuple(_read_rule(entry) for word, entry in words.items() if word not in ("deny", "public"))
        return cls(rules, public="public" in words)

    @property
    def closed(self) -> bool:
        """Nothing at all may be fetched."""
        return not self._public and not self._rules

    def check(self, target: Target) -> Grant:
        """Why the target may be tried; a name's addresses are still to be checked. Raises: EgressBlocked."""
        grant = self._grant(target)
        address = target.address
        if grant == "public" and address is not None:
            self.check_address(target, address, grant)
        return grant

    def check_address(self, target: Target, address: Address | None, grant: Grant) -> Address:
        """`address` if the target may lead there; None is one that could not be read. Raises: EgressBlocked."""
        if address is not None and (
            is_public(address) or (grant == "named" and (is_intranet(address) or target.address == address))
        ):
            return address
        raise EgressBlocked(
            f"{target.host} leads to an address that is not on the public internet. If that is meant, name "
            f"`{target.authority}` in PRESSRUN_EGRESS."
        )

    def _grant(self, target: Target) -> Grant:
        covering = [rule for rule in self._rules if rule.covers(target)]
        if covering:
            return "public" if all(rule.below for rule in covering) else "named"
        if self._public and target.port in DEFAULT_PORTS.values():
            return "public"
        if self._public:
            raise EgressBlocked(
                f"Port {target.port} of {target.host} is not fetched from; to allow it, name `{target.authority}` in "
                "PRESSRUN_EGRESS."
            )
        state = "nothing is fetched from other hosts" if self.closed else "only the hosts in it are fetched from"
        raise EgressBlocked(
            f"{target.authority} is not allowed by PRESSRUN_EGRESS: {state}. Add it there, or set `public`."
        )


def _read_rule(entry: str) -> _Rule:
    below = entry.startswith("*.")
    try:
        url = httpx.URL(f"http://{entry.removeprefix('*.')}")
        host = host_in_url(url.raw_host.decode("ascii"))
    except (httpx.InvalidURL, ValueError) as exc:
        raise _bad_rule(entry) from exc
    if url.raw_path != b"/" or url.userinfo or url.fragment or (below and parse_address(host)):
        raise _bad_rule(entry)
    port = entry.rpartition("]")[2].rpartition(":")[2] if ":" in entry.rpartition("]")[2] else ""
    return _Rule(host, int(port) if port.isdigit() else None, below)


def _bad_rule(entry: str) -> StartupError:
    return StartupError(
        f"PRESSRUN_EGRESS: {entry!r} is no host; write `deny`, `public`, or hosts as in "
        "`public, *.example.org, wiki.intranet:8080, 127.0.0.1:9000`"
    )
