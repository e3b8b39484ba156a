"""Which IP addresses are on the public internet. Pure.

Stricter than `is_global` of the standard library, whose tables differ from one Python to the next: a v6 address has to
be in the one range that is given out (2000::/3), and whatever carries a v4 address in itself is judged by that one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_V4_CLOSED = [
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),  # RFC 6890 and its updates
        "168.63.129.16/32",  # looks public, and is Azure's host for the machines that run there
    )
]
_V6_OPEN = IPv6Network("2000::/3")
_V6_CLOSED = [
    IPv6Network(block)
    # IETF protocols with Teredo, documentation twice, 6to4: its relays lead wherever the v4 inside says
    for block in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16")
]
_NAT64 = IPv6Network("64:ff9b::/96")  # how a network without v4 reaches the hosts that have only that


def parse_address(text: str) -> Address | None:
    """The address spelled in `text`, a resolver's or a URL's; None when it is none, or is bound to an interface."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else address


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant by it."""
    if isinstance(address, IPv6Address):
        carried = address.ipv4_mapped or _behind_nat64(address)
        if carried is not None:
            return is_public(carried)
        return address in _V6_OPEN and address.is_global and not any(address in block for block in _V6_CLOSED)
    return address.is_global and not any(address in block for block in _V4_CLOSED)


def is_intranet(address: Address) -> bool:
    """Private or loopback: what a host that somebody named on purpose may lead to.

    Link-local is not among them: there live the metadata services of clouds.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_intranet(address.ipv4_mapped)
    barred = address.is_link_local or address.is_unspecified or address.is_multicast
    return not barred and (address.is_loopback or address in _INTRANETS[address.version])


class _AnyOf:
    def __init__(self, *blocks: str) -> None:
        self._blocks = [IPv6Network(block) if ":" in block else IPv4Network(block) for block in blocks]

    def __contains__(self, address: Address) -> bool:
        return any(address in block for block in self._blocks)


_INTRANETS = {4: _AnyOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"), 6: _AnyOf("fc00::/7")}


def _behind_nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
