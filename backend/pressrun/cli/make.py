"""`pressrun FILE …`: sources in, what `-o` names out, on the server that there is or on one of this command alone.

A result is written when all of it is here, at once, and never over something else unless that was said. Ctrl-C cancels
the runs, a second one ends the command.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Container, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
from anyio.abc import TaskGroup

from pressrun.cli.board import Board, choose
from pressrun.cli.display import Display, why_it_ended
from pressrun.cli.exits import Exit, Left, NotMade
from pressrun.cli.failures import exit_code, lines_of
from pressrun.cli.job import How, Job, Results
from pressrun.cli.output import complain, counted, size
from pressrun.cli.session import Session
from pressrun.cli.targets import PICTURES, Target, older_pictures
from pressrun.client import AsyncClient, FileInfo, RunInfo, ServerProblem
from pressrun.export_kinds import EXPORT_KINDS, ending_of_name, kind_of_name

_ACTIVE = {"queued", "running"}
_CANCEL_LIMIT_S = 10.0  # arbitrary (5..30): a run that a killed command left ends within a second
_LOOK_EVERY_S = 0.05  # arbitrary (0.01..0.5)


@asynccontextmanager
async def open_maker(url: str, token: str | None, how: How) -> AsyncIterator[Maker]:
    """On the server there. Heeds Ctrl-C until it is closed: none is lost between two things that are made."""
    async with AsyncClient(url, token) as client:
        maker = Maker(client, how)
        with anyio.open_signal_receiver(signal.SIGINT) as interrupts:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(maker.heed, interrupts)
                yield maker
                tasks.cancel_scope.cancel()


class Maker:
    """Makes jobs on one server; `make` may be called again, with others. `interrupted`: by Ctrl-C."""

    def __init__(self, client: AsyncClient, how: How) -> None:
        self.results = Results()
        self.interrupted = anyio.Event()
        self._client = client
        self._how = how
        self._ours = how.server is None
        self._runs: set[str] = set()
        self._sessions: set[Session] = set()
        self._stopping = False
        self._tasks: TaskGroup | None = None

    async def heed(self, interrupts: AsyncIterator[int]) -> None:
        """Ctrl-C ends what is being made."""
        async for _ in interrupts:
            self.interrupted.set()
            self._stop()

    async def make(self, jobs: list[Job]) -> None:
        """Makes them all. What fails is told where there are several; of a single one it is raised.

        Raises: Left, NotMade, ClientError, OSError.
        """
        if self._ours:
            await self._clear(jobs)
        self._stopping = self.interrupted.is_set()
        failures: list[Exception] = []
        alone = len(jobs) == 1 and not self._how.json and not self._how.watching
        slots = anyio.CapacityLimiter(self._how.at_once)
        with choose(total=len(jobs), json=self._how.json) as board:
            async with anyio.create_task_group() as self._tasks:
                async with anyio.create_task_group() as making:
                    for job in jobs:
                        making.start_soon(partial(self._make_in_turn, job, board, slots, failures, alone=alone))
                self._tasks.cancel_scope.cancel()
            left = next((exc for exc in failures if alone or isinstance(exc, Left)), None)
        if self._ours and not isinstance(left, Left):
            await self._leave_nothing()
        if left is not None:
            raise left

    async def _make_in_turn(
        self,
        job: Job,
        board: Board,
        slots: anyio.CapacityLimiter,
        failures: list[Exception],
        *,
        alone: bool,
    ) -> None:
        async with slots:
            if self._stopping:
                return
            try:
                with board.row(job.file) as display:
                    session = self._begin(job, display)
                    self._sessions.add(session)
                    try:
                        await session.follow(partial(self._write, job))
                    finally:
                        self._sessions.discard(session)
                self._done(job, session, board)
            except Exception as exc:  # noqa: BLE001 - one file of many; where it is the only one it is raised
                failures.append(exc)
                self.results.codes.append(exit_code(exc))
                if not alone:
                    board.failed(job.file, lines_of(exc), exit_code(exc))
                if self._how.fail_fast:
                    self._stop()

    def _begin(self, job: Job, display: Display) -> Session:
        stream = self._client.generate(
            job.request, idempotency_key=self._how.key, on_notice=lambda notice: display.note(notice.message)
        )
        return Session(self._client, stream, display, ours=self._ours)

    def _done(self, job: Job, session: Session, board: Board) -> None:
        if session.last is not None:
            self._runs.add(session.last.operation_id)
        if session.code != Exit.COMPLETE:
            raise NotMade(session.code, why_it_ended(session.last, kept=not self._ours))
        for path in set(self.results.written.get(job.file, ())) - set(session.saved):
            path.unlink(missing_ok=True)  # slides that it no longer has, since this command wrote it before
        self.results.written[job.file] = session.saved
        lines, facts = _told(job, session)
        board.made(job.file, lines, facts)

    async def _write(self, job: Job, session: Session) -> list[Path]:
        assert session.last is not None  # noqa: S101 - it is complete
        name, written = session.last.operation_id, []
        for target in job.plan.targets:
            files = files_of(target, session.files, pictures_of(session.last.data))
            with _naming(target):
                written += await self._write_target(name, target, files, replace=job.replace)
        return written

    async def _write_target(self, name: str, target: Target, files: list[FileInfo], *, replace: bool) -> list[Path]:
        if target.path is None:
            await self._client.download_to(name, files[0].name, sys.stdout.buffer, sha256=files[0].sha256)
            return []
        if target.is_folder:
            names = {file.name: PurePosixPath(file.name).name for file in files}
            return await self._client.download_all(name, target.path, files=files, names=names, replace=replace)
        return [
            await self._client.download(name, file.name, path, sha256=file.sha256, replace=replace)
            for file, path in places_of(target.path, target, files)
        ]

    def _stop(self) -> None:
        self._stopping = True
        for session in list(self._sessions):
            assert self._tasks is not None  # noqa: S101 - where there is a session, something is made
            session.interrupt(self._tasks)

    async def _clear(self, jobs: list[Job]) -> None:
        """Runs that a killed command left: what is asked for again goes on, and is joined; the others go."""
        for run in await self._all_runs():
            if run.operation_id in self._runs:
                continue
            if run.status in _ACTIVE:
                spec = await self._client.spec(run.operation_id)
                if any(_asks_for(job.request, spec) for job in jobs):
                    self._runs.add(run.operation_id)
                    continue
            await self._remove(run.operation_id)

    async def _leave_nothing(self) -> None:
        """The results are where they were wanted: their runs go."""
        for name in sorted(self._runs):
            await self._remove(name)
        self._runs.clear()

    async def _remove(self, name: str) -> None:
        with anyio.move_on_after(_CANCEL_LIMIT_S):  # what is left over goes at the next command
            while True:
                try:
                    await self._client.delete(name)
                except ServerProblem as exc:
                    if exc.status != 409:  # noqa: PLR2004 - it has not ended
                        return
                    await self._cancel(name)
                    await anyio.sleep(_LOOK_EVERY_S)
                else:
                    return

    async def _cancel(self, name: str) -> None:
        try:
            await self._client.cancel(name)
        except ServerProblem:
            return  # it has ended by itself

    async def _all_runs(self) -> list[RunInfo]:
        runs: list[RunInfo] = []
        cursor: str | None = None
        while True:
            page = await self._client.list_runs(limit=100, cursor=cursor)
            runs += page.runs
            cursor = page.next_cursor
            if cursor is None or not page.runs:
                return runs


@contextmanager
def _naming(target: Target) -> Iterator[None]:
    """A disk that is full, or a folder that is read-only, names no file: while it arrives a result has no name."""
    try:
        yield
    except FileExistsError:
        raise  # names what is in the way
    except OSError as exc:
        exc.filename = target.shown()
        raise


def _asks_for(request: dict[str, Any], spec: dict[str, Any]) -> bool:
    """Whether a run of that spec is what is asked for, as far as the request says; the server has the last word."""
    return all(spec[name] == value for name, value in request.items() if name in spec)


def pictures_of(result: Mapping[str, Any]) -> frozenset[str]:
    """Which files are the slides."""
    return frozenset(result.get("screenshot_files") or ())


def files_of(target: Target, files: Sequence[FileInfo], pictures: Container[str]) -> list[FileInfo]:
    """What of a run goes there, its own file first. Raises: NotMade when there is none."""
    if target.output == PICTURES:
        found = [file for file in files if file.name in pictures]
    else:
        others = [file for file in files if file.name not in pictures]
        found = [file for file in others if (kind := kind_of_name(file.name)) and kind.name == target.output]
        own = _ending_of(target)
        found.sort(key=lambda file: ending_of_name(file.name) != own)  # what is made along with it is behind
    if not found:
        raise NotMade(Exit.ERROR, f"The run is complete and made no {target.output} for {target.shown()}.")
    return found


def places_of(path: Path, target: Target, files: list[FileInfo]) -> list[tuple[FileInfo, Path]]:
    """Where a thing goes that may be several files: its own where it was named, what is made along with it beside."""
    kind = next((kind for kind in EXPORT_KINDS if kind.name == target.output and not target.first), None)
    if kind is None or not kind.ending:
        return [(files[0], path)]
    own = _ending_of(target)
    stem = path.name[: -len(own)]
    found = [(file, ending_of_name(file.name)) for file in files]
    named = [(file, path) for file, ending in found if ending == own]
    return named + [(file, path.with_name(stem + ending)) for file, ending in found if ending != own]


def _ending_of(target: Target) -> str:
    """Of the file that was asked for: that of its name, or of the thing where it has none."""
    named = ending_of_name(target.path.name) if target.path is not None else ""
    return named or next(kind.ending for kind in EXPORT_KINDS if kind.name == target.output)


def _told(job: Job, session: Session) -> tuple[list[str], dict[str, Any]]:
    """What was made, in words and as JSON has it."""
    assert session.last is not None  # noqa: S101 - it is complete
    lines: list[str] = []
    results: list[dict[str, Any]] = []
    for target in job.plan.targets:
        files = files_of(target, session.files, pictures_of(session.last.data))
        taken = files if target.is_folder else files[:1]
        size_bytes = sum(file.size_bytes or 0 for file in taken)
        slides = counted(len(files), "slide")
        results.append({"output": target.output, "path": str(target.path or "-"), "size_bytes": size_bytes})
        if target.path is None:
            continue
        said = f"{slides}, {size(size_bytes)}" if target.is_folder else size(size_bytes)
        beside = [path.name for _, path in places_of(target.path, target, files)[1:]]
        said += f", beside it {' '.join(beside)}" if beside else ""
        if target.first and len(files) > 1:
            said += f", the first of {slides}; a folder would have all"
        lines.append(f"{target.shown()}  {said}")
        if target.is_folder and (older := older_pictures(target.path, session.saved)):
            complain(f"{target.shown()} has {len(older)} more pictures, of an earlier run: {older[0].name} …")
    if lines and session.coverage and session.coverage not in session.warned:  # what is missing was a warning
        lines.append(session.coverage)
    facts = {"operation_id": session.last.operation_id, "results": results, "coverage": session.coverage}
    return lines, facts
