"""Reads the state at rest: tables, folders, staging, logs. Needs no server."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.support.chaos.history import LoggedEvent, RunRow, World
from tests.support.runs import check_folder
from tests.support.whole_files import check_whole

Query = Callable[[str], list[tuple[Any, ...]]]
_MICROSECONDS = 1_000_000


def read_world(data_dir: Path, logs: Iterable[Path], url: str | None = None) -> World:
    """The world of a data folder, and of the Postgres at `url`."""
    if url is None:
        with contextlib.closing(sqlite3.connect(data_dir / "pressrun.sqlite")) as database:
            return _read(data_dir, logs, lambda query: database.execute(query).fetchall(), sqlite=True)
    conninfo = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(conninfo, options="-c search_path=pressrun") as database:
        return _read(data_dir, logs, lambda query: database.execute(query.encode()).fetchall(), sqlite=False)


def _read(data_dir: Path, logs: Iterable[Path], query: Query, *, sqlite: bool) -> World:
    events: dict[str, list[LoggedEvent]] = {}
    for operation_id, seq, attempt, type, at, data in query(
        "SELECT operation_id, seq, attempt, type, at, data FROM events ORDER BY operation_id, seq"
    ):
        logged = LoggedEvent(seq, attempt, type, at / _MICROSECONDS, json.loads(data))
        events.setdefault(operation_id, []).append(logged)
    captures, exports, begun = _read_logs(logs)
    return World(
        runs=[
            _run(row)
            for row in query(
                "SELECT operation_id, lane, status, attempt, last_seq, result, error, handed_back FROM runs"
            )
        ],
        slots=[row[0] for row in query("SELECT operation_id FROM slots")],
        events=events,
        folders={path.name: _problem(path) for path in (data_dir / "batches").iterdir()},
        staging=sorted(path.name for path in (data_dir / "staging").iterdir()),
        captures=captures,
        exports=exports,
        begun=begun,
        integrity=query("PRAGMA integrity_check")[0][0] if sqlite else "ok",
    )


def _run(row: tuple[Any, ...]) -> RunRow:
    operation_id, lane, status, attempt, last_seq, result, error, handed_back = row
    folder = Path(json.loads(result)["folder"]).name if result else None
    code = json.loads(error)["code"] if error else None
    return RunRow(operation_id, lane, status, attempt, last_seq, folder, code, bool(handed_back))


def _problem(folder: Path) -> str | None:
    try:
        for file in check_folder(folder)["files"]:
            check_whole(folder / file["name"])
    except (AssertionError, OSError, ValueError) as exc:
        return f"does not verify: {exc!r}"
    return None


def _read_logs(
    logs: Iterable[Path],
) -> tuple[Counter[tuple[str, int, int]], dict[tuple[str, str], list[int]], dict[str, list[float]]]:
    captures: Counter[tuple[str, int, int]] = Counter()
    exports: dict[tuple[str, str], list[int]] = {}
    begun: dict[str, list[float]] = {}
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if '"slide captured"' in line:
                entry = json.loads(line)
                captures[entry["operation_id"], entry["attempt"], entry["index"]] += 1
            elif '"export made"' in line:
                entry = json.loads(line)
                exports.setdefault((entry["operation_id"], entry["kind"]), []).append(entry["attempt"])
            elif '"attempt begins"' in line:
                entry = json.loads(line)
                begun.setdefault(entry["operation_id"], []).append(datetime.fromisoformat(entry["at"]).timestamp())
    return captures, exports, begun
