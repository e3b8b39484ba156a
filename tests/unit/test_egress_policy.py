"""PRESSRUN_EGRESS: which URLs it lets pass, in whatever way their host is spelled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.egress.addresses import is_intranet, is_public, parse_address
from pressrun.egress.policy import EgressPolicy, Target, read_target
from pressrun.errors import EgressBlocked, StartupError

PUBLIC = EgressPolicy.parse(["public"])


def spellings(address: IPv4Address) -> st.SearchStrategy[str]:
    """The ways in which browsers let a v4 address be written; not four octal numbers, which httpx refuses."""

    def number(value: int, style: str) -> str:
        return {"dec": str(value), "hex": f"0x{value:x}", "HEX": f"0X{value:08X}", "oct": f"0{value:o}"}[style]

    def write(parts: int, styles: list[str], dot: str) -> str:
        value = int(address)
        styles = ["dec" if style == "oct" and parts == 4 else style for style in styles]
        head = [(value >> (24 - 8 * place)) & 255 for place in range(parts - 1)]
        numbers = [*head, value & (256 ** (5 - parts) - 1)]
        return ".".join(number(each, style) for each, style in zip(numbers, styles, strict=False)) + dot

    styles = st.lists(st.sampled_from(["dec", "hex", "HEX", "oct"]), min_size=4, max_size=4)
    return st.builds(write, st.integers(1, 4), styles, st.sampled_from(["", "."]))


@given(st.data())
def test_a_v4_address_is_the_same_in_every_spelling(data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(v=4))
    spelled = data.draw(spellings(address))
    assert read_target(f"HTTP://{spelled}/x").address == address


@given(st.data())
def test_no_spelling_of_a_private_address_passes(data: st.DataObject) -> None:
    network = data.draw(st.sampled_from(["127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "0.0.0.0/8"]))
    spelled = data.draw(spellings(data.draw(st.ip_addresses(network=network))))
    with pytest.raises(EgressBlocked, match="PRESSRUN_EGRESS"):
        PUBLIC.check(read_target(f"http://{spelled}/"))


@given(st.ip_addresses(v=4))
def test_a_v4_address_inside_a_v6_one_is_judged_as_itself(inner: IPv4Address) -> None:
    for carrier in (f"::ffff:{inner}", f"64:ff9b::{inner}"):
        address = IPv6Address(carrier)
        assert is_public(address) == is_public(inner)
        assert not is_public(address) or ip_address(str(inner)).is_global
    for dead in (f"::{inner}", f"::ffff:0:{inner}", IPv6Address((0x2002 << 112) | (int(inner) << 80))):
        assert not is_public(IPv6Address(dead))


@given(st.ip_addresses())
def test_what_the_standard_library_calls_special_is_never_public(address: IPv4Address | IPv6Address) -> None:
    carries_v4 = isinstance(address, IPv6Address) and (address.ipv4_mapped or str(address).startswith("64:ff9b::"))
    if address.is_private or address.is_multicast or address.is_link_local or address.is_reserved:
        assert not is_public(address) or carries_v4
    assert not (is_public(address) and is_intranet(address))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "100.64.0.1", "127.0.0.1", "169.254.169.254", "192.88.99.1", "198.18.0.1", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "168.63.129.16", "192.0.0.192", "100.100.100.200"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1", "2001:db8::1"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::1", "::ffff:10.0.0.1", "::127.0.0.1", "100::1", "3fff::1"),
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_an_address_bound_to_an_interface_is_none() -> None:
    assert parse_address("fe80::1%eth0") is None
    assert parse_address("2606:4700::1111%1") is None


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://h/", "file:///etc/passwd", "//h/x", "http:///x", "http:h", "gopher://h/", "javascript:1", "", "h"),
        *("http://user@h/", "http://user:pw@h/", "http://:@h/", "http://h:0x50/", "http://h:99999/"),
        *("http://1.2.3.4.5/", "http://256.1.1.1/", "http://0x1ffffffff/", "http://1.2.3.09/", "http://h.0xg1.1/"),
        *(
            "http://a%2eb/",
            "http://a b/",
            "http://h\n/",
            "http://[fe80::1%25eth0]/",
            "http://[::1%lo]/",
            "http://[::g]/",
        ),
        *("http://１２７.0.0.1/", "http://-h/", "http://a..b/", "http://" + "a" * 64 + "/", "http://h/" + "x" * 9000),
        *("http://a\\b/", "http://" + "a." * 130 + "b/"),
    ],
)
def test_what_is_no_http_url_of_a_host_is_blocked(url: str) -> None:
    with pytest.raises(EgressBlocked):
        PUBLIC.check(read_target(url))


def test_a_url_is_read_into_one_spelling() -> None:
    assert read_target("HTTPS://BÜCHER.example.:443/ä b?q=1#f").url == "https://xn--bcher-kva.example/%C3%A4%20b?q=1"
    assert read_target("http://[2606:4700:0::1111]:8080").url == "http://[2606:4700::1111]:8080/"
    assert read_target("http://a。example/") == Target("http", "a.example", 80, b"/")


@pytest.mark.parametrize(
    ("egress", "url", "passes"),
    [
        ("deny", "https://example.org/", False),
        ("", "https://example.org/", False),
        ("public", "https://example.org/", True),
        ("PUBLIC", "http://example.org/", True),
        ("public", "https://example.org:8443/", False),
        ("public", "http://127.0.0.1/", False),
        ("example.org", "https://example.org./", True),
        ("example.org", "https://example.org:8443/", False),
        ("example.org", "https://www.example.org/", False),
        ("example.org", "https://example.com/", False),
        ("example.org:8443", "https://example.org:8443/", True),
        ("example.org:8443", "https://example.org/", False),
        ("*.example.org", "https://www.example.org/", True),
        ("*.example.org", "https://example.org/", False),
        ("*.example.org", "https://badexample.org/", False),
        ("127.0.0.1:9000", "http://127.0.0.1:9000/", True),
        ("127.0.0.1:9000", "http://0x7f.1:9000/", True),
        ("127.0.0.1:9000", "http://127.0.0.1:9001/", False),
        ("[::1]:9000", "http://[::1]:9000/", True),
        ("[::1]", "http://[::1]/", True),
        ("169.254.169.254", "http://169.254.169.254/", True),  # whoever writes this down means it
        ("public example.org:8443", "https://example.org:8443/", True),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
    ],
)
def test_the_setting_says_which_hosts_and_ports(egress: str, url: str, passes: bool) -> None:
    policy = EgressPolicy.parse(egress.split())
    if passes:
        policy.check(read_target(url))
        return
    with pytest.raises(EgressBlocked, match="PRESSRUN_EGRESS"):
        policy.check(read_target(url))


@pytest.mark.parametrize(
    ("egress", "address", "passes"),
    [
        ("wiki.intranet", "10.0.0.7", True),
        ("wiki.intranet", "127.0.0.1", True),
        ("wiki.intranet", "::ffff:10.0.0.7", True),
        ("wiki.intranet", "169.254.169.254", False),
        ("wiki.intranet", "0.0.0.0", False),
        ("wiki.intranet", "93.184.216.34", True),
        ("*.intranet", "10.0.0.7", False),
        ("public", "10.0.0.7", False),
        ("public", "93.184.216.34", True),
        ("public wiki.intranet", "10.0.0.7", True),
        ("public", "nonsense", False),
    ],
)
def test_only_a_host_that_is_named_whole_may_lead_into_the_intranet(egress: str, address: str, passes: bool) -> None:
    policy, target = EgressPolicy.parse(egress.split()), read_target("http://wiki.intranet/")
    grant = policy.check(target)
    if passes:
        policy.check_address(target, parse_address(address), grant)
        return
    with pytest.raises(EgressBlocked, match=r"`wiki\.intranet` in PRESSRUN_EGRESS"):
        policy.check_address(target, parse_address(address), grant)


@pytest.mark.parametrize("entry", ["deny public", "http://h", "h/x", "u@h", "*.1.2.3.4", "h:x", "a..b", "*", "h?x"])
def test_a_wrong_setting_stops_the_start_and_shows_how_to_write_it(entry: str) -> None:
    with pytest.raises(StartupError, match="PRESSRUN_EGRESS"):
        EgressPolicy.parse(entry.split())
