"""How much memory each page of a browser may take. Owns the look at its renderers, and their end.

The last resort: it needs not know what a document does. Pictures hidden from `picture_sizes`, canvases, buffers of
WebAssembly and layouts without end all end here. A page has a process of its own, because each has a context of its
own; so who outgrows the limit costs no other page anything. It is ended by closing its context, which takes 50 ms even
in the middle of a decode: a renderer that is killed while it is captured takes the whole headless shell with it (seen
with version 156). Linux only: elsewhere nobody tells what a process holds.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import anyio

from pressrun import procfs
from pressrun.browser.chromium.handle import ProcessHandle
from pressrun.browser.chromium.playwright import async_api

_log = logging.getLogger(__name__)

_LOOK_S: Final = 0.1  # a renderer was seen to grow by 1 GB a second; a look takes 0.1 ms
_SEARCH_EVERY: Final = 5  # looks: finding the renderers takes ten times as long as looking at those that are known
_CLOSE_LIMIT_S: Final = 1.0  # after it the process is killed, whatever that takes with it


class Page(Protocol):
    """As much as is needed of the page of a renderer."""

    outgrown: bool
    is_blank: bool

    async def close(self) -> None: ...


class PageMemory:
    """The renderers of one local Chromium. `watch` runs as long as the browser; pages are opened inside `opening`."""

    def __init__(self, pid: int, limit_bytes: int) -> None:
        self._pid = pid
        self._limit_bytes = limit_bytes
        self._opened = anyio.Event()
        self._opening = anyio.Lock()  # without it nobody knows which of two new renderers is whose
        self._owners: dict[int, Page] = {}

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[list[Page]]:
        """The body appends the page that it opens; the renderer that is new then is its own."""
        async with self._opening:
            before, made = _renderers(self._pid) or set(), list[Page]()
            yield made
            if made:
                self._owners.update(dict.fromkeys((_renderers(self._pid) or set()) - before, made[0]))
            self._opened.set()

    def look(self) -> None:
        """A document comes into a page: it is looked at from now on."""
        self._opened.set()

    async def watch(self, lost: anyio.Event) -> None:
        """Looks as long as there is a page that is not blank, until the browser is lost. Begun anew it looks at those
        that are open.
        """
        self._opened.set()
        async with anyio.create_task_group() as tasks:
            if procfs.HERE:
                tasks.start_soon(self._look_on)
            await lost.wait()
            tasks.cancel_scope.cancel()

    async def _look_on(self) -> None:
        while True:
            await self._opened.wait()
            self._opened = anyio.Event()
            while (known := _renderers(self._pid)) or known is None:
                if known is None:
                    await anyio.sleep(_LOOK_S * _SEARCH_EVERY)
                    continue
                self._owners = {pid: page for pid, page in self._owners.items() if pid in known}
                if all(pid in self._owners and self._owners[pid].is_blank for pid in known):
                    break
                for _ in range(_SEARCH_EVERY):
                    for pid in [pid for pid in known if (procfs.rss_bytes_of(pid) or 0) > self._limit_bytes]:
                        known.discard(pid)
                        await self._end(pid)
                    await anyio.sleep(_LOOK_S)

    async def _end(self, pid: int) -> None:
        process = ProcessHandle(pid)
        page = self._owners.pop(pid, None)
        _log.debug("a page holds more than %d MB and is ended", self._limit_bytes // 1_000_000)
        with anyio.move_on_after(_CLOSE_LIMIT_S) as limit:
            if page is not None:
                page.outgrown = True
                try:
                    await page.close()
                except async_api.Error:
                    _log.debug("the page was gone before it was ended", exc_info=True)
        if page is None or limit.cancelled_caught:
            process.kill()
        process.release()


def _renderers(browser: int) -> set[int] | None:
    """Those below the browser's process, or below the zygotes that it forks them from.

    None when nothing could be seen: a browser is never without children, so it has gone, or no descriptor is left.
    """
    found: set[int] = set()
    waiting = procfs.children_of(browser)
    if not waiting:
        return None
    while waiting:
        pid = waiting.pop()
        if b"--type=renderer" in (procfs.command_line_of(pid) or b""):
            found.add(pid)
        else:
            waiting |= procfs.children_of(pid)
    return found
