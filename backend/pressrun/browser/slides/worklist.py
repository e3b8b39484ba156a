"""Which slice is to be captured next, by whichever browser asks first. Pure policy; one per document.

Slices are handed out in order and not more than `window` ahead of the first that is not finished: so a reader sees them
come in order, and what is under way stays bounded however long the document is. A slice that is given back is next.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

import anyio

from pressrun.browser.slides.page_breaks import Slice

MAX_RETRIES = 3  # issue 5: a crashed slice is tried again, at most three times


class WorkList:
    """The slices of one document by their number, and how far they are."""

    def __init__(self, slices: Sequence[tuple[int, Slice]], window: int) -> None:
        self._slices = dict(slices)
        self._todo = [index for index, _ in slices]
        heapify(self._todo)
        self._unfinished = sorted(self._todo, reverse=True)  # the first one is last
        self._finished: set[int] = set()
        self._retries: dict[int, int] = {}
        self._window = window
        self._news = anyio.Event()

    @property
    def done(self) -> bool:
        """Every slice is captured and saved."""
        return not self._unfinished

    @property
    def exhausted(self) -> bool:
        """Nothing is left to hand out, unless a slice is given back."""
        return not self._todo

    @property
    def left(self) -> int:
        """Slices that are to be handed out."""
        return len(self._todo)

    def next_nowait(self) -> tuple[int, Slice] | None:
        """A slice to be captured now; None when the rest has to wait."""
        if not self._is_open:
            return None
        index = heappop(self._todo)
        return index, self._slices[index]

    async def wait(self) -> bool:
        """Until there is a slice to be captured; False when all are done."""
        while not self._is_open:
            if self.done:
                return False
            await self._news.wait()
        return True

    def finish(self, index: int) -> None:
        """The slice is saved."""
        self._finished.add(index)
        while self._unfinished and self._unfinished[-1] in self._finished:
            self._finished.discard(self._unfinished.pop())
        self._tell()

    def give_back(self, index: int) -> bool:
        """The slice could not be captured; False when that has happened too often."""
        self._retries[index] = self._retries.get(index, 0) + 1
        heappush(self._todo, index)
        self._tell()
        return self._retries[index] <= MAX_RETRIES

    @property
    def _is_open(self) -> bool:
        # Counted by number, not by slices left: gaps (captured by an earlier attempt) only make the window smaller.
        return bool(self._todo) and self._todo[0] < self._unfinished[-1] + self._window

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()
