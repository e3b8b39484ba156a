"""`Egress`: fetches what a document or a person names, and posts webhooks. The only socket to hosts we did not choose.

Invariants: a name is looked up once per hop and *every* address it has must be allowed; the connection goes to one of
those very addresses, whatever the name means a moment later. Redirects are followed by hand, each hop checked like
the first. No cookies, no credentials, no proxy from the environment, nothing of the caller's on a second hop. One
deadline over everything, and a limit on the inflated body. Documents are served in turn, webhooks apart from them. No
connection is kept: a kept one would be matched to the next request by its address, not by the host whose certificate
was checked. httpx translates what sockets raise, but not what TLS does once it is established
(httpcore/_backends/anyio.py): so both are caught.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import anyio
import anyio.to_thread
import structlog
from anyio.lowlevel import RunVar

from pressrun import __version__
from pressrun.egress.addresses import Address, parse_address
from pressrun.egress.bodies import ENCODINGS, read_body
from pressrun.egress.policy import EgressPolicy, Target, read_target
from pressrun.errors import FetchFailed
from pressrun.fair_limiter import FairLimiter
from pressrun.later import import_later

if TYPE_CHECKING:
    import httpx
else:
    httpx = import_later("httpx")  # 30 of the 900 ms that a start takes; only who fetches needs it

LIMIT_S = 10.0  # SAFETY: in all
MAX_BYTES = 20 * 1024 * 1024  # SAFETY: inflated
_MAX_REDIRECTS = 5  # SAFETY
_REDIRECTS = {301, 302, 303, 307, 308}
_CONNECT_LIMIT_S = 4.0  # arbitrary: leaves time for a second address when the first is dead
_MAX_ADDRESSES = 4  # arbitrary: tried one after the other
_MAX_FETCHES = 32  # arbitrary: at once, over all documents; more wait
_RESERVED = 16  # of them for documents that have none: as many as there are runs at a time by default
_MAX_POSTS = 32  # arbitrary: four times what is delivered at a time
_MAX_LOOK_UPS = 64  # all that can be wanted at once, in threads of their own: a resolver that hangs stops nothing else
_CLOSE_LIMIT_S = 0.5
# RFC 9110, 8.3.2; a label of the Encoding Standard has 19 characters at most
_CHARSET = re.compile(r""";\s*charset\s*=\s*(?:"([^"\\]{1,100})"|([^\s";]{1,100}))""", re.IGNORECASE)

Resolver = Callable[[str], Awaitable[Sequence[str]]]
"""A host's addresses as text, in the order to try. Raises: OSError."""

