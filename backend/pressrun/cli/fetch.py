"""`pressrun runs get` and `runs open`: what a run made, here or in a browser."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from pressrun.cli.exits import Exit, NotMade, UsageError
from pressrun.cli.make import files_of, pictures_of, places_of
from pressrun.cli.output import complain, say, size
from pressrun.cli.targets import STDIO, plan_targets
from pressrun.client import Client
from pressrun.client.requests import run_path


def get(url: str, token: str | None, operation_id: str, outs: Sequence[str], *, force: bool) -> None:
    """Writes what a complete run made: by the endings of `outs`, or everything into a folder.

    Raises: UsageError, NotMade, ClientError, OSError.
    """
    if STDIO in outs:
        raise UsageError("-o: name a file by its ending, or a folder; - is not possible here.")
    targets = plan_targets(STDIO, outs or [operation_id], None, None).targets
    with Client(url, token) as client:
        run = client.get_run(operation_id)
        if run.status != "complete" or run.result is None:
            raise NotMade(Exit.ERROR, f"Run {operation_id} is {run.status}: there is nothing to get.")
        files, pictures = run.result.files(), pictures_of(run.result.model_dump())
        for target in targets:
            assert target.path is not None  # noqa: S101 - not standard output
            try:
                if target.is_folder:
                    saved = client.download_all(operation_id, target.path, files=files, replace=force)
                else:
                    saved = [
                        client.download(operation_id, file.name, path, sha256=file.sha256, replace=force)
                        for file, path in places_of(target.path, target, files_of(target, files, pictures))
                    ]
            except FileExistsError as exc:
                told = f"{exc.filename} is there already: --force replaces it, -o gives another name."
                raise NotMade(Exit.ERROR, told) from exc
            total = sum(path.stat().st_size for path in saved)
            say(f"{target.shown()}  {_count(saved)}{size(total)}")


def open_page(url: str, token: str | None, operation_id: str) -> None:
    """Shows the run's page in a browser, and says where it is. Raises: ServerProblem, ConnectionFailed."""
    with Client(url, token) as client:
        client.get_run(operation_id)
    page = url.rstrip("/") + run_path(operation_id)
    say(page)
    if not (sys.stdout.isatty() and webbrowser.open(page)):
        complain("No browser was opened: open the address above.")


def _count(saved: Sequence[Path]) -> str:
    return "" if len(saved) == 1 else f"{len(saved)} files, "
