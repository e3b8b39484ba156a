"""`LocalArtifactStore`: staging, manifest, publish, on a local folder.

    {root}/staging/{operation_id}.{attempt}/   being written by one attempt
    {root}/batches/{folder}/                   published: complete and verifiable, never changed again

A batch folder appears by one rename of a staging folder whose every byte has been synced, so at any instant it is
there with all its files or not there at all. A later attempt takes an earlier one's staging over by renaming it: a
process that thaws and writes on finds its folder gone. Names are ours (`slides/0001.png`), never a client's.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import anyio.to_thread
import structlog

from pressrun.artifacts.model import MANIFEST_NAME, Manifest, StoredFile, media_type_of
from pressrun.errors import AttemptSuperseded, DiskFailed, DiskFull, NotFound, RunFailure, StartupError
from pressrun.failpoints import failpoint
from pressrun.ids import is_operation_id

_GRAVE = "deleted-"
_DISK_FAILED = (errno.EIO, errno.EROFS, errno.EACCES)
_MOST_REMEMBERED = 64  # arbitrary (8..1 000): batches; 300 bytes a file, 500 slides: 10 MB at the very most

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Offer(NamedTuple):
    """A file from elsewhere, for staging under that name: `source` is durable, and ours only with that digest."""

    name: str
    source: Path
    sha256: str


class Staging(Protocol):
    """The files of one attempt, before they are published."""

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        """Writes a whole file, in pieces where they come in pieces (iterated in a thread); durable when it returns.

        Raises: DiskFull; AttemptSuperseded when a later attempt took the folder over.
        """
        ...

    async def read(self, name: str) -> bytes:
        """A file written before. Raises: NotFound."""
        ...

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        """The file's record if it is there with that digest."""
        ...

    async def adopt(self, offers: Sequence[Offer]) -> list[StoredFile | None]:
        """Makes finished files from elsewhere files of staging, without copying them where that can be avoided.

        None, and nothing is left, for one that is not there or has another digest. Durable when it returns.
        Raises: DiskFull; AttemptSuperseded.
        """
        ...

    def path(self, name: str) -> Path:
        """Where an external program may read the file."""
        ...


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """A staging folder that is there, by its name; `changed_at` is when a file came or went in its top folder."""

    name: str
    operation_id: str
    changed_at: datetime


class LocalStaging:
    """A staging folder on disk."""

    def __init__(self, folder: Path, register: Callable[[StoredFile], None]) -> None:
        self._folder = folder
        self._register = register

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        pieces = [data] if isinstance(data, bytes) else data
        file = await _unless_taken_over(self._folder, _write_file, self._folder, name, pieces)
        self._register(file)
        return file

    async def read(self, name: str) -> bytes:
        try:
            return await _in_thread((self._folder / name).read_bytes)
        except FileNotFoundError as exc:
            raise NotFound(f"{name} is not in staging") from exc

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        try:
            data = await self.read(name)
        except NotFound:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            return None
        file = StoredFile(name=name, media_type=media_type_of(name), size_bytes=len(data), sha256=sha256)
        self._register(file)
        return file

    async def adopt(self, offers: Sequence[Offer]) -> list[StoredFile | None]:
        files = await _unless_taken_over(self._folder, _adopt_files, self._folder, offers)
        for file in files:
            if file is not None:
                self._register(file)
        return files

    def path(self, name: str) -> Path:
        return self._folder / name