_look_up_threads: RunVar[anyio.CapacityLimiter] = RunVar("pressrun_look_up_threads")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer with a status of 2xx. `url` is where it came from in the end."""

    url: str
    media_type: str  # lower-case, without parameters; "" when the host did not say
    charset: str | None  # as the host named it, lower-case: any word, to be looked up in a list (sources/encodings.py)
    body: bytes


@asynccontextmanager
async def open_egress(
    policy: EgressPolicy, *, resolve: Resolver | None = None, trusted: ssl.SSLContext | None = None
) -> AsyncIterator[Egress]:
    """Connects to nothing yet. `trusted` None are the usual certificate authorities."""
    egress = Egress(policy, resolve or look_up, trusted)
    try:
        yield egress
    finally:
        await egress.aclose()


class Egress:
    """One per process, opened by `open_egress`; shared by all runs."""

    def __init__(self, policy: EgressPolicy, resolve: Resolver, trusted: ssl.SSLContext | None) -> None:
        self._policy = policy
        self._resolve = resolve
        self._trusted = trusted
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._fetches = FairLimiter(_MAX_FETCHES, reserved=_RESERVED)
        self._posts = anyio.CapacityLimiter(_MAX_POSTS)

    def check(self, url: str) -> str:
        """The URL in one spelling, if it may be tried, as far as can be told without a look-up.

        Raises: EgressBlocked.
        """
        target = read_target(url)
        self._policy.check(target)
        return target.url

    async def fetch(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int = MAX_BYTES,
        limit_s: float = LIMIT_S,
        share: Hashable | None = None,
    ) -> Fetched:
        """GET, following redirects. Raises: EgressBlocked; FetchFailed, also for any status but 2xx.

        `share` is for whom, as in a document (None: for this call alone): shares are served in turn, and the wait for
        one's turn does not count, for it is others' doing. Whoever calls bounds it.
        """
        target = read_target(url)
        async with self._fetches.acquire(object() if share is None else share):
            return await self._fetch(target, accept, max_bytes, limit_s)

    async def _fetch(self, target: Target, accept: str, max_bytes: int, limit_s: float) -> Fetched:
        begun = target
        with _within(limit_s, target):
            for _hop in range(_MAX_REDIRECTS + 1):
                async with self._exchange("GET", target, {"Accept": accept}) as response:
                    onward = _redirected(response, target)
                    if onward is None:
                        return await _whole(response, target, max_bytes)
                target = onward
        raise FetchFailed(f"{begun.host} redirects more than {_MAX_REDIRECTS} times.")

    async def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, limit_s: float = LIMIT_S
    ) -> tuple[int, Mapping[str, str]]:
        """POST; status and headers (names in lower case) of the answer, whose body is not read.

        Redirects are an answer like any other, not followed. Raises: EgressBlocked, FetchFailed.
        """
        target = read_target(url)
        with _within(limit_s, target):
            async with self._posts, self._exchange("POST", target, headers, content) as response:
                return response.status_code, dict(response.headers)

    async def aclose(self) -> None:
        """Closes what is open."""
        if self._transport is not None:
            await self._transport.aclose()

    @asynccontextmanager
    async def _exchange(
        self, method: str, target: Target, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        addresses = await self._allowed_addresses(target)
        response = await self._send(method, target, addresses, headers, content)
        try:
            yield response
        finally:
            with anyio.move_on_after(_CLOSE_LIMIT_S, shield=True):
                await response.aclose()

    async def _allowed_addresses(self, target: Target) -> list[Address]:
        """All addresses of the target. Raises: EgressBlocked when one of them is not allowed; FetchFailed."""
        grant = self._policy.check(target)
        if target.address is not None:
            return [self._policy.check_address(target, target.address, grant)]
        try:
            found = await self._resolve(target.host)
        except OSError as exc:
            raise FetchFailed(f"There is no host {target.host}.") from exc
        if not found:
            raise FetchFailed(f"There is no host {target.host}.")
        return [self._policy.check_address(target, parse_address(text), grant) for text in dict.fromkeys(found)]

    async def _send(
        self,
        method: str,
        target: Target,
        addresses: Sequence[Address],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> httpx.Response:
        failure: httpx.TransportError | None = None
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                transport = await self._dial()
                return await transport.handle_async_request(_request(method, target, address, headers, content))
            except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
                failure = exc  # nothing was sent yet
            except (httpx.TransportError, ssl.SSLError) as exc:
                raise FetchFailed(f"{target.host} broke off without an answer.") from exc
        _log.info("host not reached", host=target.host, port=target.port, reason=str(failure))
        raise FetchFailed(f"{target.authority} cannot be reached.") from failure

    async def _dial(self) -> httpx.AsyncHTTPTransport:
        """Made when it is first needed, in a thread: reading the authorities takes a while, and most servers fetch
        nothing.

        A bare transport, not a client: it knows no cookies, no redirects, no .netrc and no proxies.
        """
        if self._transport is None:
            made = await anyio.to_thread.run_sync(self._make_transport)
            self._transport = self._transport or made  # somebody else may have been first; this one holds nothing yet
        return self._transport

    def _make_transport(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        verify = True if self._trusted is None else self._trusted
        return httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)


def _request(
    method: str, target: Target, address: Address, headers: Mapping[str, str], content: bytes | None
) -> httpx.Request:
    """To the address, for the host: in the Host header, in the TLS greeting, and for its certificate."""
    own = {"Host": target.authority, "User-Agent": f"Pressrun/{__version__}", "Accept-Encoding": ENCODINGS}
    url = httpx.URL(scheme=target.scheme, host=str(address), port=target.port, raw_path=target.raw_path)
    extensions: dict[str, object] = {"timeout": {"connect": _CONNECT_LIMIT_S}}  # all else has the caller's deadline
    if target.address is None:
        extensions["sni_hostname"] = target.host
    return httpx.Request(method, url, headers={**headers, **own}, content=content, extensions=extensions)


def _redirected(response: httpx.Response, target: Target) -> Target | None:
    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or location is None:
        return None
    try:
        return read_target(httpx.URL(target.url).join(location))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchFailed(f"{target.host} redirects to something that is no URL.") from exc


async def _whole(response: httpx.Response, target: Target, max_bytes: int) -> Fetched:
    if not response.is_success:
        raise FetchFailed(f"{target.host} answered with status {response.status_code}.")
    stream = cast(httpx.AsyncByteStream, response.stream)
    try:
        body = await read_body(stream, response.headers.get("content-encoding", ""), max_bytes, target.host)
    except (httpx.TransportError, ssl.SSLError) as exc:
        raise FetchFailed(f"{target.host} broke off in the middle of its answer.") from exc
    content_type = response.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    return Fetched(target.url, media_type, _charset_in(content_type), body)


def _charset_in(content_type: str) -> str | None:
    """Not httpx' `charset_encoding`: that one decodes `charset*=…` in an encoding that the host names."""
    found = _CHARSET.search(content_type)
    return (found[1] or found[2]).lower() if found else None


@contextmanager
def _within(limit_s: float, target: Target) -> Iterator[None]:
    """Bounds what is inside."""
    try:
        with anyio.fail_after(limit_s):
            yield
    except TimeoutError as exc:
        raise FetchFailed(f"{target.host} did not answer within {limit_s:g} s.") from exc


async def look_up(host: str) -> Sequence[str]:
    """The system's resolver, in a thread that is left behind when the answer does not come in time."""
    try:
        threads = _look_up_threads.get()
    except LookupError:
        threads = anyio.CapacityLimiter(_MAX_LOOK_UPS)
        _look_up_threads.set(threads)
    found = await anyio.to_thread.run_sync(
        lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), abandon_on_cancel=True, limiter=threads
    )
    return [str(address[0]) for *_, address in found]
