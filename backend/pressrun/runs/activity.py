"""`Activity`: whether there is a run to look after, here or in another process on the same database.

The one clock of all that looks now and then: while there is a run, each looks as often as its promise wants; while
there is none, all of them sleep until somebody begins one (decision 0032).
"""

from __future__ import annotations

from collections.abc import Callable

import anyio

_IDLE_LOOK_S = 60.0  # arbitrary (30..300): for what nobody can have missed


class Activity:
    """One per process, on the event loop. `when_changed` is called with whether there is something to look after."""

    def __init__(self, when_changed: Callable[[bool], None] = lambda _busy: None) -> None:
        self.busy = True  # until somebody has looked
        self._when_changed = when_changed
        self._stirs = 0
        self._news = anyio.Event()

    @property
    def stirs(self) -> int:
        """To be given to `rest`: how much was known of when the look began."""
        return self._stirs

    def stir(self) -> None:
        """Somebody begins a run, or may have begun one; to be called before anything depends on being seen alive."""
        self._stirs += 1
        if not self.busy:
            self.busy = True
            self._news.set()
            self._when_changed(True)

    def rest(self, stirs: int) -> None:
        """There is no run in the database, as of when `stirs` was."""
        if self.busy and stirs == self._stirs:
            self.busy = False
            self._news = anyio.Event()
            self._when_changed(False)

    async def pause(self, busy_s: float) -> None:
        """Waits for `busy_s`; before, while there is nothing to look after, until there is."""
        if not self.busy:
            with anyio.move_on_after(_IDLE_LOOK_S):
                await self._news.wait()
        await anyio.sleep(busy_s)
