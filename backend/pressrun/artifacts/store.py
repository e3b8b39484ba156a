"""`LocalArtifactStore`: staging, manifest, publish, on a local folder.

    {root}/staging/{operation_id}.{attempt}/   being written by one attempt
    {root}/batches/{folder}/                   published: complete and verifiable, never changed again

A batch folder appears by one rename of a staging folder whose every byte has been synced, so at any instant it is
there with all its files or not there at all. A later attempt takes an earlier one's staging over by renaming it: a
process that thaws and writes on finds its folder gone. Names are ours (`slides/0001.png`), never a client's.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pressrun.artifacts import batches, staged
from pressrun.artifacts.disk import GRAVE, bury, empty_graves, in_thread, list_folders, make_folder, prove_writable
from pressrun.artifacts.model import Manifest, StoredFile, media_type_of
from pressrun.artifacts.staged import Offer, StagingFolder
from pressrun.errors import TEMPORARY, AttemptSuperseded, NotFound, StartupError

_MOST_REMEMBERED = 64  # arbitrary (8..1 000): batches; 300 bytes a file, 500 slides: 10 MB at the very most

T = TypeVar("T")


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


class LocalStaging:
    """A staging folder on disk."""

    def __init__(self, folder: Path, register: Callable[[StoredFile], None]) -> None:
        self._folder = folder
        self._register = register

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        pieces = [data] if isinstance(data, bytes) else data
        file = await _unless_taken_over(self._folder, staged.write_file, self._folder, name, pieces)
        self._register(file)
        return file

    async def read(self, name: str) -> bytes:
        try:
            return await in_thread((self._folder / name).read_bytes)
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
        files = await _unless_taken_over(self._folder, staged.adopt_files, self._folder, offers)
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
                await in_thread(make_folder, folder)
            except (OSError, *TEMPORARY) as exc:
                raise StartupError(f"cannot make the folder {folder}: {exc}; set PRESSRUN_DATA_DIR to another") from exc
        await in_thread(empty_graves, self._staging_root)

    async def check(self) -> None:
        """Writes a file and removes it again. Raises: DiskFull, DiskFailed."""
        await in_thread(prove_writable, self._root)

    async def open_staging(self, operation_id: str, attempt: int) -> LocalStaging:
        """The attempt's staging folder; takes over what an earlier attempt left, never what a later one has.

        Raises: AttemptSuperseded.
        """
        folder = self._staging_root / f"{operation_id}.{attempt}"
        await in_thread(staged.open_folder, self._staging_root, operation_id, folder)
        files = self._staged[operation_id] = {}  # what an earlier attempt left has moved; verified, it is here again

        def register(file: StoredFile) -> None:
            files[file.name] = (folder / file.name, file)

        return LocalStaging(folder, register)

    async def publish(self, operation_id: str, attempt: int, folder: str, manifest: Manifest) -> Path:
        """Makes the batch visible, whole, by one rename; safe to repeat.

        Raises: RunFailure when a file that was staged is no longer there; DiskFull; AttemptSuperseded.
        """
        source = self._staging_root / f"{operation_id}.{attempt}"
        target = self._batches_root / folder
        text = self._mask(manifest.model_dump_json(indent=2) + "\n")
        listed = {file.name: file.size_bytes for file in manifest.files}
        await _unless_taken_over(source, batches.publish, source, target, text, listed)
        self._staged.pop(operation_id, None)
        return target

    async def settle(self, operation_id: str, attempt: int, folder: str) -> Manifest | None:
        """The manifest of the run's batch if it was published, durable by now; None: it was not, and never will be.

        (Never by an earlier attempt, whose staging `attempt` has from here on. What a later one does is its business.)
        Raises: NotFound, DiskFull, DiskFailed, OSError, ValueError when the batch is there and cannot be read;
        ServerBusy when nobody can say just now.
        """
        staging = self._staging_root / f"{operation_id}.{attempt}"
        return await in_thread(batches.settle, self._staging_root, operation_id, staging, self._batches_root / folder)

    async def discard(self, operation_id: str, attempt: int | None = None) -> None:
        """Removes what was staged for this run; `attempt`: by it or an earlier one, for a later one may be at work."""
        self._staged.pop(operation_id, None)
        await in_thread(staged.discard, self._staging_root, operation_id, attempt)

    async def discard_superseded(self, operation_id: str, attempt: int) -> None:
        """Removes what this attempt has staged if a later one has a folder of its own, else that may still want it."""
        await in_thread(staged.discard_superseded, self._staging_root, operation_id, attempt)

    async def delete_batch(self, folder: str) -> None:
        """Removes a published batch: out of sight by a rename first, so that nobody ever sees half of it."""
        self._published.pop(folder, None)
        await in_thread(bury, self._batches_root / folder, self._staging_root / f"{GRAVE}{folder}")

    async def measure(self, operation_id: str, folder: str) -> int:
        """How many bytes the run's files have: of its batch, else of what is staged."""
        return await in_thread(batches.measure, self._batches_root / folder, self._staging_root, operation_id)

    async def list_batches(self) -> list[str]:
        """The names of all batch folders, oldest first."""
        return await in_thread(list_folders, self._batches_root)

    async def list_staging(self) -> list[StagingFolder]:
        """What attempts are writing, or have left."""
        return await in_thread(staged.list_staging, self._staging_root)

    async def discard_attempt(self, staging: StagingFolder) -> None:
        """Removes what one attempt left; nothing if a later attempt has just taken it over."""
        self._staged.pop(staging.operation_id, None)
        folder = self._staging_root / staging.name
        await in_thread(bury, folder, self._staging_root / f"{GRAVE}{staging.name}")

    def find_staged(self, operation_id: str, name: str) -> tuple[Path, StoredFile] | None:
        """A file of a run that is not published yet, by its exact name."""
        return self._staged.get(operation_id, {}).get(name)

    def staged_names(self, operation_id: str) -> list[str]:
        """The files of a run that are whole and not published; they stay when it ends without a result, for a retry."""
        return sorted(self._staged.get(operation_id, ()))

    async def find_batch(self, operation_id: str) -> str | None:
        """The name of the run's batch folder, if it was published and is still there."""
        return await in_thread(batches.find_batch, self._batches_root, operation_id)

    def staged_path(self, operation_id: str, attempt: int, name: str) -> Path:
        """Where a file is whose name this run's attempt has announced; nothing else may be asked for."""
        return self._staging_root / f"{operation_id}.{attempt}" / name

    async def find_published(self, folder: str, name: str) -> tuple[Path, StoredFile]:
        """A file of a batch, by its exact name in the manifest. Raises: NotFound.

        The records are read once (34 ms with a source of 5 MB), for a batch never changes; the file may be gone.
        """
        files = self._published.get(folder)
        if files is None:
            files = self._published[folder] = await in_thread(batches.load_records, self._batches_root / folder)
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
        return await in_thread(batches.load_manifest, self._batches_root / folder)

    def batch_path(self, folder: str) -> Path:
        """Where the batch of that name is."""
        return self._batches_root / folder


async def _unless_taken_over(folder: Path, work: Callable[..., T], *args: object) -> T:
    """Raises: AttemptSuperseded when the work failed because a later attempt has moved the folder away."""
    try:
        return await in_thread(work, *args)
    except FileNotFoundError as exc:
        if await in_thread(folder.is_dir):
            raise
        raise AttemptSuperseded from exc
