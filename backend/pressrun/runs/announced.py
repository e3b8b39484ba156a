"""The files that a run has announced in its own log: name, size and digest of each, for whoever does not execute it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pressrun.artifacts.model import StoredFile, media_type_of
from pressrun.db import events as event_queries
from pressrun.events.model import BODY, AnyBody, Artifact, HtmlGenerated, Screenshot

if TYPE_CHECKING:
    from pressrun.db import Connection

_TELL_OF_FILES = ("html_generated", "screenshot", "artifact")


def read_announced(connection: Connection, operation_id: str, name: str) -> StoredFile | None:
    """The newest announcement of the file of that exact name."""
    logged = event_queries.read_types(connection, operation_id, _TELL_OF_FILES)
    files = (file_of(BODY.validate_json(event.data)) for event in reversed(logged))
    return next((file for file in files if file is not None and file.name == name), None)


def file_of(body: AnyBody) -> StoredFile | None:
    """The file of which an event tells; None: it tells of none, or, in an old log, not its digest."""
    match body:
        case HtmlGenerated(html_filename=name, size_bytes=size_bytes, sha256=str(sha256)):
            return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=sha256)
        case Screenshot(filename=name, size_bytes=size_bytes, sha256=sha256):
            return StoredFile(name=name, media_type=media_type_of(name), size_bytes=size_bytes, sha256=sha256)
        case Artifact(name=name, media_type=media_type, size_bytes=size_bytes, sha256=sha256):
            return StoredFile(name=name, media_type=media_type, size_bytes=size_bytes, sha256=sha256)
    return None