class LocalArtifactStore:
    """All batches under one root. Share it freely."""

    def __init__(self, root: Path, mask: Callable[[str], str] = str) -> None:
        self._mask = mask
        self._root = root
        self._staging_root = root / "staging"
        self._batches_root = root / "batches"
        self._staged: dict[str, dict[str, tuple[Path, StoredFile]]] = {}
        self._published: OrderedDict[str, Mapping[str, StoredFile]] = OrderedDict()  # by folder, the latest asked last

    async def prepare(self) -> None:
        """Makes the folders, and finishes deletions that a crash cut short. Raises: StartupError."""
        for folder in (self._staging_root, self._batches_root):
            try:
                await _in_thread(_make_folder, folder)
            except (OSError, DiskFull, DiskFailed) as exc:
                raise StartupError(f"cannot make the folder {folder}: {exc}; set PRESSRUN_DATA_DIR to another") from exc
        await _in_thread(_empty_graves, self._staging_root)

    async def check(self) -> None:
        """Writes a file and removes it again. Raises: DiskFull, DiskFailed."""
        await _in_thread(_write_and_remove, self._root)

    async def open_staging(self, operation_id: str, attempt: int) -> LocalStaging:
        """The attempt's staging folder; takes over what an earlier attempt left, never what a later one has.

        Raises: AttemptSuperseded.
        """
        folder = self._staging_root / f"{operation_id}.{attempt}"
        await _in_thread(_adopt, self._staging_root, operation_id, folder)
        staged = self._staged[operation_id] = {}  # what an earlier attempt left has moved; verified, it is here again

        def register(file: StoredFile) -> None:
            staged[file.name] = (folder / file.name, file)

        return LocalStaging(folder, register)

    async def publish(self, operation_id: str, attempt: int, folder: str, manifest: Manifest) -> Path:
        """Makes the batch visible, whole, by one rename; safe to repeat.

        Raises: RunFailure when a file that was staged is no longer there; DiskFull; AttemptSuperseded.
        """
        source = self._staging_root / f"{operation_id}.{attempt}"
        target = self._batches_root / folder
        text = self._mask(manifest.model_dump_json(indent=2) + "\n")
        listed = {file.name: file.size_bytes for file in manifest.files}
        await _unless_taken_over(source, _publish, source, target, text, listed)
        self._staged.pop(operation_id, None)
        return target

    async def settle(self, operation_id: str, attempt: int, folder: str) -> Manifest | None:
        """The manifest of the run's batch if it was published, durable by now; None: it was not, and never will be.

        (Never by an earlier attempt, whose staging `attempt` has from here on. What a later one does is its business.)
        Raises: NotFound, OSError, ValueError when the batch is there and its manifest cannot be read.
        """
        staging = self._staging_root / f"{operation_id}.{attempt}"
        return await _in_thread(_settle, self._staging_root, operation_id, staging, self._batches_root / folder)

    async def discard(self, operation_id: str, attempt: int | None = None) -> None:
        """Removes what was staged for this run; `attempt`: by it or an earlier one, for a later one may be at work."""
        self._staged.pop(operation_id, None)
        await _in_thread(_discard, self._staging_root, operation_id, attempt)

    async def discard_superseded(self, operation_id: str, attempt: int) -> None:
        """Removes what this attempt has staged if a later one has a folder of its own, else that may still want it."""
        await _in_thread(_discard_superseded, self._staging_root, operation_id, attempt)

    async def delete_batch(self, folder: str) -> None:
        """Removes a published batch: out of sight by a rename first, so that nobody ever sees half of it."""
        self._published.pop(folder, None)
        await _in_thread(_delete_batch, self._batches_root / folder, self._staging_root / f"{_GRAVE}{folder}")

    async def measure(self, operation_id: str, folder: str) -> int:
        """How many bytes the run's files have: of its batch, else of what is staged."""
        return await _in_thread(_measure, self._batches_root / folder, self._staging_root, operation_id)

    async def list_batches(self) -> list[str]:
        """The names of all batch folders, oldest first."""
        return await _in_thread(_list_folders, self._batches_root)

    async def list_staging(self) -> list[StagingFolder]:
        """What attempts are writing, or have left."""
        return await _in_thread(_list_staging, self._staging_root)

    async def discard_attempt(self, staging: StagingFolder) -> None:
        """Removes what one attempt left; nothing if a later attempt has just taken it over."""
        self._staged.pop(staging.operation_id, None)
        folder = self._staging_root / staging.name
        await _in_thread(_delete_batch, folder, self._staging_root / f"{_GRAVE}{staging.name}")

    def find_staged(self, operation_id: str, name: str) -> tuple[Path, StoredFile] | None:
        """A file of a run that is not published yet, by its exact name."""
        return self._staged.get(operation_id, {}).get(name)

    def staged_names(self, operation_id: str) -> list[str]:
        """The files of a run that are whole and not published; they stay when it ends without a result, for a retry."""
        return sorted(self._staged.get(operation_id, ()))

    async def find_batch(self, operation_id: str) -> str | None:
        """The name of the run's batch folder, if it was published and is still there."""
        return await _in_thread(_find_batch, self._batches_root, operation_id)

    def staged_path(self, operation_id: str, attempt: int, name: str) -> Path:
        """Where a file is whose name this run's attempt has announced; nothing else may be asked for."""
        return self._staging_root / f"{operation_id}.{attempt}" / name

    async def find_published(self, folder: str, name: str) -> tuple[Path, StoredFile]:
        """A file of a batch, by its exact name in the manifest. Raises: NotFound.

        The records are read once (34 ms with a source of 5 MB), for a batch never changes; the file may be gone.
        """
        files = self._published.get(folder)
        if files is None:
            files = self._published[folder] = await _in_thread(_load_records, self._batches_root / folder)
            if len(self._published) > _MOST_REMEMBERED:
                self._published.popitem(last=False)
        else:
            self._published.move_to_end(folder)
        file = files.get(name)
        if file is None:
            raise NotFound(f"this run has no file of that name; it has {len(files) - 1} files, see manifest.json")
        return self._batches_root / folder / name, file

    async def read_manifest(self, folder: str) -> Manifest:
        """The batch's manifest. Raises: NotFound."""
        return await _in_thread(_load_manifest, self._batches_root / folder)

    def batch_path(self, folder: str) -> Path:
        """Where the batch of that name is."""
        return self._batches_root / folder


