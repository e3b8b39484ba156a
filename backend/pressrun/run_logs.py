"""`RunLogs`: the log lines of each run, in a file of its own, readable while it runs and afterwards.

Owns `{folder}/{operation_id}.jsonl`: what the server's log says of a run (lines bound to its operation_id, telemetry),
without tracebacks, which are the operator's. Knows neither who may read them nor when they go.

A line is one append to a file that is closed again, so no descriptor outlives a run and several processes may write.
Lines are for people: what cannot be written is lost, and never hinders a run. At most `_MAX_BYTES` of a run are kept.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import structlog

from pressrun.ids import is_operation_id
from pressrun.telemetry import RunLineFormatter, on_one_line, printable

_MAX_BYTES = 1_000_000  # arbitrary (0.1..10 MB): some five thousand lines
_FULL = json.dumps({"level": "warning", "event": "this log is full: what follows is in the server's log only"}).encode()
_TORN = json.dumps({"level": "warning", "event": "a line of this log was cut off"})
_CHATTY = ("dbos",)  # warns of every cancel, in words about its own inside
_SHOWN_FIRST = ("at", "level", "event")


class RunLogs:
    """One per process; open with `open_run_logs`. May be shared."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, operation_id: str, after: int = 0) -> list[str]:
        """The lines of a run, each a JSON object, without the first `after`; empty if there are none."""
        return await anyio.to_thread.run_sync(self._read, operation_id, after)

    async def delete(self, operation_id: str) -> None:
        """Removes the lines of a run."""
        await anyio.to_thread.run_sync(lambda: self._path(operation_id).unlink(missing_ok=True))

    def append(self, operation_id: str, line: str) -> None:
        """Adds a line. Raises: OSError."""
        descriptor = os.open(self._path(operation_id), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size_bytes = os.fstat(descriptor).st_size
            torn = size_bytes > 0 and os.pread(descriptor, 1, size_bytes - 1) != b"\n"  # by a crash, or a full disk
            room_bytes = _MAX_BYTES - size_bytes - torn
            data = f"{line}\n".encode()
            if room_bytes < len(data) + len(_FULL) + 1:
                data = _FULL.ljust(room_bytes - 1) + b"\n"  # whatever comes later finds no room
            if room_bytes >= len(data):
                os.write(descriptor, b"\n" * torn + data)
        finally:
            os.close(descriptor)

    def _read(self, operation_id: str, after: int) -> list[str]:
        try:
            text = self._path(operation_id).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return []
        whole = text[: text.rfind("\n") + 1]  # a line that is just being written is not one yet
        return [on_one_line(line) if _is_object(line) else _TORN for line in whole.split("\n")[after:-1]]

    def _path(self, operation_id: str) -> Path:
        return self._folder / f"{operation_id}.jsonl"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


class _Handler(logging.Handler):
    def __init__(self, logs: RunLogs, formatter: logging.Formatter) -> None:
        super().__init__()
        self._logs = logs
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        operation_id = _operation_id_of(record)
        if operation_id is None or (record.name in _CHATTY and record.levelno < logging.ERROR):
            return
        try:
            self._logs.append(operation_id, self.format(record))
        except OSError:
            return  # a full disk; the server's log has the line


def _operation_id_of(record: logging.LogRecord) -> str | None:
    bound: Mapping[str, Any] = record.msg if isinstance(record.msg, dict) else structlog.contextvars.get_contextvars()
    operation_id = bound.get("operation_id")
    return operation_id if isinstance(operation_id, str) and is_operation_id(operation_id) else None


@contextmanager
def open_run_logs(folder: Path, mask: Callable[[str], str]) -> Iterator[RunLogs]:
    """Keeps the lines of every run until closed."""
    folder.mkdir(parents=True, exist_ok=True)
    logs = RunLogs(folder)
    handler = _Handler(logs, RunLineFormatter(mask))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield logs
    finally:
        root.removeHandler(handler)


def readable(fields: Mapping[str, Any]) -> str:
    """A line for a person: when, how grave, what, and the rest as `name=value`."""
    rest = " ".join(f"{name}={value}" for name, value in fields.items() if name not in _SHOWN_FIRST)
    head = f"{fields.get('at', '')}  {fields.get('level', ''):<8} {fields.get('event', '')}"
    return printable(f"{head}  {rest}".rstrip())
