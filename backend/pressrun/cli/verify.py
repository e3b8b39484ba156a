"""`pressrun verify`: batch folders against their manifests, in a data folder or by asking the server that has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from pressrun.artifacts.model import MANIFEST_NAME
from pressrun.artifacts.verify import Damage, FolderReport, verify_stored
from pressrun.cli.exits import Exit, UsageError
from pressrun.cli.history import all_runs, files_of_manifest
from pressrun.cli.output import counted, say, say_json, size
from pressrun.client import Client, DownloadDamaged, Patience, ProtocolError, RunInfo, ServerProblem
from pressrun.ids import is_operation_id
from pressrun.settings import Settings

_PATIENCE = Patience(give_up_after_s=0)  # what arrives damaged is damaged, and not asked for again


def verify(wanted: str | None, data_dir: Path | None, asked: str | None, *, json: bool) -> int:
    """Prints what was found, folder by folder; the exit code. `asked`: where no server answered.

    Raises: NotFound, ValidationError.
    """
    folder = data_dir or Settings().data_dir
    said = "has no batch folder yet" if folder.is_dir() else "is no data folder: name one by --data-dir"
    nothing = f"{folder} {said}" + (f", and no server answers at {asked}" if asked is not None else "")
    return _tell(verify_stored(folder, wanted), nothing, json=json)


def ask_server(url: str, token: str | None, wanted: str | None, *, json: bool) -> int:
    """The same by what the server at `url` sends. Raises: UsageError, ClientError."""
    if wanted is not None and not is_operation_id(wanted):
        raise UsageError(f"{wanted} is no run, and a server is asked for runs: a folder is read with --data-dir.")
    with Client(url, token, patience=_PATIENCE) as client:
        runs = [client.get_run(wanted)] if wanted is not None else all_runs(client, {"status": "complete"})
        whole = [run for run in runs if run.status == "complete"]
        which = "has no complete run" if wanted is None else f"says that run {wanted} is {runs[0].status}"
        return _tell(_asked(client, whole), f"the server at {url} {which}", json=json)


def _tell(reports: Iterable[FolderReport], nothing: str, *, json: bool) -> int:
    checked = damaged = 0
    for report in reports:
        checked += 1
        damaged += not report.whole
        if json:
            say_json({**asdict(report), "whole": report.whole})
        else:
            _print(report)
    if not json and not checked:
        say(f"Nothing to look at: {nothing}.")
    elif not json:
        say(f"{counted(checked, 'folder')} checked, {damaged or 'none'} damaged.")
    return Exit.ERROR if damaged else Exit.COMPLETE


def _print(report: FolderReport) -> None:
    word = "ok  " if report.whole else "FAIL"
    say(f"{word}  {report.folder}: {report.files} files, {size(report.size_bytes)}")
    for damage in report.damage:
        say(f"      {damage.file} {damage.detail}")


def _asked(client: Client, runs: Iterable[RunInfo]) -> Iterator[FolderReport]:
    for run in runs:
        report = FolderReport((run.result and run.result.folder) or run.operation_id, run.operation_id)
        report.folder = Path(report.folder).name
        try:
            files = files_of_manifest(client, run.operation_id)
        except (ServerProblem, DownloadDamaged, ProtocolError) as exc:
            report.damage.append(Damage("manifest", MANIFEST_NAME, _why(exc)))
        else:
            for file in files:
                _ask_for(client, file, report)
        yield report


def _ask_for(client: Client, file: dict[str, Any], report: FolderReport) -> None:
    """One file of the manifest: none of its bytes are kept."""
    arrived = _Counted()
    try:
        client.download_to(report.operation_id or "", file["name"], arrived, sha256=file["sha256"])
    except DownloadDamaged:
        report.damage.append(Damage("digest", file["name"], "has other contents than when it was published"))
    except (ServerProblem, ProtocolError) as exc:
        report.damage.append(Damage("unreadable", file["name"], _why(exc)))
    report.files += 1
    report.size_bytes += arrived.size_bytes


def _why(exc: Exception) -> str:
    return exc.detail if isinstance(exc, ServerProblem) else str(exc)


class _Counted(BytesIO):
    """Forgets what it is given."""

    size_bytes = 0

    def write(self, piece: Any, /) -> int:
        self.size_bytes += len(piece)
        return len(piece)
