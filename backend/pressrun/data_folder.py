"""The data folder: what lies in it, whose it is, and who else may look into it: nobody (docs/decisions/0029).

Documents, pictures, logs and databases of everybody who uses this server are in it. So it is made for its owner alone,
whatever the umask, and one that an earlier release left open is closed at each start. A folder that holds other things
besides ours (a home, /tmp) is left as it is; what is ours in it is closed. Closing a folder closes all below it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import structlog

from pressrun.errors import StartupError

DATABASE_NAME: Final = "pressrun.sqlite"
ENGINE_DATABASE_NAME: Final = "engine.sqlite"

# all that stands at the top of a data folder
_OURS: Final = re.compile(
    r"(pressrun|engine)\.sqlite(-wal|-shm|-journal)?|lock|reserve|store_id"
    r"|logs|staging|batches|cache|probe-[0-9a-f]+|\.(doctor|store_id)-\S+"
)
_STORE_ID: Final = re.compile(r"[0-9a-f]{32}")
_OTHERS: Final = 0o077
# arbitrary (0.5..3): a server that was killed while it started a child leaves lock and port to that for a moment
_LOCK_PATIENCE_S: Final = 1.0
_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
_NO_MODES: Final = (errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOTSUP)

_log = structlog.get_logger(__name__)


def keep_to_ourselves() -> None:
    """From now on whatever this process and its children make is for their user alone, in temporary folders too.

    For a program that is a server and nothing else: a command writes what it is asked for as its user wants it.
    """
    os.umask(_OTHERS)


def make_data_folder(folder: Path) -> None:
    """For its owner alone, if it is not there yet. Raises: OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def open_data_folder(folder: Path) -> Iterator[TextIO]:
    """The lock file of the data folder, which is made if it is not there; closed to others. Raises: StartupError."""
    try:
        make_data_folder(folder)
        close_to_others(folder)
        file = open(folder / "lock", "w", opener=_open_for_us)  # noqa: SIM115 - `Path.open` has no opener
    except OSError as exc:
        raise StartupError(
            f"cannot write to {folder}: {exc.strerror}; set PRESSRUN_DATA_DIR to a folder of yours"
        ) from exc
    with file:
        yield file


@contextmanager
def lock_data_folder(folder: Path) -> Iterator[TextIO]:
    """Holds the data folder for this process alone. Raises: StartupError."""
    with open_data_folder(folder) as file:
        given_up_at = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as exc:
                if time.monotonic() > given_up_at:
                    raise StartupError(
                        f"another Pressrun uses the data folder {folder}; stop it, or set PRESSRUN_DATA_DIR to "
                        "another folder"
                    ) from exc
                time.sleep(0.05)  # nothing else runs yet
        yield file


def read_store_id(folder: Path) -> str | None:
    """The name that this store was given; None if it has none yet. Raises: StartupError."""
    path = folder / "store_id"
    try:
        found = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StartupError(f"cannot read {path}: {exc.strerror}; make it readable for this user") from exc
    if not _STORE_ID.fullmatch(found):
        raise StartupError(f"{path} holds no name of a store; put it back from a backup, or remove it")
    return found


def make_store_id(folder: Path, store_id: str | None) -> str:
    """Gives the store a name, `store_id` or a random one, unless it has one; the one that it has then.

    At once and whole: of several who try at the same time all get the same. Durable when it returns.
    Raises: StartupError.
    """
    path = folder / "store_id"
    written = path.with_name(f".store_id-{secrets.token_hex(8)}")
    try:
        with open(written, "x", opener=_open_for_us) as file:
            file.write(f"{store_id or secrets.token_hex(16)}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            _name_once(written, path)
        _sync(folder)
    except OSError as exc:
        raise StartupError(f"cannot write {path}: {exc.strerror}; set PRESSRUN_DATA_DIR to a folder of yours") from exc
    finally:
        with contextlib.suppress(OSError):
            written.unlink()
    found = read_store_id(folder)
    assert found is not None  # noqa: S101 - just written
    return found


def _name_once(written: Path, path: Path) -> None:
    """Raises: FileExistsError, OSError."""
    try:
        path.hardlink_to(written)
    except OSError as exc:
        if exc.errno not in _NO_LINKS or path.exists():
            raise
        written.rename(path)  # a disk without links: two first starts at the same instant are not told apart there


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def close_to_others(folder: Path) -> None:
    """Takes the rights of group and others away; a handful of entries, whatever lies below. Raises: OSError."""
    refused = [path.name for path in _to_close(folder) if not _close(path)]
    if refused:
        _log.warning("other users of this machine may see the data folder", folder=str(folder), entries=refused)


def open_to_others(folder: Path) -> list[str]:
    """What other users of this machine may see or change: names of entries, `.` for the folder. Raises: OSError."""
    if not folder.is_dir() or not folder.stat().st_mode & _OTHERS:
        return []
    found = [path for path in _to_close(folder) if _is_open(path)]
    return ["." if path == folder else path.name for path in found]


def _to_close(folder: Path) -> list[Path]:
    """Our entries, and the folder itself if there is nothing else in it: what is above a thing closes it as well."""
    entries = list(folder.iterdir())
    ours = [path for path in entries if _OURS.fullmatch(path.name)]
    return ours if len(ours) < len(entries) else [folder, *ours]


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)
    except FileNotFoundError:  # another server has just removed it
        return False


def _close(path: Path) -> bool:
    """False where that cannot be done: somebody else's folder, a disk without rights."""
    if not _is_open(path):
        return True
    with contextlib.suppress(FileNotFoundError):
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
        except OSError as exc:
            if exc.errno not in _NO_MODES:
                raise
    return not _is_open(path)


def _open_for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