async def _in_thread(work: Callable[..., T], *args: object) -> T:
    try:
        return await anyio.to_thread.run_sync(work, *args)
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from exc
        if exc.errno in _DISK_FAILED:
            raise DiskFailed from exc
        raise


async def _unless_taken_over(folder: Path, work: Callable[..., T], *args: object) -> T:
    """Raises: AttemptSuperseded when the work failed because a later attempt has moved the folder away."""
    try:
        return await _in_thread(work, *args)
    except FileNotFoundError as exc:
        if await _in_thread(folder.is_dir):
            raise
        raise AttemptSuperseded from exc


def _write_and_remove(root: Path) -> None:
    probe = root / f"probe-{secrets.token_hex(4)}"  # several may ask at once
    try:
        probe.write_bytes(b"?")
        _sync(probe)
    finally:
        probe.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _write_file(folder: Path, name: str, pieces: Iterable[bytes]) -> StoredFile:
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
            failpoint("store.write")
            file.write(piece)
            digest.update(piece)
            size_bytes += len(piece)
        file.flush()
        failpoint("store.sync")
        os.fsync(file.fileno())  # before a checkpoint, which is durable, says that the file is there
    failpoint("store.before_rename")
    partial.rename(path)  # a file of its final name is whole
    _sync(path.parent)
    return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=digest.hexdigest())


def _adopt_files(folder: Path, offers: Sequence[Offer]) -> list[StoredFile | None]:
    """The names are synced folder by folder, once; the bytes have been, by whoever wrote them first."""
    if not folder.is_dir():
        raise AttemptSuperseded
    parents = {(folder / offer.name).parent for offer in offers}
    for parent in parents:
        _make_parent(folder, parent)
    files = [_adopt_file(folder / offer.name, offer) for offer in offers]
    for parent in parents:
        _sync(parent)
    return files


def _make_parent(folder: Path, parent: Path) -> None:
    if not parent.is_dir():
        parent.mkdir(exist_ok=True)
        _sync(folder)


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
            _sync(partial)
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size_bytes = file.tell()
        if digest != offer.sha256:
            return None
        path.unlink(missing_ok=True)  # a rename between two links to the same file does nothing, and leaves both
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return StoredFile(name=offer.name, media_type=media_type_of(offer.name), size_bytes=size_bytes, sha256=digest)


def _adopt(root: Path, operation_id: str, folder: Path) -> None:
    failpoint("adopt.begin")
    if any(_attempt_of(staged) > _attempt_of(folder) for staged in _staged_folders(root, operation_id)):
        raise AttemptSuperseded  # frozen since the claim: the run goes on elsewhere
    _take_over(root, operation_id, folder)
    folder.mkdir(exist_ok=True)
    _sync(root)


def _take_over(root: Path, operation_id: str, folder: Path) -> None:
    """What earlier attempts have staged is in `folder` from here on, where they do not look for it.

    Never what a later one has: this one may have been frozen, and not know yet that it is over.
    """
    found = _staged_folders(root, operation_id)
    earlier = sorted((path for path in found if _attempt_of(path) < _attempt_of(folder)), key=_attempt_of)
    if folder not in found and earlier:
        with contextlib.suppress(FileNotFoundError):  # a process that thawed has just published it
            earlier.pop().rename(folder)
    for leftover in earlier:
        _delete_batch(leftover, root / f"{_GRAVE}{leftover.name}")


def _settle(root: Path, operation_id: str, staging: Path, target: Path) -> Manifest | None:
    try:
        _take_over(root, operation_id, staging)
    except OSError as exc:  # a disk that refuses this rename refuses that of an attempt which thaws
        _log.warning("staging could not be taken over", operation_id=operation_id, reason=exc.strerror)
    if not target.is_dir():
        return None
    try:
        _sync(target.parent)  # who renamed it may have died before this
    except OSError as exc:
        _log.error("a batch folder may not outlast a power cut", folder=target.name, reason=exc.strerror)
    return _load_manifest(target)


