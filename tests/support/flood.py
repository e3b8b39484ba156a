"""A caller that asks as fast as it can, in every way there is; and what became of it. Loopback only.

A process of its own, `python -m tests.support.flood URL TOKEN SECONDS`, so that it takes no time from who is measured
beside it. Bounded in time and in connections. Prints what it was told, as JSON: how often each answer, `429 max_runs`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.limits import HANG_S

_GRACE_S = 60  # for the last answers; a busy machine
_STREAMS_EACH = 20  # that a worker leaves open and does not read
_KEPT_S = 4.0  # uvicorn keeps a connection for 5 s on which nothing is asked; before that no honest server closes it
_ROOT = Path(__file__).parent.parent.parent
_SMALL = {"outputs": ["html"], "composer": "markdown"}


@dataclass
class Worker:
    """One connection, asked again as soon as it has answered."""

    host: str
    port: int
    token: str
    number: int
    kept_s: float = _KEPT_S
    told: Counter[str] = field(default_factory=Counter)
    connection: HTTPConnection | None = None
    asked_at: float = 0.0  # when the last one was sent on that connection, hence before it was answered
    streams: list[HTTPConnection] = field(default_factory=list)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """What was answered, where it was JSON."""
        before = self.asked_at if self.connection is not None else None
        if self.connection is None:
            self.connection = self.connect()
        self.asked_at = time.monotonic()
        try:
            self._send(self.connection, method, path, body, headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as exc:
            self.connection.close()
            self.connection = None
            if before is not None and isinstance(exc, ConnectionError) and time.monotonic() - before > self.kept_s:
                # The server closes a connection on which nobody has asked for a while, and on a busy machine a worker
                # may be that late: whoever speaks HTTP asks again on a new one. Sooner it was an answer that was lost.
                return self.ask(method, path, body, **headers)
            self._tell_lost(exc)
            return None
        found = json.loads(content) if content and "json" in (answer.getheader("Content-Type") or "") else {}
        why = found.get("limit") or found.get("code") if answer.status >= 400 else None
        self.told[" ".join(filter(None, (str(answer.status), why)))] += 1
        return found

    def open_stream(self, path: str, body: dict[str, Any] | None = None) -> None:
        """One of which nobody reads more than the head; the oldest is closed for it."""
        stream = self.connect()
        try:
            self._send(stream, "GET" if body is None else "POST", path, body, {})
            self.told[f"{stream.getresponse().status} stream"] += 1
        except (OSError, HTTPException) as exc:
            self._tell_lost(exc)
        self.streams.append(stream)
        if len(self.streams) > _STREAMS_EACH:
            self.streams.pop(0).close()

    def connect(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=HANG_S)

    def _tell_lost(self, exc: Exception) -> None:
        self.told[f"no answer: {type(exc).__name__}"] += 1

    def _send(
        self, to: HTTPConnection, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> None:
        content = None if body is None else json.dumps(body)
        typed = {} if content is None else {"Content-Type": "application/json"}
        to.request(method, path, content, {"Authorization": f"Bearer {self.token}", **typed, **headers})


def _start(worker: Worker, number: int, **body: object) -> Any:
    text = f"flood {worker.number} {number}"
    return worker.ask("POST", "/generate-sse", {"text": text, **_SMALL, **body}, Prefer="respond-async")


def _own_lanes(worker: Worker, number: int) -> None:
    _start(worker, number, lane=f"flood-{worker.number}-{number}")


def _own_queues(worker: Worker, number: int) -> None:
    _start(worker, number, lane=f"flood-{worker.number}-{number % 50}", on_busy="queue")


def _common_queue(worker: Worker, number: int) -> None:
    _start(worker, number, on_busy="queue")


def _replaces(worker: Worker, number: int) -> None:
    _start(worker, number, on_busy="replace", priority=-(number % 2))


def _same_again(worker: Worker, number: int) -> None:
    _start(
        worker, number // 100, on_busy=("reject", "join")[number % 2], on_duplicate=("reject", "join")[number // 2 % 2]
    )


def _retries(worker: Worker, number: int) -> None:
    run = _start(worker, number, on_busy="queue") or {}
    if "operation_id" in run:
        worker.ask("POST", f"/runs/{run['operation_id']}/cancel")
        worker.ask("POST", f"/runs/{run['operation_id']}/retry", {"on_busy": "queue"})


def _streams(worker: Worker, number: int) -> None:
    worker.open_stream("/generate-sse", {"text": f"streamed {worker.number} {number}", **_SMALL, "on_busy": "queue"})
    listed = worker.ask("GET", "/runs?limit=1") or {}
    for run in listed.get("runs", []):
        worker.open_stream(f"/runs/{run['operation_id']}/events")


def _lists(worker: Worker, number: int) -> None:
    worker.ask("GET", ("/runs", "/runs?status=complete", "/runs?q=flood", "/lanes")[number % 4])


WAYS: tuple[Callable[[Worker, int], None], ...] = (
    _own_lanes,
    _own_queues,
    _common_queue,
    _replaces,
    _same_again,
    _retries,
    _streams,
    _lists,
)


class Flood:
    """Runs in its process; `told` is there once it is over."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()


@contextmanager
def flooding(url: str, token: str, seconds: float) -> Iterator[Flood]:
    """The flood lasts so long, or until the body has ended; its count is there afterwards."""
    flood = Flood()
    command = [sys.executable, "-m", "tests.support.flood", url, token, str(seconds)]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield flood
        out, _ = process.communicate(timeout=_GRACE_S)  # closes its input, which ends it
        flood.told.update(json.loads(out))
    finally:
        process.kill()
        process.wait()


def _main(url: str, token: str, seconds: float) -> None:
    found = urlsplit(url)
    over = threading.Event()
    workers = [Worker(str(found.hostname), found.port or 80, token, number) for number in range(len(WAYS))]

    def work(worker: Worker, way: Callable[[Worker, int], None]) -> None:
        for number in count():
            if over.is_set():
                return
            way(worker, number)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(workers, WAYS, strict=True)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("begun", flush=True)
    over.wait(seconds)
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(sum((worker.told for worker in workers), Counter())), flush=True)
    os._exit(0)  # a thread still reads stdin


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
