"""`pressrun verify`: batch folders against their manifests."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pressrun.artifacts.verify import FolderReport, verify_stored
from pressrun.cli.exits import Exit
from pressrun.cli.output import say, say_json, size
from pressrun.settings import Settings


def verify(wanted: str | None, data_dir: Path | None, *, json: bool) -> int:
    """Prints what was found, folder by folder; the exit code. Raises: NotFound, ValidationError."""
    folder = data_dir or Settings().data_dir
    reports = verify_stored(folder, wanted)
    checked = damaged = 0
    for report in reports:
        checked += 1
        damaged += not report.whole
        if json:
            say_json({**asdict(report), "whole": report.whole})
        else:
            _print(report)
    if not json and not checked:
        said = "has no batch folder yet" if folder.is_dir() else "is no data folder: name one by --data-dir"
        say(f"Nothing to look at: {folder} {said}.")
    elif not json:
        say(f"{checked} {'folder' if checked == 1 else 'folders'} checked, {damaged or 'none'} damaged.")
    return Exit.ERROR if damaged else Exit.COMPLETE


def _print(report: FolderReport) -> None:
    word = "ok  " if report.whole else "FAIL"
    say(f"{word}  {report.folder}: {report.files} files, {size(report.size_bytes)}")
    for damage in report.damage:
        say(f"      {damage.file} {damage.detail}")