def _staged_folders(root: Path, operation_id: str) -> Iterable[Path]:
    return [path for path in root.glob(f"{operation_id}.*") if path.is_dir()]


def _attempt_of(folder: Path) -> int:
    return int(folder.name.rpartition(".")[2])


def _find_batch(root: Path, operation_id: str) -> str | None:
    return next((path.name for path in root.glob(f"*_{operation_id}")), None)


def _publish(source: Path, target: Path, manifest: str, listed: Mapping[str, int]) -> None:
    if target.exists():
        # this very batch: the folder is named by its operation_id, and a rename is all or nothing
        _sync(target.parent)  # who renamed it may have died before this
        return
    if not source.is_dir():
        raise AttemptSuperseded
    for path in sorted(source.rglob("*"), reverse=True):  # what is in a folder before the folder
        if path.is_dir():
            with contextlib.suppress(OSError):  # unless there is something in it
                path.rmdir()
        elif path.relative_to(source).as_posix() not in listed:
            path.unlink()
    for name, size_bytes in listed.items():
        path = source / name
        if not path.is_file() or path.stat().st_size != size_bytes:
            raise RunFailure(f"{name} was changed or removed before it could be published; start the run again.")
    (source / MANIFEST_NAME).write_text(manifest, encoding="utf-8")
    failpoint("publish.manifest_written")
    _sync(source / MANIFEST_NAME)  # the other files have been, each before it got its name
    for path in source.rglob("*"):
        if path.is_dir():
            _sync(path)
    _sync(source)
    failpoint("publish.before_rename")
    source.rename(target)
    failpoint("publish.renamed")
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard(root: Path, operation_id: str, attempt: int | None) -> None:
    for folder in _staged_folders(root, operation_id):
        if attempt is None or _attempt_of(folder) <= attempt:
            _delete_batch(folder, root / f"{_GRAVE}{folder.name}")


def _discard_superseded(root: Path, operation_id: str, attempt: int) -> None:
    if any(_attempt_of(folder) > attempt for folder in _staged_folders(root, operation_id)):
        _discard(root, operation_id, attempt)


def _delete_batch(folder: Path, grave: Path) -> None:
    """By a rename first: who still writes into the folder finds it gone, and cannot keep it from being emptied."""
    _empty_grave(grave)  # that a failing disk has left half full
    with contextlib.suppress(FileNotFoundError):
        folder.rename(grave)
    _empty_grave(grave)


def _empty_grave(grave: Path) -> None:
    while grave.exists():
        with contextlib.suppress(FileNotFoundError):  # somebody else does the same
            shutil.rmtree(grave)


def _measure(batch: Path, staging_root: Path, operation_id: str) -> int:
    folders = [batch] if batch.is_dir() else _staged_folders(staging_root, operation_id)
    return sum(
        _size_of(Path(root) / name) for folder in folders for root, _, names in os.walk(folder) for name in names
    )


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _list_folders(root: Path) -> list[str]:
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


def _list_staging(root: Path) -> list[StagingFolder]:
    found = []
    for name in _list_folders(root):
        operation_id, _, attempt = name.rpartition(".")
        if is_operation_id(operation_id) and attempt.isdigit():
            with contextlib.suppress(FileNotFoundError):
                changed_at = datetime.fromtimestamp((root / name).stat().st_mtime, UTC)
                found.append(StagingFolder(name, operation_id, changed_at))
    return found


def _empty_graves(root: Path) -> None:
    for grave in root.glob(f"{_GRAVE}*"):
        shutil.rmtree(grave, ignore_errors=True)


def _load_manifest(folder: Path) -> Manifest:
    try:
        text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise NotFound("the files of this run are no longer there") from exc
    return Manifest.model_validate_json(text)


def _load_records(folder: Path) -> Mapping[str, StoredFile]:
    """Every file of the batch by its name, the manifest too."""
    files = {file.name: file for file in _load_manifest(folder).files}
    return {**files, MANIFEST_NAME: _manifest_record(folder / MANIFEST_NAME)}


def _manifest_record(path: Path) -> StoredFile:
    data = path.read_bytes()
    return StoredFile(
        name=MANIFEST_NAME,
        media_type=media_type_of(MANIFEST_NAME),
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
