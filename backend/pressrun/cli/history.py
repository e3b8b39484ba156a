"""What `pressrun runs …`, `lanes …` and `cancel` print."""

from __future__ import annotations

import json as json_format
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pressrun.artifacts.model import MANIFEST_NAME
from pressrun.cli.generate import file_lines
from pressrun.cli.output import counted, say, say_cells, say_json, size
from pressrun.client import Client, ClientError, FileInfo, ProtocolError, RunInfo
from pressrun.run_logs import readable
from pressrun.telemetry import printable

_PAGE = 100
_FOLLOW_EVERY_S = 0.5  # arbitrary (0.2..2): as often as a person reads a new line
_ID_CHARACTERS = 36
# How wide a terminal has to be for a column not to leave nothing of the title. In a pipe all are there, in this order.
_COLUMNS = {
    "operation_id": 0,
    "created": 90,
    "status": 0,
    "slides": 90,
    "title": 90,
    "lane": 110,
    "took": 120,
    "size": 130,
}
_NUMBERS = {"slides", "took", "size"}
_STYLES = {"complete": "green", "running": "cyan", "queued": "cyan", "error": "red", "cancelled": "yellow"}


def list_runs(url: str, token: str | None, *, filters: dict[str, Any], limit: int, json: bool) -> None:
    """Prints the newest runs. Raises: ClientError."""
    with Client(url, token) as client:
        runs = all_runs(client, filters, limit)
    if json:
        for run in runs:
            say_json(run.model_dump(mode="json"))
    elif sys.stdout.isatty():
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


def show_run(url: str, token: str | None, operation_id: str, *, json: bool, spec: bool) -> None:
    """Prints a run, or only its spec. Raises: ClientError."""
    with Client(url, token) as client:
        if spec:
            say_json(client.spec(operation_id))
            return
        run = client.get_run(operation_id)
        files = [] if json or run.result is None else _weighed(client, run.operation_id, run.result.files())
    if json:
        say_json(run.model_dump(mode="json"))
        return
    for name, value in _facts(run):
        if value not in {None, ""}:
            say(f"{name:<13} {value}")
    for attempt in run.attempts:
        how = attempt.get("ended") or "goes on"
        since = f", from {attempt['resumed_from']}" if attempt.get("resumed_from") else ""
        said = f": {attempt['message']}" if attempt.get("message") else ""
        say(f"attempt {attempt.get('attempt')}     {how}{since}, {_seconds(attempt.get('duration_s'))}{said}")
        for stage in run.stages:
            if stage.get("attempt") == attempt.get("attempt"):
                say(f"  {stage.get('stage'):<11} {_seconds(stage.get('duration_s'))}")
    for line in file_lines(files):
        say(line)


def _weighed(client: Client, operation_id: str, files: list[FileInfo]) -> list[FileInfo]:
    """With the sizes of the manifest, where that can be read: a result has names of slides only."""
    try:
        sizes = {file["name"]: file["size_bytes"] for file in files_of_manifest(client, operation_id)}
    except ClientError:
        return files
    return [file.model_copy(update={"size_bytes": sizes.get(file.name, file.size_bytes)}) for file in files]


def files_of_manifest(client: Client, operation_id: str) -> list[dict[str, Any]]:
    """Each with `name`, `size_bytes` and `sha256`. Raises: ClientError."""
    manifest = BytesIO()
    client.download_to(operation_id, MANIFEST_NAME, manifest)
    try:
        files = json_format.loads(manifest.getvalue())["files"]
        return [{name: file[name] for name in ("name", "size_bytes", "sha256")} for file in files]
    except (ValueError, KeyError, TypeError) as exc:
        raise ProtocolError(f"The {MANIFEST_NAME} of run {operation_id} cannot be understood.") from exc


def print_log(url: str, token: str | None, operation_id: str, *, follow: bool, json: bool) -> None:
    """Prints the log lines of a run, with `follow` until it has ended. Raises: ClientError."""
    seen = 0
    with Client(url, token) as client:
        while True:
            ended = not follow or client.get_run(operation_id).status not in {"running", "queued"}
            lines = client.log(operation_id, after=seen)
            seen += len(lines)
            for line in lines:
                say_json(line) if json else say(readable(line))
            if ended:
                return
            time.sleep(_FOLLOW_EVERY_S)


