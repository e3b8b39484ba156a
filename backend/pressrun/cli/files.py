"""Files that somebody names: where they lead, and no more of them than can be sent."""

from __future__ import annotations

import os
from pathlib import Path


def real_path(path: Path) -> Path:
    """Where it leads, by its links; itself where they lead round in a circle, which `Path.resolve` makes an error."""
    return Path(os.path.realpath(path))


def read_start(path: Path, most_bytes: int) -> bytes:
    """One byte more than that at most, by which a caller knows that it is larger; so a device has an end. Raises:
    OSError.
    """
    with path.open("rb") as stream:
        return stream.read(most_bytes + 1)
