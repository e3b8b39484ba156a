"""The listening sockets: how many descriptors there are, and letting nobody in who would take the last one.

asyncio accepts whatever comes and, out of descriptors, logs and tries again without end (uvicorn burned 91 % of a core
and 32 MB of log in 7 s: SAFETY). It calls `accept()` on the socket it is given, so here is one that says no by itself:
who finds no room is told so on the spot. Should the descriptors end all the same (a browser, ffmpeg and the database
need some too), one that is kept in reserve lets the refusal go out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pressrun.api.connections.connection_limit import ConnectionLimiter, busy
from pressrun.api.wire.problems import problem_response
from pressrun.errors import PressrunError, StartupError
from pressrun.procfs import descriptors_of

_MOST_DESCRIPTORS = 65_536  # some programs we start look at each possible one
_ASSUMED_IN_USE = 32  # without /proc: a process that has only imported has about a dozen
_OWN_SHARE = (48, 512)  # descriptors kept for database, browser, ffmpeg, files: a tenth of the limit, within these
_FEWEST_CONNECTIONS = 16
_ACCEPTED_AT_ONCE = 64  # arbitrary (16..256): a crowd comes in by turns, so that not all its requests begin at once
# arbitrary (0.5..3): a server that was killed while it started a child leaves its port to that for a moment
_PORT_PATIENCE_S = 1.0
_PAUSE_S = 1.0  # as asyncio has it: for how long nobody is accepted when the system has run out of something

_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}
_OUT_OF_MEMORY = {errno.ENOBUFS, errno.ENOMEM}


def most_connections() -> int:
    """How many connections this process can hold, after it has raised its limit of descriptors as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # what there is must do
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    limit = most if soft == resource.RLIM_INFINITY else soft
    low, high = _OWN_SHARE
    return max(_FEWEST_CONNECTIONS, limit - (descriptors_of() or _ASSUMED_IN_USE) - min(high, max(low, limit // 10)))


def open_listeners(host: str, port: int, limiter: ConnectionLimiter) -> list[socket.socket]:
    """One for each address that the host name has. Raises: StartupError."""
    listeners: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            listener = Listener(family, limiter)
            listeners.append(listener)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _bind(listener, address)
    except OSError as exc:
        for opened in listeners:
            opened.close()
        raise StartupError(
            f"cannot listen on {host} port {port}: {exc.strerror or exc}; stop whoever does, or set PRESSRUN_PORT "
            "(PRESSRUN_HOST for the address)"
        ) from exc
    return listeners


def _bind(listener: socket.socket, address: Any) -> None:
    given_up_at = time.monotonic() + _PORT_PATIENCE_S
    while True:
        try:
            listener.bind(address)
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE or time.monotonic() > given_up_at:
                raise
            time.sleep(0.05)  # nothing else runs yet
        else:
            return


class Listener(socket.socket):
    """A listening socket that asks the limiter for each who comes. `accept` never waits."""

    def __init__(self, family: int, limiter: ConnectionLimiter) -> None:
        # by its name, or asyncio would not know it for TCP and leave Nagle's algorithm on: 40 ms for each small answer
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._limiter = limiter
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)
        self._accepted = 0
        self._paused_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """As asyncio uses it: BlockingIOError ends its turn, OSError of exhaustion lets it pause."""
        while True:
            self._accepted += 1
            if self._accepted > _ACCEPTED_AT_ONCE or (self._limiter.full and self._limiter.make_room()):
                self._accepted = 0
                raise BlockingIOError
            try:
                connection, address = super().accept()
            except BlockingIOError:
                self._accepted = 0
                raise
            except OSError as exc:
                self._refuse_without_descriptor(exc)
                raise BlockingIOError from exc
            refusal = self._limiter.refusal(address[0])
            if refusal is None:
                return Guest(connection, address[0], self._limiter), address
            turn_away(connection, refusal)

    def close(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        super().close()

    def _refuse_without_descriptor(self, exc: OSError) -> None:
        """Lets somebody who waits make room, else says no with the descriptor kept for that.

        Raises what came, once in a pause, where nothing can be done.
        """
        if exc.errno in _OUT_OF_DESCRIPTORS and self._limiter.make_room():
            return
        if exc.errno in _OUT_OF_DESCRIPTORS and self._spare is not None:
            with self._lent_reserve(), contextlib.suppress(OSError):
                connection, _ = super().accept()
                turn_away(connection, busy())
            if self._spare is not None:
                return
        if exc.errno in _OUT_OF_DESCRIPTORS | _OUT_OF_MEMORY and time.monotonic() < self._paused_until:
            return
        self._paused_until = time.monotonic() + _PAUSE_S / 2  # asyncio goes on calling in the turn that it pauses in
        raise exc

    @contextlib.contextmanager
    def _lent_reserve(self) -> Iterator[None]:
        assert self._spare is not None  # noqa: S101 - asked before
        os.close(self._spare)
        self._spare = None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # somebody else took it in between
                self._spare = os.open(os.devnull, os.O_RDONLY)


class Guest(socket.socket):
    """An accepted connection: counted for exactly as long as its descriptor is open."""

    __slots__ = ("_address", "_limiter")

    def __init__(self, accepted: socket.socket, address: str, limiter: ConnectionLimiter) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._address = address
        self._limiter = limiter
        limiter.entered(self.fileno(), address)

    def close(self) -> None:
        descriptor = self.fileno()
        super().close()
        if descriptor >= 0:
            self._limiter.left(descriptor, self._address)


def turn_away(connection: socket.socket, reason: PressrunError) -> None:
    """A whole answer and the end of the connection, without waiting for anything."""
    with connection, contextlib.suppress(OSError):
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            connection.recv(65_536)  # what is left unread would turn the close into a reset, and lose the answer
        connection.send(answer_bytes(reason))
        connection.shutdown(socket.SHUT_WR)


def answer_bytes(reason: PressrunError) -> bytes:
    """The problem document as HTTP/1.1, for where no request was read."""
    answer = problem_response(reason)
    answer.headers["Connection"] = "close"
    status = f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}"
    head = [status.encode(), *(name + b": " + value for name, value in answer.raw_headers)]
    return b"\r\n".join([*head, b"", bytes(answer.body)])
