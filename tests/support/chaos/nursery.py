"""The real server, forked from a process that has imported everything: it starts in half the time.

What a crash does to a server has nothing to do with how its modules came into memory; how long a start takes has, so
that is measured with `pressrun serve` itself (benchmarks/durability.py).

`python -m tests.support.chaos.nursery` reads one line of JSON for each server, {"env", "log", "args", "cwd"}, and
answers with its pid.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.processes import is_running
from tests.support.server import Server, free_port

_START_LIMIT_S = 60
_STOP_LIMIT_S = 30


class Nursery:
    """Open with `open_nursery`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._turn = threading.Lock()  # without it one thread would read the pid of another's server

    def bear(self, **order: Any) -> int:
        """The pid of a new server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A process that servers are forked from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.chaos.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    try:
        yield Nursery(process)
    finally:
        process.terminate()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


class ForkedServer(Server):
    """A `Server` that comes from a nursery; `orders` are its failpoints from the next start on."""

    def __init__(self, nursery: Nursery, data_dir: Path, env: dict[str, str], *, log: Path | None = None) -> None:
        super().__init__(data_dir, free_port(), {"PRESSRUN_ENV": "test", "PRESSRUN_LOG_LEVEL": "DEBUG", **env})
        self._nursery = nursery
        self._pid: int | None = None
        self.orders = ""
        self.log_path = log or self.log_path

    @property
    def pid(self) -> int:
        assert self._pid is not None
        return self._pid

    @property
    def alive(self) -> bool:
        return self._pid is not None and is_running(self._pid)

    def begin(self) -> None:
        """Starts, and does not wait."""
        env = {
            **self._env,
            "PRESSRUN_DATA_DIR": str(self.data_dir),
            "PRESSRUN_LOG_JSON": "true",
            "PRESSRUN_FAILPOINTS": self.orders,
        }
        args = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        self._pid = self._nursery.bear(env=env, log=str(self.log_path), args=args, cwd=str(self.data_dir.parent))

    def start(self) -> None:
        self.begin()
        self.wait_until_up()

    def wait_until_up(self) -> bool:
        """Whether it answers; False if it has died before."""
        deadline = time.monotonic() + _START_LIMIT_S
        while self.alive:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self.url + "/livez").is_success:
                    return True
            assert time.monotonic() < deadline, self.log[-4000:]
            time.sleep(0.02)
        return False

    def wait_until_dead(self, limit_s: float = 20) -> bool:
        """Whether it died in time."""
        deadline = time.monotonic() + limit_s
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def kill(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
            self.wait_until_dead()

    def stop(self) -> int:
        if self.alive:
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGTERM)
            if not self.wait_until_dead(_STOP_LIMIT_S):
                self.kill()
                raise AssertionError(f"the server did not stop:\n{self.log[-4000:]}")
        return 0


def _serve_orders() -> None:
    import pressrun.app  # noqa: F401 - what takes the time
    from pressrun.cli import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to collect the dead
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(order["env"])
            os.chdir(order["cwd"])
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            null = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((null, 0), (log, 1), (log, 2)):
                os.dup2(source, target)
            sys.argv = ["pressrun", *order["args"]]
            status = 1
            try:
                status = main()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        print(pid, flush=True)


if __name__ == "__main__":
    _serve_orders()
