"""What an error of the operating system means to us."""

from __future__ import annotations

import errno
import os

from pressrun.errors import DiskFailed, DiskFull, ServerBusy


def failure_of_disk(exc: OSError) -> DiskFull | DiskFailed | None:
    """What the disk has to do with it; None: nothing, as far as one can tell."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    return DiskFailed() if exc.errno in (errno.EIO, errno.EROFS) else None


def is_out_of_descriptors(exc: OSError) -> bool:
    """Whether it says nothing of the file: the process, or the machine, has too many open."""
    return exc.errno in (errno.EMFILE, errno.ENFILE)


def has_descriptors() -> bool:
    """Whether a file can be opened at all: for libraries that do not say why they could not open theirs."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as exc:
        return not is_out_of_descriptors(exc)
    return True


def out_of_descriptors() -> ServerBusy:
    """What is told where there was no descriptor left."""
    return ServerBusy("the server has no file descriptor left; try again shortly")
