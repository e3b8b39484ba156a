"""What the other packages need of the files of runs, wherever they are kept.

Staging is scratch space of the one who executes an attempt, and always a local folder. What is published is asked for
by name and read: whether it lies on a disk of this machine is nobody's business but the store's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from pressrun.artifacts.model import Manifest, StoredFile
from pressrun.artifacts.staged import Offer, StagingFolder


class ReadableFile(Protocol):
    """A file of a run. It was there a moment ago, and may go at any other: its run is published, retried or deleted."""

    @property
    def record(self) -> StoredFile:
        """Its name, size, digest and media type."""
        ...

    async def read(self) -> bytes:
        """All of it. Raises: NotFound."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, piece by piece; blocks, and opens the file when the first one is asked for. Raises: NotFound."""
        ...

    def descriptor(self) -> AbstractAsyncContextManager[int] | None:
        """What only a file on this machine can give: an open descriptor, good until closed, whatever becomes of the
        name. Raises (when entered): NotFound.
        """
        ...


class Staging(Protocol):
    """The files of one attempt, before they are published."""

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        """Writes a whole file, in pieces where they come in pieces (iterated in a thread, which a cancel stops between
        two); durable when it returns.

        Raises: DiskFull; AttemptSuperseded when a later attempt took the folder over.
        """
        ...

    async def read(self, name: str) -> bytes:
        """A file written before. Raises: NotFound."""
        ...

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        """The file's record if it is there with that digest."""
        ...

    async def note(self, name: str, data: bytes) -> None:
        """Writes a whole file that is for later attempts alone: nobody is told of it, and it is not published. Durable
        when it returns.

        Raises: DiskFull; AttemptSuperseded when a later attempt took the folder over.
        """
        ...

    async def take(self, name: str, scratch: Path) -> StoredFile:
        """Makes a finished file, written somewhere in this very staging folder, one of its files: it is renamed, not
        copied, and must not be open for writing any more. Durable when it returns.

        Raises: DiskFull; AttemptSuperseded when a later attempt took the folder over.
        """
        ...

    async def adopt(self, offers: Sequence[Offer]) -> list[StoredFile | None]:
        """Makes finished files from elsewhere files of staging, without copying them where that can be avoided.

        None, and nothing is left, for one that is not there or has another digest. Durable when it returns.
        Raises: DiskFull; AttemptSuperseded.
        """
        ...

    def path(self, name: str) -> Path:
        """Where the file is or will be, on this machine."""
        ...


class ArtifactStore(Protocol):
    """Staging and batches of all runs. Share it freely."""

    async def check(self) -> None:
        """Writes a file and removes it again. Raises: DiskFull, DiskFailed."""
        ...

    async def open_staging(self, operation_id: str, attempt: int) -> Staging:
        """The attempt's staging; takes over what an earlier attempt left, never what a later one has.

        Raises: AttemptSuperseded.
        """
        ...

    async def publish(self, operation_id: str, attempt: int, folder: str, manifest: Manifest) -> None:
        """Makes the batch visible, whole and at once; safe to repeat.

        Raises: RunFailure when a file that was staged is no longer there; DiskFull; AttemptSuperseded.
        """
        ...

    async def settle(self, operation_id: str, attempt: int, folder: str) -> Manifest | None:
        """The manifest of the run's batch if it was published, durable by now; None: it was not, and never will be.

        (Never by an earlier attempt, whose staging `attempt` has from here on. What a later one does is its business.)
        Raises: NotFound, DiskFull, DiskFailed, OSError, ValueError when the batch is there and cannot be read;
        ServerBusy when nobody can say just now.
        """
        ...

    async def discard(self, operation_id: str, attempt: int | None = None) -> None:
        """Removes what was staged for this run; `attempt`: by it or an earlier one, for a later one may be at work."""
        ...

    async def discard_superseded(self, operation_id: str, attempt: int) -> None:
        """Removes what this attempt has staged if a later one has staging of its own, else that may still want it."""
        ...

    async def discard_attempt(self, staging: StagingFolder) -> None:
        """Removes what one attempt left; nothing if a later attempt has just taken it over."""
        ...

    async def delete_batch(self, folder: str) -> None:
        """Removes a published batch: nobody ever sees half of it."""
        ...

    async def measure(self, folders: Mapping[str, str]) -> dict[str, int]:
        """How many bytes the files of runs have, by their names: of its batch folder, else of what is staged."""
        ...

    async def list_batches(self) -> list[str]:
        """The names of all batches, oldest first."""
        ...

    async def list_staging(self) -> list[StagingFolder]:
        """What attempts are writing, or have left."""
        ...

    def staged_names(self, operation_id: str) -> list[str]:
        """The files of a run that are whole and not published; they stay when it ends without a result, for a retry."""
        ...

    def find_staged(self, operation_id: str, name: str) -> ReadableFile | None:
        """A file, by its exact name, of a run that is executed here and not published yet."""
        ...

    def announced(self, operation_id: str, attempt: int, record: StoredFile) -> ReadableFile:
        """A file that the run's attempt has announced, wherever it is executed; nothing else may be asked for."""
        ...

    async def find_batch(self, operation_id: str) -> str | None:
        """The name of the run's batch, if it was published and is still there."""
        ...

    async def find_published(self, folder: str, name: str) -> ReadableFile:
        """A file of a batch, by its exact name in the manifest. Raises: NotFound."""
        ...

    async def list_published(self, folder: str) -> Sequence[ReadableFile]:
        """Every file of a batch, the manifest first. Raises: NotFound."""
        ...

    async def read_manifest(self, folder: str) -> Manifest:
        """The batch's manifest. Raises: NotFound."""
        ...

    def location(self, folder: str) -> str:
        """Where a person finds the batch."""
        ...
