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
from typing import TYPE_CHECKING, ClassVar

import httpx

from tests.support.limits import HANG_S

if TYPE_CHECKING:
    from tests.support.nursery import ForkedProcess, SharedNursery

PRESSRUN = Path(sys.executable).with_name("pressrun")


class Server:
    """A server process; `start` again after `kill` or `stop` to restart it on the same port and data folder."""

    nursery: ClassVar[SharedNursery | None] = None  # of tests (conftest); figures are of the command

    def __init__(
        self, data_dir: Path, port: int, env: dict[str, str], under: Sequence[str] = (), *, as_command: bool = False
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log_path = data_dir.with_name(data_dir.name + ".log")
        self._env = {**{k: v for k, v in os.environ.items() if not k.startswith("PRESSRUN_")}, **env}
        self._under = under
        self._as_command = as_command or bool(under) or "LD_PRELOAD" in env  # which only the loader of a program heeds
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def start(self) -> None:
        """Returns when /livez answers."""
        self._process = self._begin()
        deadline = time.monotonic() + HANG_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended at once:\n{self.log}")
            if self.answers():
                return
            time.sleep(0.02)  # nothing to wait for but the port itself
        raise AssertionError(f"the server did not start:\n{self.log}")

    def answers(self) -> bool:
        """Whether it says that it lives. A port that nobody listens at is found out without a client (4 ms of CPU)."""
        with contextlib.suppress(OSError, httpx.TransportError):
            socket.create_connection(("127.0.0.1", self.port), HANG_S).close()
            return httpx.get(self.url + "/livez").is_success
        return False

    def _begin(self) -> subprocess.Popen[bytes] | ForkedProcess:
        env = {**self._env, "PRESSRUN_DATA_DIR": str(self.data_dir), "PRESSRUN_LOG_JSON": "true"}
        args = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        if self.nursery is not None and not self._as_command:
            env = {"PRESSRUN_BROWSERS": "local:1", **env}  # one for each core costs a second of each start
            return self.nursery.fork(args, env, self.log_path, self.data_dir.parent)
        with self.log_path.open("ab") as log:
            command = [*self._under, str(PRESSRUN), *args]
            return subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.data_dir.parent)

    def stop(self) -> int:
        """SIGTERM, as an operator would; its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"the server did not stop within {HANG_S} s:\n{self.log}") from None
        finally:
            self._process = None

    def wait(self) -> int:
        """The exit code of a server that ends by itself."""
        assert self._process is not None
        code = self._process.wait(HANG_S)
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


def cold(*orders: str) -> dict[str, str]:
    """Settings of a server whose browser could not be started ahead: it takes half of the CPU of a life that draws
    nothing, and whoever wants one all the same starts it. With more failpoints, if wanted.
    """
    return {"PRESSRUN_ENV": "test", "PRESSRUN_FAILPOINTS": ";".join(("background.warm_browser=EIO", *orders))}


@contextmanager
def start_server(
    data_dir: Path, under: Sequence[str] = (), *, as_command: bool = False, **env: str
) -> Iterator[Server]:
    """A running server; stopped at the end if it still runs. `under`: a command that starts it in its place;
    `as_command`: `pressrun serve` itself, never a fork.
    """
    server = Server(data_dir, free_port(), env, under, as_command=as_command)
    try:
        server.start()  # inside: one that does not answer in time must not outlive its test
        yield server
    finally:
        server.stop()
