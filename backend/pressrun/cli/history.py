"""`pressrun runs` and `pressrun cancel`."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pressrun.cli.output import say, say_cells, say_json
from pressrun.client import Client, RunInfo
from pressrun.telemetry import printable

_PAGE = 100
_ID_CHARACTERS = 36
_WIDE = 90  # below it created, slides and title would be cut to nothing
_STYLES = {"complete": "green", "running": "cyan", "queued": "cyan", "error": "red", "cancelled": "yellow"}


def list_runs(url: str, token: str | None, *, status: str | None, limit: int, json: bool) -> None:
    """Prints the newest runs. Raises: ClientError."""
    with Client(url, token) as client:
        runs = _collect(client, status, limit)
    if json:
        for run in runs:
            say_json(run.model_dump(mode="json"))
    elif sys.stdout is not None and sys.stdout.isatty():
        _print_table(runs)
    else:
        for run in runs:
            say_cells(_cells(run))


def cancel_run(url: str, token: str | None, operation_id: str) -> None:
    """Asks for the end of a run. Raises: ClientError."""
    with Client(url, token) as client:
        run = client.cancel(operation_id)
    said = "is being cancelled" if run.status in {"running", "queued"} else f"is {run.status}"
    say(f"Run {run.operation_id} {said}.")


def _collect(client: Client, status: str | None, limit: int) -> list[RunInfo]:
    runs: list[RunInfo] = []
    cursor: str | None = None
    while len(runs) < limit:
        page = client.list_runs(limit=min(_PAGE, limit - len(runs)), status=status, cursor=cursor)
        runs += page.runs
        cursor = page.next_cursor
        if cursor is None or not page.runs:
            break
    return runs


def _cells(run: RunInfo) -> tuple[str, str, str, str, str]:
    created = run.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if run.created_at else ""
    slides = str(run.result.screenshot_count) if run.result else ""
    status = f"{run.status} {run.progress} %" if run.status == "running" else run.status
    return run.operation_id, created, status, slides, run.title or ""


def _print_table(runs: list[RunInfo]) -> None:
    console = Console(highlight=False)
    if not runs:
        say("No runs.")
        return
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, header_style="bold")
    # Whole even on a narrow terminal: it is what `pressrun cancel` wants.
    table.add_column("operation_id", overflow="fold", min_width=min(_ID_CHARACTERS, console.width))
    if wide:
        table.add_column("created", no_wrap=True, min_width=19)
    table.add_column("status", no_wrap=True)
    if wide:
        table.add_column("slides", justify="right", no_wrap=True)
        table.add_column("title", overflow="ellipsis", no_wrap=True)
    for run in runs:
        name, created, status, slides, title = (Text(printable(cell)) for cell in _cells(run))
        status.stylize(_STYLES.get(run.status, ""))
        table.add_row(*((name, created, status, slides, title) if wide else (name, status)))
    console.print(table)
