"""A server that starts while the last one is not quite gone: its lock and its port are free a moment later."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.connections.listeners import open_listeners
from pressrun.data_folder import lock_data_folder
from pressrun.errors import StartupError
from tests.support.server import free_port

_HOLDER = """
import fcntl, socket, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


@contextmanager
def held(folder: Path, port: int, for_s: float) -> Iterator[None]:
    """A process that holds both for that long."""
    command = [sys.executable, "-c", _HOLDER, str(folder / "lock"), str(port), str(for_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.kill()


def test_a_lock_and_a_port_that_are_about_to_be_free_are_waited_for(tmp_path: Path) -> None:
    port = free_port()
    with held(tmp_path, port, 0.2), lock_data_folder(tmp_path):
        for listener in open_listeners("127.0.0.1", port, ConnectionLimiter(Starlette(), 10)):
            listener.close()


@pytest.mark.slow
def test_those_that_stay_taken_are_refused_soon(tmp_path: Path) -> None:
    port = free_port()
    begun_at = time.monotonic()
    with held(tmp_path, port, 60):
        with pytest.raises(StartupError, match="another Pressrun"), lock_data_folder(tmp_path):
            pass
        with pytest.raises(StartupError, match="cannot listen"):
            open_listeners("127.0.0.1", port, ConnectionLimiter(Starlette(), 10))
    assert time.monotonic() - begun_at < 50
    socket.create_server(("127.0.0.1", port)).close()
