"""Somebody with a browser, for every file here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support.server import Server
from tests.support.ui import DESK, WAIT_MS, Person


@pytest.fixture
def somebody(browser: Browser) -> Iterator[Callable[..., Person]]:
    contexts: list[BrowserContext] = []

    def enter(
        server: Server, size: tuple[int, int] = DESK, scheme: Literal["light", "dark"] = "light", **options: Any
    ) -> Person:
        width, height = size
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **options)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        return Person(context, server)

    yield enter
    for context in contexts:
        context.close()


@pytest.fixture
def person(somebody: Callable[..., Person], server: Server) -> Person:
    return somebody(server)
