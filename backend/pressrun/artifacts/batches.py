"""The published batch folders, `{root}/{folder}/`: complete and verifiable from the rename on, never changed again.

Everything here blocks; `LocalArtifactStore` runs it in threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePath

import structlog

from pressrun.artifacts.disk import size_of, sync
from pressrun.artifacts.model import MANIFEST_NAME, Manifest, StoredFile, media_type_of
from pressrun.artifacts.names import SCRATCH_FOLDER
from pressrun.artifacts.staged import staged_folders, take_over
from pressrun.errors import AttemptSuperseded, NotFound, RunFailure
from pressrun.failpoints import failpoint
from pressrun.os_errors import is_out_of_descriptors

_log = structlog.get_logger(__name__)


def settle(root: Path, operation_id: str, staging: Path, target: Path) -> Manifest | None:
    try:
        take_over(root, operation_id, staging)
    except OSError as exc:  # a disk that refuses this rename refuses that of an attempt which thaws
        if is_out_of_descriptors(exc):
            raise
        _log.warning("staging could not be taken over", operation_id=operation_id, reason=exc.strerror)
    if not target.is_dir():
        return None
    _drop_scratch(target)
    try:
        sync(target.parent)  # who renamed it may have died before this
    except OSError as exc:
        if is_out_of_descriptors(exc):
            raise
        _log.error("a batch folder may not outlast a power cut", folder=target.name, reason=exc.strerror)
    return load_manifest(target)


def find_batch(root: Path, operation_id: str) -> str | None:
    return next((path.name for path in root.glob(f"*_{operation_id}")), None)


def publish(source: Path, target: Path, manifest: str, listed: Mapping[str, int]) -> None:
    if target.exists():
        # this very batch: the folder is named by its operation_id, and a rename is all or nothing
        sync(target.parent)  # who renamed it may have died before this
        _drop_scratch(target)
        return
    if not source.is_dir():
        raise AttemptSuperseded
    for path in sorted(source.rglob("*"), reverse=True):  # what is in a folder before the folder
        if path.is_dir():
            with contextlib.suppress(OSError):  # unless there is something in it
                path.rmdir()
        elif (within := path.relative_to(source)).as_posix() not in listed and not _is_note(within):
            path.unlink()
    for name, size_bytes in listed.items():
        path = source / name
        if not path.is_file() or path.stat().st_size != size_bytes:
            raise RunFailure(f"{name} was changed or removed before it could be published; start the run again.")
    (source / MANIFEST_NAME).write_text(manifest, encoding="utf-8")
    failpoint("publish.manifest_written")
    sync(source / MANIFEST_NAME)  # the other files have been, each before it got its name
    for path in source.rglob("*"):
        if path.is_dir():
            sync(path)
    sync(source)
    failpoint("publish.before_rename")
    source.rename(target)
    failpoint("publish.renamed")
    sync(target.parent)
    _drop_scratch(target)


def _is_note(name: PurePath) -> bool:
    """Whether it tells a later attempt what this one has made: it stays until there can be none any more."""
    return name.parts[0] == SCRATCH_FOLDER and name.suffix == ".json"


def _drop_scratch(target: Path) -> None:
    """What does not go belongs to no file of the batch and does no harm there."""
    shutil.rmtree(target / SCRATCH_FOLDER, ignore_errors=True)


def measure(batches_root: Path, staging_root: Path, folders: Mapping[str, str]) -> dict[str, int]:
    """Bytes of each run's files, by its name; `folders`: of its batch, by its name."""
    return {run: _measure(batches_root / folder, staging_root, run) for run, folder in folders.items()}


def _measure(batch: Path, staging_root: Path, operation_id: str) -> int:
    folders = [batch] if batch.is_dir() else staged_folders(staging_root, operation_id)
    return sum(size_of(Path(root) / name) for folder in folders for root, _, names in os.walk(folder) for name in names)


def load_manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json(_read_manifest(folder))


def load_records(folder: Path) -> Mapping[str, StoredFile]:
    """Every file of the batch by its name, the manifest too."""
    data = _read_manifest(folder)  # once: the batch may be deleted at any moment
    files = {file.name: file for file in Manifest.model_validate_json(data).files}
    digest = hashlib.sha256(data).hexdigest()
    own = StoredFile(name=MANIFEST_NAME, media_type=media_type_of(MANIFEST_NAME), size_bytes=len(data), sha256=digest)
    return {**files, MANIFEST_NAME: own}


def _read_manifest(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST_NAME).read_bytes()
    except FileNotFoundError as exc:
        raise NotFound("the files of this run are no longer there") from exc
