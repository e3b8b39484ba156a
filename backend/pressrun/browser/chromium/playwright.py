"""Playwright as the rest of the package uses it: imported with the first driver, not with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread

from pressrun.errors import BrowserUnavailable
from pressrun.later import import_later

if TYPE_CHECKING:
    from playwright import async_api
else:
    async_api = import_later("playwright.async_api")  # 70 of the 900 ms that a start takes

__all__ = ["async_api", "load"]


async def load() -> None:
    """Imports it in a thread: the server is already answering when its first browser is started.

    Raises: BrowserUnavailable when its files cannot be read, as without a descriptor.
    """
    try:
        await anyio.to_thread.run_sync(lambda: async_api.Error)
    except OSError as exc:
        raise BrowserUnavailable(f"Playwright could not be loaded: {exc.strerror}; try again.") from exc
