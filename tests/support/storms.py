"""Bad weather for a real server: clients that say nothing, leave at once or never read. Loopback only.

Each storm takes its size, so that the suite has a short form and `benchmarks/storms.py` the full one; each returns what
it saw and judges nothing.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.limits import HANG_S

_ADDRESSES = 4  # of clients, 127.0.0.1 ..: each has its own 28 000 ports
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a TCP reset
_TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def crowd(port: int, count: int, said: bytes = b"", receive_bytes: int | None = None) -> Iterator[list[socket.socket]]:
    """So many connections, each having said the same; closed at the end."""
    with ExitStack() as stack:
        clients = []
        for number in range(count):
            client = stack.enter_context(socket.socket())
            if receive_bytes is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            client.bind((f"127.0.0.{1 + number % _ADDRESSES}", 0))
            client.settimeout(30)
            client.connect(("127.0.0.1", port))
            client.sendall(said)
            clients.append(client)
        yield clients


@contextmanager
def drained(clients: Iterable[socket.socket]) -> Iterator[None]:
    """Whatever comes to them is read and forgotten meanwhile, by a thread."""
    over = threading.Event()

    def drain() -> None:
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client, selectors.EVENT_READ)
            while not over.is_set() and selector.get_map():
                for key, _ in selector.select(0.1):
                    try:
                        open_still = bool(key.fileobj.recv(1 << 20))  # type: ignore[union-attr]
                    except OSError:
                        open_still = False
                    if not open_still:
                        selector.unregister(key.fileobj)

    thread = threading.Thread(target=drain)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(body: dict[str, object]) -> bytes:
    content = json.dumps(body).encode()
    head = "POST /generate-sse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def reset(clients: Iterable[socket.socket]) -> None:
    """All at once, by a TCP reset."""
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()


def until_closed_s(clients: list[socket.socket], drip: bytes, limit_s: float) -> list[float]:
    """Seconds until the server has closed each, dripping a byte a second meanwhile (`drip` empty: silent)."""
    begun_at = time.monotonic()
    closed: dict[socket.socket, float] = {}
    while len(closed) < len(clients) and time.monotonic() - begun_at < limit_s:
        for client in clients:
            if client not in closed and _is_closed(client, drip):
                closed[client] = time.monotonic() - begun_at
        time.sleep(1)
    return [closed.get(client, float("inf")) for client in clients]


def _is_closed(client: socket.socket, drip: bytes) -> bool:
    client.setblocking(False)
    try:
        while client.recv(65_536):
            pass
    except BlockingIOError:
        with suppress(OSError):
            client.send(drip)
            return False
    except OSError:
        pass
    return True


def wait_until(condition: Callable[[], bool], limit_s: float = HANG_S) -> float:
    """Seconds until it held. Another process has no way to tell us, so it is asked."""
    begun_at = time.monotonic()
    while not condition():
        assert time.monotonic() - begun_at < limit_s
        time.sleep(0.02)
    return time.monotonic() - begun_at


def sockets_of(pid: int) -> int:
    """How many sockets the process has open (its files come and go with the runs)."""
    return sum("socket:" in link for link in _links(pid))


def _links(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed since the folder was read
            yield str(descriptor.readlink())


def cpu_s(pid: int) -> float:
    """Seconds of processor time the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def pulse_s(url: str, times: int = 5) -> float:
    """The slowest of some answers of /livez, each on a new connection."""
    slowest = 0.0
    for _ in range(times):
        begun_at = time.perf_counter()
        httpx.get(url + "/livez").raise_for_status()
        slowest = max(slowest, time.perf_counter() - begun_at)
    return slowest


def rss_kb(pid: int) -> int:
    """Resident memory of the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
