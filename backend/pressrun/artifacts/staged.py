"""The staging folders of the attempts of runs, `{root}/{operation_id}.{attempt}/`: who may write there, and take over.

Everything here blocks; `LocalArtifactStore` runs it in threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pressrun.artifacts.disk import TOMBSTONE, bury, list_folders, sync
from pressrun.artifacts.model import StoredFile, media_type_of
from pressrun.errors import AttemptSuperseded
from pressrun.failpoints import failpoint
from pressrun.ids import is_operation_id
from pressrun.worker_threads import stop_if_cancelled

_PIECE_BYTES = 1024 * 1024  # arbitrary (64 KB..8 MB): hashed in a millisecond or two, so a cancel waits for no more


class Offer(NamedTuple):
    """A file from elsewhere, for staging under that name: `source` is durable, and ours only with that digest."""

    name: str
    source: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """A staging folder that is there, by its name; `changed_at` is when a file came or went in its top folder."""

    name: str
    operation_id: str
    changed_at: datetime


def write_file(folder: Path, name: str, pieces: Iterable[bytes]) -> StoredFile:
    path = folder / name
    if not folder.is_dir():
        raise AttemptSuperseded
    _make_parent(folder, path.parent)
    partial = path.with_name(path.name + ".partial")
    # never one that is there: the thread of a frozen attempt, whose folder this was, may still hold it open
    partial.unlink(missing_ok=True)
    digest, size_bytes = hashlib.sha256(), 0
    with partial.open("xb") as file:
        for piece in pieces:
            stop_if_cancelled()
            failpoint("store.write")
            file.write(piece)
            digest.update(piece)
            size_bytes += len(piece)
        file.flush()
        failpoint("store.sync")
        os.fsync(file.fileno())  # before a checkpoint, which is durable, says that the file is there
    failpoint("store.before_rename")
    partial.rename(path)  # a file of its final name is whole
    sync(path.parent)
    return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=digest.hexdigest())


def take_file(folder: Path, name: str, scratch: Path) -> StoredFile:
    if not folder.is_dir():
        raise AttemptSuperseded
    path = folder / name
    _make_parent(folder, path.parent)
    with scratch.open("rb") as file:
        digest, size_bytes = digest_of(file)
        failpoint("store.sync")
        os.fsync(file.fileno())
    failpoint("store.before_rename")
    scratch.rename(path)
    sync(path.parent)
    return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=digest)


def digest_of(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hex and size of the rest of it; a cancel stops it, for it may be a video of gigabytes."""
    digest, size_bytes = hashlib.sha256(), 0
    while piece := file.read(_PIECE_BYTES):
        stop_if_cancelled()
        digest.update(piece)
        size_bytes += len(piece)
    return digest.hexdigest(), size_bytes


def verify_file(folder: Path, name: str, sha256: str) -> StoredFile | None:
    """Its record if it is there with that digest; read piece by piece, for it may be a video."""
    try:
        with (folder / name).open("rb") as file:
            digest, size_bytes = digest_of(file)
    except FileNotFoundError:
        return None
    if digest != sha256:
        return None
    return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=sha256)


def adopt_files(folder: Path, offers: Sequence[Offer]) -> list[StoredFile | None]:
    """The names are synced folder by folder, once; the bytes have been, by whoever wrote them first."""
    if not folder.is_dir():
        raise AttemptSuperseded
    parents = {(folder / offer.name).parent for offer in offers}
    for parent in parents:
        _make_parent(folder, parent)
    files = [_adopt_file(folder / offer.name, offer) for offer in offers]
    for parent in parents:
        sync(parent)
    return files


def _make_parent(folder: Path, parent: Path) -> None:
    if not parent.is_dir():
        parent.mkdir(exist_ok=True)
        sync(folder)


def _adopt_file(path: Path, offer: Offer) -> StoredFile | None:
    """Linked before it is hashed, so that what was hashed is what stays, whatever becomes of `source` meanwhile."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        try:
            os.link(offer.source, partial)
        except FileNotFoundError:
            return None
        except OSError:  # another file system, or one without links
            shutil.copyfile(offer.source, partial)
            sync(partial)
        with partial.open("rb") as file:
            digest, size_bytes = digest_of(file)
        if digest != offer.sha256:
            return None
        path.unlink(missing_ok=True)  # a rename between two links to the same file does nothing, and leaves both
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return StoredFile(name=offer.name, media_type=media_type_of(offer.name), size_bytes=size_bytes, sha256=digest)


def open_folder(root: Path, operation_id: str, folder: Path) -> None:
    failpoint("adopt.begin")
    if any(_attempt_of(staged) > _attempt_of(folder) for staged in staged_folders(root, operation_id)):
        raise AttemptSuperseded  # frozen since the claim: the run goes on elsewhere
    take_over(root, operation_id, folder)
    folder.mkdir(exist_ok=True)
    sync(root)


def take_over(root: Path, operation_id: str, folder: Path) -> None:
    """What earlier attempts have staged is in `folder` from here on, where they do not look for it.

    Never what a later one has: this one may have been frozen, and not know yet that it is over.
    """
    found = staged_folders(root, operation_id)
    earlier = sorted((path for path in found if _attempt_of(path) < _attempt_of(folder)), key=_attempt_of)
    if folder not in found and earlier:
        with contextlib.suppress(FileNotFoundError):  # a process that thawed has just published it
            earlier.pop().rename(folder)
    for leftover in earlier:
        bury(leftover, root / f"{TOMBSTONE}{leftover.name}")


def staged_folders(root: Path, operation_id: str) -> Iterable[Path]:
    return [path for path in root.glob(f"{operation_id}.*") if path.is_dir()]


def _attempt_of(folder: Path) -> int:
    return int(folder.name.rpartition(".")[2])


def discard(root: Path, operation_id: str, attempt: int | None) -> None:
    for folder in staged_folders(root, operation_id):
        if attempt is None or _attempt_of(folder) <= attempt:
            bury(folder, root / f"{TOMBSTONE}{folder.name}")


def discard_superseded(root: Path, operation_id: str, attempt: int) -> None:
    if any(_attempt_of(folder) > attempt for folder in staged_folders(root, operation_id)):
        discard(root, operation_id, attempt)


def list_staging(root: Path) -> list[StagingFolder]:
    found = []
    for name in list_folders(root):
        operation_id, _, attempt = name.rpartition(".")
        if is_operation_id(operation_id) and attempt.isdigit():
            with contextlib.suppress(FileNotFoundError):
                changed_at = datetime.fromtimestamp((root / name).stat().st_mtime, UTC)
                found.append(StagingFolder(name, operation_id, changed_at))
    return found
