"""Writing downloaded files: without a name first, verified, then named. Blocking: the client uses threads.

Invariant: under its final name there is either the whole verified file or what was there before. Where the disk can
hold a file without a name (Linux), one that was never finished is gone with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from pressrun.client.errors import DownloadDamaged, ProtocolError

ATTEMPTS = 4  # arbitrary (2..10): with backoff about ten seconds of a server that restarts
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_WINDOWS_MARKS = re.compile(r'[\x00-\x1f\x7f:*?"<>|\\]')
# what a kernel or a disk answers that has no nameless files (open(2)), or no links
_NO_NAMELESS = (errno.EISDIR, errno.ENOENT, errno.EOPNOTSUPP, errno.EINVAL)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


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


def nearest_folder(path: Path) -> Path:
    """The folder that `path` will be in, or the nearest one above it that is there: on the same disk."""
    return next((each for each in path.absolute().parents if each.is_dir()), Path("/"))


class PartFile:
    """A file that is arriving, in `folder` or beside where it is to be. Use as a context manager: without `publish()`
    nothing remains.
    """

    def __init__(self, folder: Path, name: str, sha256: str | None) -> None:
        self._name = name
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self._path: Path | None = None
        self._file: IO[bytes]
        try:
            self._file = open(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")  # noqa: SIM115, PTH123 - closed by us; no path
        except (AttributeError, OSError) as exc:
            if isinstance(exc, OSError) and exc.errno not in _NO_NAMELESS:
                raise
            self._path = folder / f".{PurePosixPath(name).name[:100]}.{secrets.token_hex(4)}.part"
            self._file = self._path.open("x+b")

    def __enter__(self) -> PartFile:
        return self

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)

    def verify(self) -> None:
        """When all has been written. Raises: DownloadDamaged."""
        self._file.flush()
        arrived = self._digest.hexdigest()
        if self._sha256 is not None and arrived != self._sha256:
            raise DownloadDamaged(f"{self._name} arrived as {arrived[:12]}…, the server named {self._sha256[:12]}….")

    def publish(self, to: Path, *, replace: bool) -> Path:
        """Gives it its name, at once. Raises: FileExistsError where that is taken and may not be."""
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._link(to)
        except FileExistsError as exc:
            if not replace:
                raise FileExistsError(errno.EEXIST, "is there already", str(to)) from exc
            beside = to.with_name(f".{to.name[:100]}.{secrets.token_hex(4)}.part")
            self._link(beside)
            try:
                beside.replace(to)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
        return to

    def copy_to(self, stream: IO[bytes]) -> None:
        """Raises: OSError."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, stream)
        stream.flush()

    def _link(self, to: Path) -> None:
        descriptor = self._file.fileno()
        if self._path is None:
            # a `src_dir_fd` makes Python follow the link, which names the file itself (open(2), O_TMPFILE)
            os.link(f"/proc/self/fd/{descriptor}", to, src_dir_fd=descriptor)
            return
        try:
            os.link(self._path, to)
        except OSError as exc:
            if exc.errno not in _NO_LINKS or to.exists():
                raise
            self._path.rename(to)

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def publish_all(parts: Sequence[tuple[PartFile, str]], folder: Path, *, replace: bool) -> list[Path]:
    """Gives them their names in `folder`. One that is not there yet, or is empty, comes into being with all of them.

    Raises: FileExistsError where a name is taken and may not be; some may have theirs by then.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return [part.publish(place_in(folder, name), replace=replace) for part, name in parts]
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        new.mkdir()
        for part, name in parts:
            part.publish(place_in(new, name), replace=False)
        new.replace(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(new)
        raise
    return [place_in(folder, name) for _, name in parts]
