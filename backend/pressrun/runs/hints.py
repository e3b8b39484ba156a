"""`LaneHints`: lanes in which somebody who waits may begin now, from whoever knows to whoever serves them.

A hint is one too many at worst; what none was given for is found by the reconciler. Giving one runs nothing: the end of
a run only says that there was one.
"""

from __future__ import annotations

import anyio


class LaneHints:
    """One per process, on the event loop: any number who give, one who takes."""

    def __init__(self) -> None:
        self._lanes: set[str] = set()
        self._news = anyio.Event()
        self._closed = False

    def give(self, lane: str) -> None:
        """A slot of the lane may be free, or somebody may wait in it who did not."""
        if not self._closed:
            self._lanes.add(lane)
            self._news.set()

    async def take(self) -> set[str]:
        """The lanes of which there were hints since; waits for one."""
        while not self._lanes:
            self._news = anyio.Event()
            await self._news.wait()
        lanes, self._lanes = self._lanes, set()
        return lanes

    def close(self) -> None:
        """Nobody begins here any more."""
        self._closed = True
        self._lanes.clear()
