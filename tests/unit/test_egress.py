"""`Egress` against real sockets on loopback: what it reaches, and what becomes of hosts that lie, drip and explode."""

from __future__ import annotations

import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from pressrun.egress.bodies import BodyTooBig
from pressrun.egress.broker import Egress, Resolver, open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.errors import EgressBlocked, FetchFailed
from tests.support.limits import fail_after
from tests.support.tls import certificate, open_rude_host
from tests.support.web_host import Say, WebHost, answering, open_web_host, redirecting

pytestmark = pytest.mark.anyio


class Names:
    """A resolver whose answers change from one look-up to the next."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def egress_to(*allowed: str, resolve: Resolver | None = None, trusted: ssl.SSLContext | None = None):
    return open_egress(EgressPolicy.parse(allowed), resolve=resolve, trusted=trusted)


async def test_an_allowed_host_is_fetched_with_nothing_that_tells_of_us() -> None:
    page = answering("grüß".encode("latin-1"), "Content-Type: Text/Plain; charset=latin-1", "Set-Cookie: a=b")
    async with open_web_host(page) as host, egress_to(host.authority) as egress:
        fetched = await egress.fetch(f"{host.url}/a?b=c", accept="text/*")
        await egress.fetch(host.url)
    assert (fetched.url, fetched.media_type, fetched.charset) == (f"{host.url}/a?b=c", "text/plain", "latin-1")
    assert fetched.body.decode("latin-1") == "grüß"
    first, second = (request.decode().lower() for request in host.requests)
    assert first.startswith("get /a?b=c http/1.1")
    assert {line.partition(":")[0] for line in first.splitlines()[1:] if line} == {
        *("host", "accept", "user-agent", "accept-encoding")
    }
    assert "cookie" not in second


async def test_the_connection_goes_to_the_address_that_was_checked_and_names_the_host() -> None:
    async with open_web_host(answering(b"here")) as host:
        names = Names(["127.0.0.1"])
        async with egress_to(f"nowhere.invalid:{host.port}", resolve=names) as egress:
            assert (await egress.fetch(f"http://NoWhere.invalid.:{host.port}/")).body == b"here"
    assert f"host: nowhere.invalid:{host.port}\r\n" in host.requests[0].decode().lower()
    assert names.asked == ["nowhere.invalid"]


async def test_a_name_that_changes_its_meaning_between_check_and_connect_gains_nothing() -> None:
    async with (
        open_web_host(answering(b"good")) as good,
        open_web_host(answering(b"evil"), address="127.0.0.2") as evil,
    ):
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        async with egress_to(f"rebind.test:{good.port}", resolve=names) as egress:
            assert (await egress.fetch(f"http://rebind.test:{good.port}/")).body == b"good"
    assert not evil.requests
    assert len(names.asked) == 1


@pytest.mark.parametrize(
    "private", ["10.0.0.1", "127.0.0.1", "::1", "fe80::1%eth0", "169.254.169.254", "::ffff:7f00:1"]
)
async def test_one_private_address_among_public_ones_is_enough_to_block(private: str) -> None:
    names = Names(["93.184.216.34", private])
    async with egress_to("public", resolve=names) as egress:
        with pytest.raises(EgressBlocked, match=r"mixed\.test"):
            await egress.fetch("http://mixed.test/")


async def test_a_dead_address_is_passed_over() -> None:
    names = Names(["127.0.0.3", "127.0.0.2"])
    async with (
        open_web_host(answering(b"alive"), address="127.0.0.2") as host,
        egress_to(f"two.test:{host.port}", resolve=names) as egress,
    ):
        assert (await egress.fetch(f"http://two.test:{host.port}/")).body == b"alive"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_into_the_intranet_is_blocked(status: str) -> None:
    async with (
        open_web_host(answering(b"secret")) as inner,
        open_web_host(redirecting(f"{inner.url}/latest/meta-data", status)) as outer,
        egress_to(outer.authority) as egress,
    ):
        with pytest.raises(EgressBlocked, match="PRESSRUN_EGRESS"):
            await egress.fetch(outer.url)
    assert len(outer.requests) == 1
    assert not inner.requests


async def test_every_hop_is_looked_up_and_checked_anew() -> None:
    async with open_web_host(redirecting("/next")) as host:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        async with egress_to(f"hop.test:{host.port}", resolve=names) as egress:
            with pytest.raises(EgressBlocked):
                await egress.fetch(f"http://hop.test:{host.port}/")
    assert len(host.requests) == 1


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[", "javascript:1", "//"])
async def test_a_redirect_to_no_url_ends_the_fetch(location: str) -> None:
    async with open_web_host(redirecting(location)) as host, egress_to(host.authority, "127.0.0.1") as egress:
        with pytest.raises(FetchFailed):
            await egress.fetch(host.url)


async def test_five_redirects_are_followed_and_no_sixth() -> None:
    async def count_down(request: bytes, say: Say) -> None:
        left = int(request.split()[1][1:])
        await (redirecting(f"/{left - 1}") if left else answering(b"there"))(request, say)

    async with open_web_host(count_down) as host, egress_to(host.authority) as egress:
        fetched = await egress.fetch(f"{host.url}/5")
        assert (fetched.body, fetched.url) == (b"there", f"{host.url}/0")
        with pytest.raises(FetchFailed, match="more than 5 times"):
            await egress.fetch(f"{host.url}/6")


async def test_a_body_that_drips_for_ever_ends_at_the_deadline() -> None:
    async def drip(_request: bytes, say: Say) -> None:
        await say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await say(b"x")
            await anyio.sleep(0.01)

    async with open_web_host(drip) as host, egress_to(host.authority) as egress:
        with pytest.raises(FetchFailed, match=r"127\.0\.0\.1 did not answer within 0\.3 s"), fail_after(5):
            await egress.fetch(host.url, limit_s=0.3)


async def test_redirects_share_one_deadline() -> None:
    async def slowly(request: bytes, say: Say) -> None:
        await anyio.sleep(0.12)
        await redirecting("/again")(request, say)

    async with open_web_host(slowly) as host, egress_to(host.authority) as egress:
        with pytest.raises(FetchFailed, match="did not answer within"):
            await egress.fetch(host.url, limit_s=0.3)
    assert len(host.requests) <= 3


async def test_a_silent_host_and_a_resolver_without_end_are_bounded() -> None:
    async def never(_: str) -> Sequence[str]:
        await anyio.sleep_forever()
        return []

    async def silence(_request: bytes, _say: Say) -> None:
        await anyio.sleep_forever()

    async with open_web_host(silence) as host, egress_to(host.authority, "slow.test", resolve=never) as egress:
        for url in (host.url, "http://slow.test/"):
            with pytest.raises(FetchFailed, match="did not answer within"), fail_after(5):
                await egress.fetch(url, limit_s=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 50])
async def test_a_gzip_bomb_is_stopped_at_the_limit(members: int) -> None:
    bomb = gzip.compress(b"\0" * (200_000_000 // members)) * members
    async with open_web_host(answering(bomb, "Content-Encoding: gzip")) as host, egress_to(host.authority) as egress:
        with pytest.raises(BodyTooBig, match="more than 1000000 bytes"):
            await egress.fetch(host.url, max_bytes=1_000_000)


@pytest.mark.slow
async def test_a_bomb_takes_no_memory_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    async with open_web_host(answering(bomb, "Content-Encoding: gzip")) as host, egress_to(host.authority) as egress:
        tracemalloc.start()
        try:
            with pytest.raises(BodyTooBig):
                await egress.fetch(host.url, max_bytes=100_000)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


async def test_a_connection_is_not_kept_for_another_host_of_the_same_address() -> None:
    async with open_web_host(answering(b"x"), stays=True) as host, egress_to(host.authority) as egress:
        await egress.fetch(host.url)
        with fail_after(10):
            await host.hung_up.wait()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"x" * 5000)),
        ("GZIP", gzip.compress(b"x" * 2000) + gzip.compress(b"x" * 3000)),
        ("gzip", gzip.compress(b"x" * 5000) + b"\0" * 100),
        ("deflate", zlib.compress(b"x" * 5000)),
        ("identity", b"x" * 5000),
    ],
    ids=["gzip", "two members", "padded", "deflate", "plain"],  # the bytes hold the time: workers would disagree
)
async def test_a_compressed_body_is_inflated_up_to_exactly_the_limit(encoding: str, packed: bytes) -> None:
    page = answering(packed, f"Content-Encoding: {encoding}")
    async with open_web_host(page) as host, egress_to(host.authority) as egress:
        assert (await egress.fetch(host.url, max_bytes=5000)).body == b"x" * 5000
        with pytest.raises(BodyTooBig):
            await egress.fetch(host.url, max_bytes=4999)


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(gzip.compress(b"x" * 5000)[:-9], "Content-Encoding: gzip"),
        answering(b"not gzip at all", "Content-Encoding: gzip"),
        answering(gzip.compress(gzip.compress(b"x")), "Content-Encoding: gzip, gzip"),
        answering(b"x", "Content-Encoding: br"),
        answering(b"x", status="404 Not Found"),
        answering(b"x", status="500 Oops"),
        answering(b"x", status="304 Not Modified"),
        answering(b"x", "X-Long: " + "y" * 300_000),
    ],
)
async def test_what_is_no_whole_answer_is_a_failure_that_names_the_host(behaviour: object) -> None:
    async with open_web_host(behaviour) as host, egress_to(host.authority) as egress:  # type: ignore[arg-type]
        with pytest.raises(FetchFailed, match=r"127\.0\.0\.1"):
            await egress.fetch(host.url)


async def test_a_body_cut_short_and_an_answer_in_no_http_are_failures() -> None:
    async def cut(_request: bytes, say: Say) -> None:
        await say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    async def nonsense(_request: bytes, say: Say) -> None:
        await say(b"SSH-2.0-OpenSSH_9\r\n")

    for behaviour in (cut, nonsense):
        async with open_web_host(behaviour) as host, egress_to(host.authority) as egress:
            with pytest.raises(FetchFailed, match=r"127\.0\.0\.1 broke off"):
                await egress.fetch(host.url)


async def test_nobody_there_and_no_such_name_are_failures() -> None:
    async def unknown(_: str) -> Sequence[str]:
        raise OSError("no such name")

    async with open_web_host(answering(b"")) as gone:
        pass
    async with egress_to(gone.authority, "gone.test", resolve=unknown) as egress:
        with pytest.raises(FetchFailed, match="cannot be reached"):
            await egress.fetch(gone.url)
        with pytest.raises(FetchFailed, match=r"no host gone\.test"):
            await egress.fetch("http://gone.test/")


async def test_the_environments_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_web_host(answering(b"proxy")) as proxy, open_web_host(answering(b"direct")) as host:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with egress_to(host.authority) as egress:
            assert (await egress.fetch(host.url)).body == b"direct"
    assert not proxy.requests


async def test_a_post_is_answered_with_its_status_and_follows_no_redirect() -> None:
    async with open_web_host(redirecting("/else", "307 Temporary")) as host, egress_to(host.authority) as egress:
        status, headers = await egress.post(host.url, b'{"a": 1}', {"Content-Type": "application/json"})
    assert (status, headers["location"], len(host.requests)) == (307, "/else", 1)
    assert host.requests[0].endswith(b'\r\n\r\n{"a": 1}')


async def test_cancelling_a_fetch_closes_its_connection() -> None:
    hung_up, leave = anyio.Event(), anyio.CancelScope()

    async def endless(_request: bytes, say: Say) -> None:
        await say(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                await say(b"x" * 1000)
                leave.cancel()
                await anyio.sleep(0.001)
        finally:
            hung_up.set()

    async with open_web_host(endless) as host, egress_to(host.authority) as egress:
        with leave:
            await egress.fetch(host.url)
        with fail_after(5):
            await hung_up.wait()


async def test_a_certificate_is_checked_for_the_host_not_for_the_address(tmp_path: Path) -> None:
    server, signed = certificate(tmp_path, "DNS:good.test")
    trusted = ssl.create_default_context(cafile=signed)
    async with open_web_host(answering(b"sealed"), tls=server) as host:
        allowed = [f"good.test:{host.port}", f"bad.test:{host.port}"]
        async with egress_to(*allowed, resolve=Names(["127.0.0.1"]), trusted=trusted) as egress:
            assert (await egress.fetch(f"https://good.test:{host.port}/")).body == b"sealed"
            with pytest.raises(FetchFailed, match=r"bad\.test"):
                await egress.fetch(f"https://bad.test:{host.port}/")
        async with egress_to(*allowed, resolve=Names(["127.0.0.1"])) as egress:
            with pytest.raises(FetchFailed, match=r"good\.test"):
                await egress.fetch(f"https://good.test:{host.port}/")


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], ids=["answer", "end"])
async def test_a_host_that_breaks_the_rules_of_tls_is_one_that_broke_off(tmp_path: Path, before: bytes) -> None:
    server, signed = certificate(tmp_path, "DNS:rude.test")
    trusted = ssl.create_default_context(cafile=signed)
    async with open_rude_host(server, before) as port:
        allowed = f"rude.test:{port}"
        async with egress_to(allowed, resolve=Names(["127.0.0.1"]), trusted=trusted) as egress:
            with pytest.raises(FetchFailed, match="broke off"):
                await egress.fetch(f"https://{allowed}/")


@pytest.mark.slow
async def test_a_hundred_fetches_at_once_all_come_and_leave_no_connection(host_of_slides: WebHost) -> None:
    async with egress_to(host_of_slides.authority) as egress, anyio.create_task_group() as tasks:
        bodies: list[bytes] = []

        async def one(egress: Egress) -> None:
            bodies.append((await egress.fetch(host_of_slides.url)).body)

        for _ in range(100):
            tasks.start_soon(one, egress)
    assert bodies == [b"slide"] * 100


@pytest.fixture
async def host_of_slides():
    async with open_web_host(answering(b"slide")) as host:
        yield host
