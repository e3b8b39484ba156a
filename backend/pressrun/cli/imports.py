"""How the commands import what they need."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """No garbage is collected inside, nor looked for in what was imported ever after.

    Collecting while modules are made finds nothing, and takes a tenth of the time of it (measured: 0.2 of 2.4 s).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
