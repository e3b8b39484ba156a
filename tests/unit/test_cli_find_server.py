"""What listens at the default address and is no Pressrun is no server, and is not waited for."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pressrun.cli import jobs


@pytest.mark.parametrize("answer", [b"[" * 60_000, b"\0SSH-2.0\r\n", b"{}", b'{"checks'])
def test_what_listens_there_and_is_no_pressrun_is_no_server(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + answer)

        server = threading.Thread(target=serve)
        server.start()
        assert jobs.find_server(f"http://127.0.0.1:{listening.getsockname()[1]}", None, named=False) is None
        server.join()


def test_what_sends_a_byte_now_and_then_is_no_server_either() -> None:
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                for _ in range(300):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        left.set()
                        return
                    time.sleep(0.1)

        server = threading.Thread(target=serve)
        server.start()
        assert jobs.find_server(f"http://127.0.0.1:{listening.getsockname()[1]}", None, named=False) is None
        server.join()
    assert left.is_set(), "it was not waited for until it had said all"
