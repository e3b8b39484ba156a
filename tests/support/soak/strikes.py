"""Harm to the browsers of a running server, at random moments: each is survived by the product or is a fault of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from typing import Final

from tests.support.chaos.history import History
from tests.support.soak.levels import family_of

# what, how it is done, how often of 20: the driver takes every browser along
_STRIKES: Final = (
    *(("renderer", signal.SIGKILL),) * 9,
    *(("browser", signal.SIGKILL),) * 6,
    *(("browser", signal.SIGSTOP),) * 3,
    *(("driver", signal.SIGKILL),) * 2,
)


class Striker:
    """Strikes when told to; writes down when, for the judge."""

    def __init__(self, pid: int, history: History, chance: random.Random) -> None:
        self._pid = pid
        self._history = history
        self._chance = chance
        self.struck: Counter[str] = Counter()

    def strike(self) -> None:
        """One process of the kind that is drawn, if there is one."""
        kind, how = self._chance.choice(_STRIKES)
        targets = [pid for found, pid in family_of(self._pid) if found == kind]
        if not targets:
            return
        self._history.struck_at.append(time.time())
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._chance.choice(targets), how)
            self.struck[f"{kind} {how.name}"] += 1
