"""A TCP proxy on loopback through which some requests never come to the server: as thin a line as there can be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HoldingProxy:
    """Requests whose first line has `held` in it are counted and not passed on; their connections stay open."""

    def __init__(self, upstream_port: int, held: bytes) -> None:
        self._upstream_port = upstream_port
        self._held = held
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()  # each connection has a thread of its own
        self._connections: list[socket.socket] = []
        self.holding = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream_port))
            with self._lock:
                self._connections += [client, server]
            threading.Thread(target=self._pass_requests, args=(client, server), daemon=True).start()
            threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for end in self._connections:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):  # a browser sends the next request when it has the whole answer
                if self._held in data.partition(b"\r\n")[0]:
                    with self._lock:
                        self.holding += 1
                else:
                    server.sendall(data)
            server.shutdown(socket.SHUT_WR)


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


@contextmanager
def holding_proxy(upstream_port: int, held: bytes) -> Iterator[HoldingProxy]:
    """In front of a server on that port, while the context is open."""
    proxy = HoldingProxy(upstream_port, held)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
