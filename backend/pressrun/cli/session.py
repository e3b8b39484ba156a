"""One run from the POST to the last file: follows the run, heeds Ctrl-C, fetches what was made.

The first Ctrl-C asks the server to cancel and waits for the run's own end; the second one leaves. A run that somebody
else started is never cancelled from here, only left.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup
from pydantic import ValidationError

from pressrun.cli.display import Display
from pressrun.cli.exits import Exit, Left
from pressrun.client import (
    AsyncClient,
    AsyncRunStream,
    ClientEvent,
    ConnectionFailed,
    FileInfo,
    RunResult,
    ServerProblem,
)
from pressrun.events import model as events

_AGAIN_S = 1.0  # between two tries to cancel while the server cannot be reached
_CODES = {"complete": Exit.COMPLETE, "error": Exit.ERROR, "cancelled": Exit.CANCELLED}
_CONFLICT = 409


Fetch = Callable[["Session"], Awaitable[list[Path]]]


class Session:
    """One run, seen from one command. `ours`: whatever run it is, it is this command's to cancel."""

    def __init__(self, client: AsyncClient, stream: AsyncRunStream, display: Display, *, ours: bool = False) -> None:
        self.client = client
        self.files: list[FileInfo] = []
        self.last: ClientEvent | None = None
        self.saved: list[Path] = []
        self.warned: set[str] = set()
        self._stream = stream
        self._display = display
        self._ours = ours
        self._known: dict[str, FileInfo] = {}
        self._named = anyio.Event()
        self._scope = anyio.CancelScope()
        self._left: Left | None = None
        self._asked = False

    async def run(self, fetch: Fetch | None) -> int:
        """Follows the run to its end, and heeds Ctrl-C; its exit code. `fetch` is called when it is complete.

        Raises: Left when a person did not wait for the end, ClientError, OSError.
        """
        with anyio.open_signal_receiver(signal.SIGINT) as interrupts:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._heed, interrupts, tasks)
                failure = await self._to_the_end(fetch)
                tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure
        return self.code

    async def follow(self, fetch: Fetch | None) -> int:
        """As `run`, for a command that calls `interrupt` itself."""
        failure = await self._to_the_end(fetch)
        if failure is not None:
            raise failure
        return self.code

    @property
    def coverage(self) -> str | None:
        """What of the source is on the slides, in words, once it is complete."""
        coverage = self.last.data.get("coverage") if self.last else None
        return coverage.get("summary") or None if isinstance(coverage, dict) else None

    @property
    def code(self) -> int:
        """The exit code, once it has ended."""
        return _CODES.get(self.last.type, Exit.ERROR) if self.last else Exit.ERROR

    async def _to_the_end(self, fetch: Fetch | None) -> Exception | None:
        failure: Exception | None = None
        with self._scope:
            try:
                await self._follow()
                if fetch is not None and self.last is not None and self.last.type == "complete":
                    self.saved = await fetch(self)
            except Exception as exc:  # noqa: BLE001 - carried out of the group, which would wrap it
                failure = exc
        return self._left or failure

    async def _follow(self) -> None:
        async with self._stream as stream:
            async for event in stream:
                self._named.set()
                self._remember(event)
                self._display.event(event)
                self.last = event

    def _remember(self, event: ClientEvent) -> None:
        body = event.body
        if isinstance(body, events.Screenshot):
            known = FileInfo(name=body.filename, size_bytes=body.size_bytes, sha256=body.sha256)
            self._known[known.name] = known
        elif isinstance(body, events.Warning):
            self.warned.add(body.message)
        elif event.type == "complete":
            self.files = [self._known.get(file.name, file) for file in _result(event.data).files()]

    async def _heed(self, interrupts: AsyncIterator[int], tasks: TaskGroup) -> None:
        async for _ in interrupts:
            if self.interrupt(tasks):
                return

    def interrupt(self, tasks: TaskGroup) -> bool:
        """Ctrl-C: asks for the end of the run, or leaves it; whether it is left."""
        leave = self._reason_to_leave(asked=self._asked)
        if leave is not None:
            self._left = Left(leave)
            self._scope.cancel()
            return True
        self._asked = True
        again = "ends at once" if self._ours else "leaves it running"
        self._display.note(f"Cancelling the run … (Ctrl-C again {again})")
        tasks.start_soon(self._cancel)
        return False

    def _reason_to_leave(self, *, asked: bool) -> str | None:
        """Why this Ctrl-C ends the command at once; None when it is to cancel the run."""
        name = self._stream.operation_id
        if self._ours:
            return "Ended before the run was; what it was to write may be missing." if asked else None
        if self.last is not None and self.last.terminal:
            return f"Left while the files were fetched; run {name} is {self.last.type}, its files are on the server."
        if not self._stream.may_have_started:
            return "Left before anything was started."
        if name is not None and not self._stream.own:
            return f"Left. Run {name} was started by somebody else and goes on; to cancel it: pressrun cancel {name}"
        unknown = "A run may have been started; look with: pressrun runs"
        known = f"Run {name} goes on unless the cancel arrived; to cancel it: pressrun cancel {name}"
        return f"Left. {unknown if name is None else known}" if asked else None

    async def _cancel(self) -> None:
        await self._named.wait()
        while True:
            try:
                await self.client.cancel(self._stream.operation_id or "")
            except ConnectionFailed:
                await anyio.sleep(_AGAIN_S)
                continue
            except ServerProblem as exc:
                if exc.status != _CONFLICT:  # 409: it has ended by itself, and its last event will say how
                    self._display.note(f"The run could not be cancelled: {exc.detail}")
            return


def _result(data: dict[str, Any]) -> RunResult:
    try:
        return RunResult.model_validate(data)
    except ValidationError:
        return RunResult()
