"""How long a test waits before it says that something hangs. No limit here is a promise: figures are in benchmarks/.

A limit is written as what is ample on a quiet machine. A test beside others, on a machine that is busy with something
else too, has several times as long; what hangs does so for ever, or until a limit of the product that is longer still.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final

import anyio

SLOWER: Final = 8  # times as slow as a quiet machine: two workers for each core, and six busy loops beside them
HANG_S: Final = 20.0 * SLOWER
"""Longer than a server takes for anything that a test waits for."""


def fail_after(quiet_s: float) -> AbstractContextManager[anyio.CancelScope]:
    """`anyio.fail_after`, for hangs: so many seconds on a quiet machine."""
    return anyio.fail_after(quiet_s * SLOWER)


def pauses_s() -> Iterator[float]:
    """Between looks at what no event tells of: short at first, and then so long that looking costs next to nothing. A
    request costs its server some milliseconds, fifty of them a second a quarter of a core.
    """
    pause_s = 0.005
    while True:
        yield pause_s
        pause_s = min(1.3 * pause_s, 0.1)
