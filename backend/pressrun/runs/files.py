"""`RunFiles`: where the files of a run are. While it goes on by what it has announced, afterwards by its manifest.

A name is looked up exactly; nothing a client sends is ever made part of a path.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressrun.artifacts.model import StoredFile, media_type_of
from pressrun.artifacts.names import batch_folder_name
from pressrun.db import events as event_queries
from pressrun.errors import Conflict, NotFound
from pressrun.events.model import BODY, AnyBody, Artifact, HtmlGenerated, Screenshot

if TYPE_CHECKING:
    from pressrun.artifacts.ports import ArtifactStore, ReadableFile
    from pressrun.db import Connection
    from pressrun.db.engine import Database
    from pressrun.runs.model import Run

_TELL_OF_FILES = ("html_generated", "screenshot", "artifact")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that is there. `descriptor` is open where it lies on this machine, else None: then it is to be read."""

    file: ReadableFile
    descriptor: int | None

    @property
    def record(self) -> StoredFile:
        """Its name, size, digest and media type."""
        return self.file.record


@dataclass(frozen=True, slots=True)
class Archive:
    """Every file of a run that is complete, and what they are called together."""

    name: str
    files: Sequence[ReadableFile]


class RunFiles:
    """One per process; share it freely."""

    def __init__(self, database: Database, store: ArtifactStore) -> None:
        self._database = database
        self._store = store

    @asynccontextmanager
    async def open(self, run: Run, name: str) -> AsyncIterator[OpenedFile]:
        """The file of that name, open until the block ends, whatever becomes of the run meanwhile.

        Raises: NotFound.
        """
        async with AsyncExitStack() as stack:
            yield await self._open(stack, run, name)

    async def _open(self, stack: AsyncExitStack, run: Run, name: str) -> OpenedFile:
        try:
            # each of them also because what the one before had found has moved meanwhile
            for find in (self._staged_here, self._announced, self._published):
                file = await find(run, name)
                if file is None:
                    continue
                descriptor = file.descriptor()
                if descriptor is None:
                    return OpenedFile(file, None)
                with contextlib.suppress(NotFound):
                    return OpenedFile(file, await stack.enter_async_context(descriptor))
        except NotFound as exc:
            raise _no_file(run) from exc
        raise _no_file(run)

    async def _staged_here(self, run: Run, name: str) -> ReadableFile | None:
        return None if run.status == "complete" else self._store.find_staged(run.operation_id, name)

    async def _announced(self, run: Run, name: str) -> ReadableFile | None:
        """Another process has it, or has taken it over with a later attempt."""
        if run.status == "complete":
            return None
        record = await self._database.read(_read_announced, run.operation_id, name)
        return None if record is None else self._store.announced(run.operation_id, run.attempt, record)

    async def _published(self, run: Run, name: str) -> ReadableFile:
        """Also of a run that is just being published: its files have moved, and its row does not say so yet."""
        return await self._store.find_published(batch_folder_name(run.created_at, run.operation_id), name)

    async def archive(self, run: Run) -> Archive:
        """Raises: Conflict before the run is complete, NotFound."""
        if run.status != "complete":
            raise Conflict(f"run {run.operation_id} is {run.status}: there is an archive when it is complete")
        folder = batch_folder_name(run.created_at, run.operation_id)
        return Archive(folder, await self._store.list_published(folder))


def _no_file(run: Run) -> NotFound:
    return NotFound(f"run {run.operation_id} ({run.status}) has no file of that name")


def _read_announced(connection: Connection, operation_id: str, name: str) -> StoredFile | None:
    """The newest announcement of the file of that exact name."""
    logged = event_queries.read_types(connection, operation_id, _TELL_OF_FILES)
    files = (_file_of(BODY.validate_json(event.data)) for event in reversed(logged))
    return next((file for file in files if file is not None and file.name == name), None)


def _file_of(body: AnyBody) -> StoredFile | None:
    """The file of which an event tells; None: it tells of none, or, in an old log, not its digest."""
    match body:
        case HtmlGenerated(html_filename=name, size_bytes=size_bytes, sha256=str(sha256)):
            return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=sha256)
        case Screenshot(filename=name, size_bytes=size_bytes, sha256=sha256):
            return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=sha256)
        case Artifact(name=name, media_type=media_type, size_bytes=size_bytes, sha256=sha256):
            return StoredFile(name=name, media_type=media_type, size_bytes=size_bytes, sha256=sha256)
    return None
