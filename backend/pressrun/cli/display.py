"""What a person sees of a run while it goes on: a bar on a terminal, lines in a pipe, the wire's objects with --json.

A display is opened and closed around one run; `note` is for what is not an event (connection, Ctrl-C).
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from pressrun.cli.output import complain, counted, say, say_json, size
from pressrun.client.models import ClientEvent
from pressrun.events import model as events
from pressrun.telemetry import printable

_WARNING_LEVELS = {"warning", "error"}


class Display(Protocol):
    """Shows one run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def event(self, event: ClientEvent) -> None:
        """Something happened in the run."""

    def note(self, text: str) -> None:
        """Something happened on the way to it."""


class JsonLines:
    """The wire's event objects, one per line, and nothing else on stdout."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        return None

    def event(self, event: ClientEvent) -> None:
        say_json(event.data)

    def note(self, text: str) -> None:
        complain(text)


class PlainLines:
    """One line for each thing that happened: for pipes, logs and terminals that cannot move the cursor."""

    def __init__(self) -> None:
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        return None

    def event(self, event: ClientEvent) -> None:
        line = plain_line(event)
        if line and line != self._last:
            self._last = line
            say(line)

    def note(self, text: str) -> None:
        complain(text)


class Bar:
    """A bar that fills, and above it what should not be missed."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.fields[stage]:<8}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=5)),
            TaskProgressColumn(table_column=Column(no_wrap=True, min_width=4)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(ratio=2, no_wrap=True, overflow="ellipsis"),
            ),
            console=self._console,
            expand=True,
        )
        self._task = self._progress.add_task("Connecting", total=100, stage="")
        self._begun = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._progress.live.transient = not self._begun  # what was refused leaves no bar behind
        self._progress.stop()

    def event(self, event: ClientEvent) -> None:
        self._begun = True
        body = event.body
        match body:
            case events.Progress():
                self._progress.update(
                    self._task, completed=body.progress, stage=body.stage, description=printable(body.message)
                )
            case events.Complete():
                self._progress.update(self._task, completed=100, stage="complete", description="")
            case events.Warning() | events.Log():
                self._print(plain_line(event), "yellow" if isinstance(body, events.Warning) else "dim")
            case events.Screenshot() | events.Artifact() | events.HtmlGenerated():
                pass  # the bar's own text says it, and the end lists all files
            case _:
                self._progress.update(self._task, description=printable(plain_line(event)))

    def note(self, text: str) -> None:
        self._print(text, "yellow")

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(printable(text), style))


def choose(*, json: bool) -> Display:
    """The display that fits where stdout goes."""
    if json:
        return JsonLines()
    if sys.stdout.isatty():
        console = Console(highlight=False)
        if not console.is_dumb_terminal and os.get_terminal_size(sys.stdout.fileno()).columns > 0:
            return Bar(console)
    return PlainLines()


def why_it_ended(last: ClientEvent | None, *, kept: bool = True) -> str:
    """Of a run that is not complete; `kept`: with what a retry would find.

    By the wire's fields, not the typed ones: a newer server's odd word must not hide its reason.
    """
    data = last.data if last else {}
    if data.get("type") == "error":
        again = " Trying again may help." if data.get("retryable") is True else ""
        return f"The run failed: {data.get('message', 'no reason was given')}{again}"
    if data.get("type") == "cancelled":
        names = ", ".join(map(str, data.get("kept") or [])) if kept else ""
        return f"The run was cancelled (by {data.get('by')})." + (f" Kept: {names}" if names else "")
    return "The run has not ended."


def plain_line(event: ClientEvent) -> str:
    """An event in words."""
    body = event.body
    line = event.type.replace("_", " ")  # a type that this version does not know is at least named
    match body:
        case events.Queued():
            line = f"queued: {body.message}"
        case events.Started():
            line = f"run {event.operation_id} started" + (f", attempt {body.attempt}" if body.attempt > 1 else "")
        case events.Progress():
            line = f"{body.progress:3d} % {body.stage}: {body.message}"
        case events.HtmlGenerated():
            line = f"document: {body.title} ({size(body.size_bytes)})"
        case events.Screenshot():
            line = f"slide {body.index} of {body.total}: {body.filename} ({size(body.size_bytes)})"
        case events.Artifact():
            line = f"artifact: {body.name} ({size(body.size_bytes)})"
        case events.Warning():
            line = f"warning: {body.message}"
        case events.Log():
            line = f"{body.level}: {body.message}" if body.level in _WARNING_LEVELS else body.message
        case events.Complete():
            cut = ", truncated" if body.truncated else ""
            line = f"complete: {counted(body.screenshot_count, 'slide')} in {body.duration_s:.1f} s{cut}"
    return line