def change_run(
    url: str, token: str | None, operation_id: str, verb: Literal["pin", "unpin", "pause", "resume"]
) -> None:
    """Pins, unpins, pauses or resumes a run. Raises: ClientError."""
    with Client(url, token) as client:
        if verb in {"pin", "unpin"}:
            run = client.pin(operation_id, pinned=verb == "pin")
        else:
            run = client.pause(operation_id) if verb == "pause" else client.resume(operation_id)
    states = {
        "pin": "is pinned",
        "unpin": "is no longer pinned",
        "pause": "is paused: others pass it until it is resumed",
        "resume": "goes on",
    }
    say(f"Run {run.operation_id} {states[verb]}.")


def delete_run(url: str, token: str | None, operation_id: str) -> None:
    """Deletes a run. Raises: ClientError."""
    with Client(url, token) as client:
        client.delete(operation_id)
    say(f"Run {operation_id} is deleted.")


def list_lanes(url: str, token: str | None, *, json: bool) -> None:
    """Prints the lanes. Raises: ClientError."""
    with Client(url, token) as client:
        found = client.lanes()
    for lane in found:
        if json:
            say_json(lane.model_dump(mode="json"))
        else:
            slots = counted(lane.slots, "slot")
            paused = ("paused",) if lane.paused else ()
            say_cells((lane.lane, slots, f"{lane.running} running", f"{lane.waiting} waiting", *paused))


def change_lane(url: str, token: str | None, name: str, *, paused: bool) -> None:
    """Pauses or resumes a lane. Raises: ClientError."""
    with Client(url, token) as client:
        lane = client.pause_lane(name) if paused else client.resume_lane(name)
    said = f"is paused: {lane.running} running go on, nobody else begins" if lane.paused else "goes on"
    say(f"Lane {lane.lane} {said}.")


def _facts(run: RunInfo) -> Iterator[tuple[str, object]]:
    yield "run", run.operation_id
    yield "title", run.title
    yield "status", f"{run.status} ({run.stage}, {run.progress} %)" if run.status == "running" else run.status
    yield "caller", run.caller
    yield "lane", run.lane
    yield "created", _created(run)
    yield "took", _seconds(run.duration_s) if run.duration_s is not None else None
    yield "rerender of", run.rerender_of
    yield "pinned", "yes" if run.pinned else None
    yield "paused", "yes" if run.paused else None
    yield "error", f"{run.error.get('code')}: {run.error.get('message')}" if run.error else None
    yield "size", size(run.result.size_bytes) if run.result and run.result.size_bytes is not None else None
    yield "folder", run.result.folder if run.result else None
    yield "coverage", run.result.coverage.summary if run.result and run.result.coverage else None


def _created(run: RunInfo) -> str:
    return run.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if run.created_at else ""


def _seconds(duration_s: float | None) -> str:
    return "…" if duration_s is None else f"{duration_s:.1f} s"


def all_runs(client: Client, filters: dict[str, Any], limit: int | None = None) -> list[RunInfo]:
    """The newest, or all of them. Raises: ClientError."""
    runs: list[RunInfo] = []
    cursor: str | None = None
    while limit is None or len(runs) < limit:
        most = _PAGE if limit is None else min(_PAGE, limit - len(runs))
        page = client.list_runs(limit=most, cursor=cursor, **filters)
        runs += page.runs
        cursor = page.next_cursor
        if cursor is None or not page.runs:
            break
    return runs


def _cells(run: RunInfo) -> tuple[str, ...]:
    """As `_COLUMNS`."""
    created = _created(run)
    slides = str(run.result.screenshot_count) if run.result else ""
    status = f"{run.status} {run.progress} %" if run.status == "running" else run.status
    took = "" if run.duration_s is None else _seconds(run.duration_s)
    size_bytes = run.result.size_bytes if run.result else None
    weight = "" if size_bytes is None else size(size_bytes)
    return run.operation_id, created, status, slides, run.title or "", run.lane, took, weight


def _print_table(runs: list[RunInfo]) -> None:
    console = Console(highlight=False)
    if not runs:
        say("No runs.")
        return
    shown = [name for name, least in _COLUMNS.items() if console.width >= least]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        if name == "operation_id":  # whole even on a narrow terminal: it is what `pressrun cancel` wants
            table.add_column(name, overflow="fold", min_width=min(_ID_CHARACTERS, console.width))
        elif name == "title":
            table.add_column(name, overflow="ellipsis", no_wrap=True)
        else:
            table.add_column(name, no_wrap=True, justify="right" if name in _NUMBERS else "left")
    for run in runs:
        cells = {name: Text(printable(cell)) for name, cell in zip(_COLUMNS, _cells(run), strict=True)}
        cells["status"].stylize(_STYLES.get(run.status, ""))
        table.add_row(*(cells[name] for name in shown))
    console.print(table)
