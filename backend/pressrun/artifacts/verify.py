"""Checks published batch folders against their manifests. Reads only; needs no server and no database.

A folder is whole when it holds a readable manifest of the run it is named after, every file listed there with that size
and digest, and nothing else. Links are never followed: a batch holds none, so one is an extra.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pressrun.artifacts.model import MANIFEST_NAME, Manifest, StoredFile
from pressrun.artifacts.names import run_of_folder
from pressrun.errors import NotFound
from pressrun.ids import is_operation_id

Kind = Literal["manifest", "missing", "size", "digest", "extra", "unreadable"]

_PIECE_BYTES = 1024 * 1024
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024  # arbitrary: the largest source and 500 slides are some 10 MB


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not as the manifest says; `file` is relative to the folder."""

    kind: Kind
    file: str
    detail: str


@dataclass(slots=True)
class FolderReport:
    """What was found in one batch folder. Whole when there is no damage."""

    folder: str
    operation_id: str | None = None
    files: int = 0
    size_bytes: int = 0
    damage: list[Damage] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.damage


def find_batches(data_dir: Path, wanted: str | None) -> list[Path]:
    """All batch folders, oldest first; or the one of a run, of that name, or at that path. Raises: NotFound."""
    root = data_dir / "batches"
    if wanted is None:
        return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if is_operation_id(wanted):
        found = sorted(root.glob(f"*_{wanted}"))
    else:
        found = [path for path in (root / wanted, Path(wanted)) if path.is_dir()][:1]
    if not found:
        raise NotFound(f"there is no batch folder of {wanted} in {root}")
    return found


def verify_stored(data_dir: Path, wanted: str | None) -> Iterator[FolderReport]:
    """A report of each batch folder of a data folder, or of the wanted one. Raises: NotFound, before the first."""
    return verify_batches(find_batches(data_dir, wanted))


def verify_batches(folders: list[Path]) -> Iterator[FolderReport]:
    """One report after the other, as each is ready; none of a folder that a server beside us has removed meanwhile."""
    for folder in folders:
        report = verify_batch(folder)
        if report.whole or folder.is_dir():  # it goes by one rename: what is damaged and still there is damaged
            yield report


def verify_batch(folder: Path) -> FolderReport:
    """Reads every byte of the folder. Raises nothing for what is wrong with it."""
    report = FolderReport(folder=folder.name)
    manifest = _read_manifest(folder, report)
    if manifest is None:
        return report
    report.operation_id = manifest.operation_id
    named = run_of_folder(folder.resolve().name)
    if named is not None and named != manifest.operation_id:
        _tell(report, "manifest", MANIFEST_NAME, f"is of another run, {manifest.operation_id}")
    listed: set[str] = {MANIFEST_NAME}
    for file in manifest.files:
        if file.name in listed or not _is_inside(file.name):
            _tell(report, "manifest", file.name, "cannot be a file of a batch, or is listed twice")
            continue
        listed.add(file.name)
        _check_file(folder, file, report)
    for name in _present(folder, report):
        if name not in listed:
            _tell(report, "extra", name, "is not in the manifest")
    return report


def _read_manifest(folder: Path, report: FolderReport) -> Manifest | None:
    path = folder / MANIFEST_NAME
    try:
        if not _is_plain_file(path):
            _tell(report, "manifest", MANIFEST_NAME, "is not there")
            return None
        if path.stat().st_size > _MAX_MANIFEST_BYTES:
            _tell(report, "manifest", MANIFEST_NAME, "is larger than a manifest can be")
            return None
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as exc:
        where = ".".join(str(part) for part in exc.errors()[0]["loc"])
        _tell(report, "manifest", MANIFEST_NAME, f"cannot be understood{f' (at {where})' if where else ''}")
    except OSError as exc:
        _tell(report, "unreadable", MANIFEST_NAME, exc.strerror or "cannot be read")
    return None


def _check_file(folder: Path, file: StoredFile, report: FolderReport) -> None:
    path = folder / file.name
    try:
        if not _is_plain_file(path):
            _tell(report, "missing", file.name, "is not there, or is no plain file")
            return
        size_bytes, sha256 = _measure(path)
    except OSError as exc:
        _tell(report, "unreadable", file.name, exc.strerror or "cannot be read")
        return
    report.files += 1
    report.size_bytes += size_bytes
    if size_bytes != file.size_bytes:
        _tell(report, "size", file.name, f"has {size_bytes} bytes, the manifest says {file.size_bytes}")
    elif sha256 != file.sha256:
        _tell(report, "digest", file.name, "has other contents than when it was published")


def _measure(path: Path) -> tuple[int, str]:
    digest, size_bytes = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size_bytes += len(piece)
    return size_bytes, digest.hexdigest()


def _present(folder: Path, report: FolderReport) -> list[str]:
    """Everything in the folder but its own subfolders, which are followed; a link is a file."""

    def unreadable(exc: OSError) -> None:
        _tell(report, "unreadable", str(Path(exc.filename).relative_to(folder)), exc.strerror or "cannot be read")

    found = []
    for root, subfolders, files in os.walk(folder, onerror=unreadable):
        links = [name for name in subfolders if (Path(root) / name).is_symlink()]
        found += [(Path(root) / name).relative_to(folder).as_posix() for name in (*files, *links)]
    return sorted(found)


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_inside(name: str) -> bool:
    """A relative path of plain parts: a manifest that was tampered with must not send us elsewhere."""
    parts = name.split("/")
    return "\0" not in name and all(part not in ("", ".", "..") for part in parts)


def _tell(report: FolderReport, kind: Kind, file: str, detail: str) -> None:
    report.damage.append(Damage(kind, file, detail))
