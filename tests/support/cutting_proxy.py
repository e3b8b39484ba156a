"""A TCP proxy on loopback, the line between a client and the real server: it breaks connections where a test says, and
keeps requests from the server.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.limits import HANG_S

_CHUNK_BYTES = 65_536


class CuttingProxy:
    """Each new connection takes the next of `cuts`: reset after that many bytes of the answer, None for never.

    0 cuts when the whole request has been passed on and the first byte of the answer is there. Without cuts left
    nothing is broken.

    A reset throws away what the client has not read yet. `hold` makes each reset wait for `reset`, so that a test can
    read all that came before it.

    Requests whose first line has `withheld` in it are counted and not passed on; their connections stay open.
    """

    def __init__(self, upstream_port: int, withheld: bytes | None = None) -> None:
        self._upstream_port = upstream_port
        self._withheld = withheld
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()  # each connection has a thread of its own
        self._cuts: list[int | None] = []
        self._open: list[socket.socket] = []
        self.broken = 0
        self.holding = 0
        self._may_reset = threading.Event()
        self._may_reset.set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut_next(self, *cuts: int | None) -> None:
        with self._lock:
            self._cuts = list(cuts)

    def hold(self) -> None:
        self._may_reset.clear()

    def reset(self) -> None:
        self._may_reset.set()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                cut = self._cuts.pop(0) if self._cuts else None
            threading.Thread(target=self._connect, args=(client, cut), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for end in self._open:
                _shut(end)

    def _connect(self, client: socket.socket, cut: int | None) -> None:
        with client, socket.create_connection(("127.0.0.1", self._upstream_port)) as server:
            with self._lock:
                self._open += [client, server]
            up = threading.Thread(target=self._pass_requests, args=(client, server), daemon=True)
            up.start()
            if _pass_on(server, client, cut):
                self._may_reset.wait(HANG_S)
                with self._lock:
                    self.broken += 1
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            _shut(client, socket.SHUT_RD)  # ends the other direction, which would keep the socket open in its `recv`
            _shut(server)
            up.join(HANG_S)

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_CHUNK_BYTES):  # a client sends the next request when it has the whole answer
                if self._withheld is not None and self._withheld in data.partition(b"\r\n")[0]:
                    with self._lock:
                        self.holding += 1
                else:
                    server.sendall(data)
            server.shutdown(socket.SHUT_WR)


def _pass_on(source: socket.socket, to: socket.socket, cut: int | None) -> bool:
    """Whether it was cut."""
    passed = 0
    try:
        while data := source.recv(_CHUNK_BYTES):
            if cut is not None and passed + len(data) > cut:
                to.sendall(data[: cut - passed])
                return True
            to.sendall(data)
            passed += len(data)
        _shut(to, socket.SHUT_WR)
    except OSError:
        pass
    return False


def _shut(end: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):
        end.shutdown(how)


@contextmanager
def cutting_proxy(upstream_port: int, withheld: bytes | None = None) -> Iterator[CuttingProxy]:
    """In front of a server on that port, while the context is open."""
    proxy = CuttingProxy(upstream_port, withheld)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(HANG_S)
