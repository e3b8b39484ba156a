"""`LocalArtifactStore`: `ArtifactStore` on a local folder. What its methods promise is said in ports.py.

    {root}/staging/{operation_id}.{attempt}/   being written by one attempt
    {root}/batches/{folder}/                   published: complete and verifiable, never changed again

A batch folder appears by one rename of a staging folder whose every byte has been synced, so at any instant it is
there with all its files or not there at all. A later attempt takes an earlier one's staging over by renaming it: a
process that thaws and writes on finds its folder gone. Names are ours (`slides/0001.png`), never a client's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pressrun.artifacts import batches, staged
from pressrun.artifacts.disk import (
    TOMBSTONE,
    bury,
    clear_tombstones,
    in_thread,
    list_folders,
    make_folder,
    prove_writable,
)
from pressrun.artifacts.local_file import LocalFile
from pressrun.artifacts.model import MANIFEST_NAME, Manifest, StoredFile
from pressrun.artifacts.staged import Offer, StagingFolder
from pressrun.errors import TEMPORARY, AttemptSuperseded, NotFound, StartupError

_MOST_REMEMBERED = 64  # arbitrary (8..1 000): batches; 300 bytes a file, 500 slides: 10 MB at the very most

T = TypeVar("T")


class LocalStaging:
    """`Staging` in a folder."""

    def __init__(self, folder: Path, register: Callable[[StoredFile], None]) -> None:
        self._folder = folder
        self._register = register

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        pieces = [data] if isinstance(data, bytes) else data
        file = await _unless_taken_over(self._folder, staged.write_file, self._folder, name, pieces)
        self._register(file)
        return file

    async def note(self, name: str, data: bytes) -> None:
        await _unless_taken_over(self._folder, staged.write_file, self._folder, name, [data])

    async def read(self, name: str) -> bytes:
        try:
            return await in_thread((self._folder / name).read_bytes)
        except FileNotFoundError as exc:
            raise NotFound(f"{name} is not in staging") from exc

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        file = await in_thread(staged.verify_file, self._folder, name, sha256)
        if file is not None:
            self._register(file)
        return file

    async def take(self, name: str, scratch: Path) -> StoredFile:
        file = await _unless_taken_over(self._folder, staged.take_file, self._folder, name, scratch)
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
    """`ArtifactStore` under one root."""

    def __init__(self, root: Path, mask: Callable[[str], str] = str) -> None:
        self._mask = mask
        self._root = root
        self._staging_root = root / "staging"
        self._batches_root = root / "batches"
        self._staged: dict[str, dict[str, LocalFile]] = {}
        self._published: OrderedDict[str, Mapping[str, StoredFile]] = OrderedDict()  # by folder, the latest asked last

    async def prepare(self) -> None:
        """Makes the folders, and finishes deletions that a crash cut short. Raises: StartupError."""
        for folder in (self._staging_root, self._batches_root):
            try:
                await in_thread(make_folder, folder)
            except (OSError, *TEMPORARY) as exc:
                raise StartupError(f"cannot make the folder {folder}: {exc}; set PRESSRUN_DATA_DIR to another") from exc
        await in_thread(clear_tombstones, self._staging_root)

    async def check(self) -> None:
        await in_thread(prove_writable, self._root)

    async def open_staging(self, operation_id: str, attempt: int) -> LocalStaging:
        folder = self._staging_root / f"{operation_id}.{attempt}"
        await in_thread(staged.open_folder, self._staging_root, operation_id, folder)
        files = self._staged[operation_id] = {}  # what an earlier attempt left has moved; verified, it is here again

        def register(file: StoredFile) -> None:
            files[file.name] = LocalFile(folder / file.name, file)

        return LocalStaging(folder, register)

    async def publish(self, operation_id: str, attempt: int, folder: str, manifest: Manifest) -> None:
        source = self._staging_root / f"{operation_id}.{attempt}"
        target = self._batches_root / folder
        text = self._mask(manifest.model_dump_json(indent=2) + "\n")
        listed = {file.name: file.size_bytes for file in manifest.files}
        await _unless_taken_over(source, batches.publish, source, target, text, listed)
        self._staged.pop(operation_id, None)

    async def settle(self, operation_id: str, attempt: int, folder: str) -> Manifest | None:
        staging = self._staging_root / f"{operation_id}.{attempt}"
        return await in_thread(batches.settle, self._staging_root, operation_id, staging, self._batches_root / folder)

    async def discard(self, operation_id: str, attempt: int | None = None) -> None:
        self._staged.pop(operation_id, None)
        await in_thread(staged.discard, self._staging_root, operation_id, attempt)

    async def discard_superseded(self, operation_id: str, attempt: int) -> None:
        await in_thread(staged.discard_superseded, self._staging_root, operation_id, attempt)

    async def discard_attempt(self, staging: StagingFolder) -> None:
        self._staged.pop(staging.operation_id, None)
        folder = self._staging_root / staging.name
        await in_thread(bury, folder, self._staging_root / f"{TOMBSTONE}{staging.name}")

    async def delete_batch(self, folder: str) -> None:
        self._published.pop(folder, None)
        await in_thread(bury, self._batches_root / folder, self._staging_root / f"{TOMBSTONE}{folder}")

    async def measure(self, folders: Mapping[str, str]) -> dict[str, int]:
        return await in_thread(batches.measure, self._batches_root, self._staging_root, folders)

    async def list_batches(self) -> list[str]:
        return await in_thread(list_folders, self._batches_root)

    async def list_staging(self) -> list[StagingFolder]:
        return await in_thread(staged.list_staging, self._staging_root)

    def staged_names(self, operation_id: str) -> list[str]:
        return sorted(self._staged.get(operation_id, ()))

    def find_staged(self, operation_id: str, name: str) -> LocalFile | None:
        return self._staged.get(operation_id, {}).get(name)

    def announced(self, operation_id: str, attempt: int, record: StoredFile) -> LocalFile:
        return LocalFile(self._staging_root / f"{operation_id}.{attempt}" / record.name, record)

    async def find_batch(self, operation_id: str) -> str | None:
        return await in_thread(batches.find_batch, self._batches_root, operation_id)

    async def find_published(self, folder: str, name: str) -> LocalFile:
        """The file itself may be gone."""
        files = await self._records(folder)
        record = files.get(name)
        if record is None:
            raise NotFound(f"this run has no file of that name; it has {len(files) - 1} files, see manifest.json")
        return LocalFile(self._batches_root / folder / name, record)

    async def list_published(self, folder: str) -> list[LocalFile]:
        records = await self._records(folder)
        names = sorted(records, key=lambda name: name != MANIFEST_NAME)  # else as the manifest has them
        return [LocalFile(self._batches_root / folder / name, records[name]) for name in names]

    async def _records(self, folder: str) -> Mapping[str, StoredFile]:
        """Read once (34 ms with a source of 5 MB), for a batch never changes. Raises: NotFound."""
        files = self._published.get(folder)
        if files is None:
            files = self._published[folder] = await in_thread(batches.load_records, self._batches_root / folder)
            if len(self._published) > _MOST_REMEMBERED:
                self._published.popitem(last=False)
        else:
            self._published.move_to_end(folder)
        return files

    async def read_manifest(self, folder: str) -> Manifest:
        return await in_thread(batches.load_manifest, self._batches_root / folder)

    def location(self, folder: str) -> str:
        """An absolute path."""
        return str((self._batches_root / folder).resolve())


async def _unless_taken_over(folder: Path, work: Callable[..., T], *args: object) -> T:
    """Raises: AttemptSuperseded when the work failed because a later attempt has moved the folder away."""
    try:
        return await in_thread(work, *args)
    except FileNotFoundError as exc:
        if await in_thread(folder.is_dir):
            raise
        raise AttemptSuperseded from exc
