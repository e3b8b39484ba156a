"""One `pressrun generate` from the POST to the last file: follows the run, heeds Ctrl-C, fetches what was made.

The first Ctrl-C asks the server to cancel and waits for the run's own end; the second one leaves. A run that somebody
else started is never cancelled from here, only left.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
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


class Session:
    """One run, seen from one command."""

    def __init__(self, client: AsyncClient, stream: AsyncRunStream, display: Display) -> None:
        self.files: list[FileInfo] = []
        self.last: ClientEvent | None = None
        self.saved: list[Path] = []
        self._client = client
        self._stream = stream
        self._display = display
        self._known: dict[str, FileInfo] = {}
        self._named = anyio.Event()
        self._scope = anyio.CancelScope()
        self._left: Left | None = None

    async def run(self, out: Path | None) -> int:
        """Follows the run to its end; its exit code.

        Raises: Left when a person did not wait for the end, ClientError, OSError.
        """
        failure: Exception | None = None
        with anyio.open_signal_receiver(signal.SIGINT) as interrupts:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._heed, interrupts, tasks)
                with self._scope:
                    try:
                        await self._follow()
                        await self._fetch(out)
                    except Exception as exc:  # noqa: BLE001 - carried out of the group, which would wrap it
                        failure = exc
                tasks.cancel_scope.cancel()
        if self._left is not None:
            raise self._left
        if failure is not None:
            raise failure
        return _CODES.get(self.last.type, Exit.ERROR) if self.last else Exit.ERROR

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
        elif event.type == "complete":
            self.files = [self._known.get(file.name, file) for file in _result(event.data).files()]

    async def _fetch(self, out: Path | None) -> None:
        if out is None or self.last is None or self.last.type != "complete":
            return
        for file in self.files:
            self.saved += await self._client.download_all(self.last.operation_id, out, files=[file])

    async def _heed(self, interrupts: AsyncIterator[int], tasks: TaskGroup) -> None:
        asked = False
        async for _ in interrupts:
            leave = self._reason_to_leave(asked=asked)
            if leave is not None:
                self._left = Left(leave)
                self._scope.cancel()
                return
            asked = True
            self._display.note("Cancelling the run … (Ctrl-C again leaves it running)")
            tasks.start_soon(self._cancel)

    def _reason_to_leave(self, *, asked: bool) -> str | None:
        """Why this Ctrl-C ends the command at once; None when it is to cancel the run."""
        name = self._stream.operation_id
        if self.last is not None and self.last.terminal:
            return f"Left while the files were fetched; run {name} is {self.last.type}, its files are on the server."
        if not self._stream.may_have_started:
            return "Left before anything was started."
        if name is not None and not self._stream.own:
            return f"Left. Run {name} was started by somebody else and goes on; to cancel it: pressrun cancel {name}"
        if not asked:
            return None
        if name is None:
            return "Left. A run may have been started; look with: pressrun runs"
        return f"Left. Run {name} goes on unless the cancel arrived; to cancel it: pressrun cancel {name}"

    async def _cancel(self) -> None:
        await self._named.wait()
        while True:
            try:
                await self._client.cancel(self._stream.operation_id or "")
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
