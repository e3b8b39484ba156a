"""What is done to folders and files of a disk that may be full, failing or shared; for the modules of `artifacts`.

Everything here that does not wait (`async`) blocks, and is run by `in_thread`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from pressrun.errors import DiskFailed
from pressrun.os_errors import failure_of_disk, is_out_of_descriptors, out_of_descriptors

TOMBSTONE = "deleted-"
T = TypeVar("T")


async def in_thread(work: Callable[..., T], *args: object) -> T:
    try:
        return await anyio.to_thread.run_sync(work, *args)
    except OSError as exc:
        if is_out_of_descriptors(exc):
            raise out_of_descriptors() from exc
        failure = failure_of_disk(exc)
        if failure is None and exc.errno == errno.EACCES:  # in our own folder: it was made read-only
            failure = DiskFailed()
        if failure is not None:
            raise failure from exc
        raise


async def sha256_of(data: bytes) -> str:
    """In hex, and in a thread: of the largest document it takes a tenth of a second."""
    return await anyio.to_thread.run_sync(lambda: hashlib.sha256(data).hexdigest())


def prove_writable(root: Path) -> None:
    probe = root / f"probe-{secrets.token_hex(4)}"  # several may ask at once
    try:
        probe.write_bytes(b"?")
        sync(probe)
    finally:
        probe.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def bury(folder: Path, tombstone: Path) -> None:
    """By a rename first: who still writes into the folder finds it gone, and cannot keep it from being emptied."""
    _clear(tombstone)  # that a failing disk has left half full
    with contextlib.suppress(FileNotFoundError):
        folder.rename(tombstone)
    _clear(tombstone)


def _clear(tombstone: Path) -> None:
    while tombstone.exists():
        with contextlib.suppress(FileNotFoundError):  # somebody else does the same
            shutil.rmtree(tombstone)


def size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def list_folders(root: Path) -> list[str]:
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


def clear_tombstones(root: Path) -> None:
    for tombstone in root.glob(f"{TOMBSTONE}*"):
        shutil.rmtree(tombstone, ignore_errors=True)
