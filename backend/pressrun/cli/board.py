"""What a person, or a script, sees while `pressrun FILE …` makes one thing or a hundred: one picture of all of it.

On a terminal a row for each file that is being made, and above them what is done; JSON lines for scripts; else nothing
but warnings. Standard output has what was made: everything else goes to standard error, which may be a terminal of its
own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from pressrun.cli.display import Display, plain_line
from pressrun.cli.output import complain, say, say_json
from pressrun.client.models import ClientEvent
from pressrun.events import model as events
from pressrun.telemetry import printable


class Board(Protocol):
    """Shows all runs of one command. Used as a context manager around them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def row(self, file: str) -> Display:
        """For the run of one file; a context manager, too."""

    def made(self, file: str, lines: list[str], facts: Mapping[str, Any]) -> None:
        """A file is done: in words, and as JSON has it."""

    def failed(self, file: str, lines: list[str], code: int) -> None:
        """A file could not be made."""


class _Row:
    """A display that only passes on."""

    def __init__(self, file: str, many: bool) -> None:
        self._file = file
        self._prefix = f"{file}: " if many else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        return None

    def event(self, event: ClientEvent) -> None:
        if isinstance(event.body, events.Warning):
            complain(self._prefix + plain_line(event))

    def note(self, text: str) -> None:
        complain(self._prefix + text)


class QuietBoard:
    """Warnings, and what was made."""

    def __init__(self, total: int) -> None:
        self._many = total > 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        return None

    def row(self, file: str) -> Display:
        return _Row(file, self._many)

    def made(self, file: str, lines: list[str], facts: Mapping[str, Any]) -> None:
        for line in lines:
            say(line)

    def failed(self, file: str, lines: list[str], code: int) -> None:
        for line in lines:
            complain(f"{file}: {line}" if self._many else line)


class JsonBoard(QuietBoard):
    """The wire's objects, each with its `file`, and for each file one of type `made` or `failed`; nothing else."""

    def row(self, file: str) -> Display:
        return _JsonRow(file, self._many)

    def made(self, file: str, lines: list[str], facts: Mapping[str, Any]) -> None:
        say_json({"type": "made", "file": file, **facts})

    def failed(self, file: str, lines: list[str], code: int) -> None:
        say_json({"type": "failed", "file": file, "message": " ".join(lines), "exit_code": code})


class _JsonRow(_Row):
    def event(self, event: ClientEvent) -> None:
        say_json({"file": self._file, **event.data})


class TerminalBoard(QuietBoard):
    """Rows that move, on the terminal that is standard error."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(total)
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=2, no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(ratio=2, min_width=5)),
            TaskProgressColumn(table_column=Column(no_wrap=True, min_width=4)),
            TextColumn("{task.fields[says]}", markup=False, table_column=Column(ratio=2, no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            *((TimeRemainingColumn(table_column=Column(no_wrap=True)),) if self._many else ()),
            console=console,
            expand=True,
            transient=True,
        )
        self._all: TaskID | None = None
        self._total = total

    def __enter__(self) -> Self:
        self._progress.start()
        if self._many:
            self._all = self._progress.add_task("All", total=self._total, says=f"0 of {self._total}")
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def row(self, file: str) -> Display:
        return _TerminalRow(self._progress, file, self._many)

    def made(self, file: str, lines: list[str], facts: Mapping[str, Any]) -> None:
        if sys.stdout.isatty():  # the same terminal: above the rows
            for line in lines:
                self._console.print(Text(printable(line)))
        else:
            super().made(file, lines, facts)
        self._count()

    def failed(self, file: str, lines: list[str], code: int) -> None:
        for line in lines:
            self._console.print(Text(printable(f"pressrun: {file}: {line}"), "red"))
        self._count()

    def _count(self) -> None:
        if self._all is not None:
            self._progress.advance(self._all)
            done = int(self._progress.tasks[0].completed)
            self._progress.update(self._all, says=f"{done} of {self._total}")


class _TerminalRow(_Row):
    def __init__(self, progress: Progress, file: str, many: bool) -> None:
        super().__init__(file, many)
        self._progress = progress
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._task = self._progress.add_task(printable(self._file), total=100, says="")
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)

    def event(self, event: ClientEvent) -> None:
        body = event.body
        if self._task is None:
            return
        if isinstance(body, events.Progress):
            self._progress.update(self._task, completed=body.progress, says=printable(body.message))
        elif isinstance(body, events.Warning):
            self.note(plain_line(event))

    def note(self, text: str) -> None:
        self._progress.console.print(Text(printable(self._prefix + text), "yellow"))


def choose(*, total: int, json: bool) -> Board:
    """The board that fits where standard error goes."""
    if json:
        return JsonBoard(total)
    if sys.stderr.isatty():
        console = Console(highlight=False, stderr=True)
        if not console.is_dumb_terminal and os.get_terminal_size(sys.stderr.fileno()).columns > 0:
            return TerminalBoard(console, total)
    return QuietBoard(total)
