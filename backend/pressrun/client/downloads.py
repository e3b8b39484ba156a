"""Writing a downloaded file: to a neighbour first, verified, then one rename. Blocking: the client uses threads.

Invariant: under its final name there is either the whole verified file or what was there before.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType

from pressrun.client.errors import DownloadDamaged, ProtocolError

ATTEMPTS = 4  # arbitrary (2..10): with backoff about ten seconds of a server that restarts
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_WINDOWS_MARKS = re.compile(r'[\x00-\x1f\x7f:*?"<>|\\]')


def place_in(folder: Path, name: str) -> Path:
    """Where a file of that name goes inside `folder`.

    Raises: ProtocolError when the name, which the server chose, leads anywhere else.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or _WINDOWS_MARKS.search(name):
        raise ProtocolError(f"The server names a file {name!r}, which is no name inside a folder.")
    return folder.joinpath(*parts)


def digest_of(headers: Mapping[str, str]) -> str | None:
    """The sha256 that the ETag is (CONTRACT "The rest"); None if it is something else."""
    tag = headers.get("etag", "").removeprefix("W/").strip('"').removeprefix("sha256:").removeprefix("sha256-")
    return tag if _SHA256.match(tag) else None


class PartFile:
    """A file that is arriving. Use as a context manager: without `finish()` nothing remains."""

    def __init__(self, to: Path, sha256: str | None) -> None:
        self._to = to
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        to.parent.mkdir(parents=True, exist_ok=True)
        self._path = to.with_name(f".{to.name[:100]}.{secrets.token_hex(4)}.part")
        self._file = self._path.open("wb")

    def __enter__(self) -> PartFile:
        return self

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)

    def finish(self) -> Path:
        """Verifies and renames. Raises: DownloadDamaged."""
        self._file.close()
        arrived = self._digest.hexdigest()
        if self._sha256 is not None and arrived != self._sha256:
            raise DownloadDamaged(f"{self._to.name} arrived as {arrived[:12]}…, the server named {self._sha256[:12]}….")
        self._path.replace(self._to)
        return self._to

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
