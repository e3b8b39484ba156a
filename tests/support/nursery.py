"""The real server, forked from a process that has imported everything: a start costs half the time and half the CPU.

What a server does has nothing to do with how its modules came into memory. What has is tested and measured with
`pressrun serve` itself: how long a start takes (benchmarks/), what a start imports (tests/unit/test_start_imports.py),
the command (tests/conformance/, tests/e2e/test_cli.py).

`python -m tests.support.nursery` reads one line of JSON for each order and answers each with one line: {"env", "log",
"args", "cwd"} bears a server, its pid is the answer; {"poll": pid} asks for the exit code, null while it runs.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tests.support.limits import HANG_S, pauses_s
from tests.support.processes import is_running
from tests.support.server import Server, free_port

_LOADED_LATER = (
    "anyio._backends._asyncio",
    "dbos._sys_db_sqlite",
    "httpcore",
    "playwright.async_api",
    "pressrun.app",
    "pressrun.cli.commands",
    "pressrun.cli.server",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.websockets.auto",
)


class Nursery:
    """Open with `open_nursery`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._turn = threading.Lock()  # without it one thread would read the pid of another's server

    def bear(self, **order: Any) -> int:
        """The pid of a new server."""
        return int(self._ask(order))

    def poll(self, pid: int) -> int | None:
        """The exit code of a server of this nursery, negative for the signal that ended it; None while it runs."""
        code = self._ask({"poll": pid})
        return None if code is None else int(code)

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A process that servers are forked from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield Nursery(process)
    finally:
        process.terminate()
        process.wait(HANG_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


class ForkedServer(Server):
    """A `Server` from a nursery; `orders` are its failpoints from the next start on, beside those of `env`."""

    def __init__(self, nursery: Nursery, data_dir: Path, env: dict[str, str], *, log: Path | None = None) -> None:
        super().__init__(data_dir, free_port(), {"PRESSRUN_ENV": "test", "PRESSRUN_LOG_LEVEL": "DEBUG", **env})
        self._nursery = nursery
        self._pid: int | None = None
        self.orders = ""
        self._always = env.get("PRESSRUN_FAILPOINTS", "")
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
            "PRESSRUN_FAILPOINTS": ";".join(filter(None, (self._always, self.orders))),
        }
        args = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        self._pid = self._nursery.bear(env=env, log=str(self.log_path), args=args, cwd=str(self.data_dir.parent))

    def start(self) -> None:
        self.begin()
        self.wait_until_up()

    def wait_until_up(self) -> bool:
        """Whether it answers; False if it has died before."""
        deadline = time.monotonic() + HANG_S
        while self.alive:
            if self.answers():
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
            if not self.wait_until_dead(HANG_S):
                self.kill()
                raise AssertionError(f"the server did not stop:\n{self.log[-4000:]}")
        return 0


class ForkedProcess:
    """What a `Server` needs of `subprocess.Popen`, of a process that a nursery has born."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.poll(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        pauses = pauses_s()
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"server {self.pid}", timeout or 0)
            time.sleep(next(pauses))  # its parent is another process, and the only one that is told
        return code

    def send_signal(self, signal_number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal_number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class SharedNursery:
    """One nursery for all servers of a test session, opened by the first that needs it."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._nursery: Nursery | None = None

    @property
    def opened(self) -> Nursery:
        if self._nursery is None:
            self._nursery = self._stack.enter_context(open_nursery())
        return self._nursery

    def fork(self, args: Sequence[str], env: dict[str, str], log: Path, cwd: Path) -> ForkedProcess:
        pid = self.opened.bear(env=env, log=str(log), args=list(args), cwd=str(cwd))
        return ForkedProcess(self.opened, pid)

    def close(self) -> None:
        self._stack.close()


def _serve_orders() -> None:
    for name in _LOADED_LATER:  # by each server: a third of a second
        importlib.import_module(name)
    from pressrun.cli import main

    gc.collect()
    gc.freeze()  # or each server looks through, and so copies, all that came with the modules
    for line in sys.stdin:
        order = json.loads(line)
        if "poll" in order:
            print(json.dumps(_exit_code(order["poll"])), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _become_server(main, order)
        print(pid, flush=True)


def _exit_code(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become_server(main: Callable[[], int], order: dict[str, Any]) -> NoReturn:
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(null)
    sys.argv = ["pressrun", *order["args"]]
    status = 1
    try:
        status = main()
    except SystemExit as exc:
        status = exc.code if isinstance(exc.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve_orders()
