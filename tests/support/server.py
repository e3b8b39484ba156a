"""The real server as a real process: `pressrun serve` on a free port with a data folder of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

PRESSRUN = Path(sys.executable).with_name("pressrun")
_START_LIMIT_S = 60  # 2 s on a quiet machine; tests share theirs
_STOP_LIMIT_S = 30


class Server:
    """A server process; `start` again after `kill` or `stop` to restart it on the same port and data folder."""

    def __init__(self, data_dir: Path, port: int, env: dict[str, str], under: Sequence[str] = ()) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log_path = data_dir.with_name(data_dir.name + ".log")
        self._env = {**{k: v for k, v in os.environ.items() if not k.startswith("PRESSRUN_")}, **env}
        self._under = under
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def start(self) -> None:
        """Returns when /livez answers."""
        env = {**self._env, "PRESSRUN_DATA_DIR": str(self.data_dir), "PRESSRUN_LOG_JSON": "true"}
        with self.log_path.open("ab") as log:
            command = [*self._under, str(PRESSRUN), "serve", "--host", "127.0.0.1", "--port", str(self.port)]
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.data_dir.parent)
        deadline = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended at once:\n{self.log}")
            try:
                if httpx.get(self.url + "/livez").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)  # nothing to wait for but the port itself
        raise AssertionError(f"the server did not start:\n{self.log}")

    def stop(self) -> int:
        """SIGTERM, as an operator would; its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"the server did not stop within {_STOP_LIMIT_S} s:\n{self.log}") from None
        finally:
            self._process = None

    def wait(self) -> int:
        """The exit code of a server that ends by itself."""
        assert self._process is not None
        code = self._process.wait(_STOP_LIMIT_S)
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL: what a crash looks like."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None


def free_port() -> int:
    """A port that was free a moment ago, and is none of those that the system gives to whoever connects: a server that
    is started again must find it free, although clients keep trying to reach it.
    """
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@contextmanager
def start_server(data_dir: Path, under: Sequence[str] = (), **env: str) -> Iterator[Server]:
    """A running server; stopped at the end if it still runs. `under`: a command that starts it in its place."""
    server = Server(data_dir, free_port(), env, under)
    try:
        server.start()  # inside: one that does not answer in time must not outlive its test
        yield server
    finally:
        server.stop()
