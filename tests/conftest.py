"""What every test may ask for."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog

from tests.support.nursery import SharedNursery
from tests.support.postgres import Postgres, find_binaries, start_postgres
from tests.support.server import Server
from tests.support.tls_context import share_tls_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser


_EXAMPLES = 100  # of a property; Hypothesis' own default
_QUICK_EXAMPLES = 15  # in `make check`: arbitrary (10..30); `make test` has the others
_SLOW_TO_START = {"browser", "nursery", "server"}  # fixtures: a Chromium, a server; Postgres is below


def pytest_configure(config: pytest.Config) -> None:
    quick = "not slow" in config.option.markexpr
    examples = _QUICK_EXAMPLES if quick else _EXAMPLES
    hypothesis.settings.register_profile("no promise of time", deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("no promise of time")
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])  # rich takes 0.2 s for each
    share_tls_context()
    compiled = config.rootpath / ".pytest_cache" / "node"  # by each of hundreds of drivers: a tenth of a second
    os.environ.setdefault("NODE_COMPILE_CACHE", str(compiled))
    Server.nursery = SharedNursery()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever starts a Postgres, a server or a Chromium is slow: `make check` does without. Those that take longest
    begin first: at the end all workers have something to do.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        on_postgres = "postgres" in names and "where" not in names  # `where` marks what it runs on Postgres
        if on_postgres or not _SLOW_TO_START.isdisjoint(names):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


def pytest_collection_finish() -> None:
    """What 6 000 tests are made of stays until the end: looking through it again and again is a tenth of what quick
    tests take.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    if Server.nursery is not None:
        Server.nursery.close()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres of this session alone. Without its binaries these tests are skipped, in CI they fail."""
    binaries = find_binaries()
    if binaries is None:
        reason = "NOT TESTED ON POSTGRES: no initdb here; run: sudo apt-get install postgresql"
        (pytest.fail if os.environ.get("PRESSRUN_TEST_POSTGRES") == "required" else pytest.skip)(reason)
    with start_postgres(binaries) as running:
        yield running


@pytest.fixture(scope="module")
async def warm_parser(anyio_backend: str) -> AsyncIterator[None]:
    """One child that parses for the whole module, as a server has: a child for each test costs half a second."""
    from pressrun.sources.parser_pool import cool_down, warm_up

    await warm_up()
    yield
    await cool_down()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for tests that look at our own pages; of one module, since its loop would be in the way of others'."""
    from tests.support.chromium import open_chromium  # Playwright, which most tests do without

    with open_chromium() as browser:
        yield browser


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A new place for the product's tables, once on each medium: what `open_core` opens."""
    if request.param == "sqlite":
        return tmp_path
    running: Postgres = request.getfixturevalue("postgres")
    return running.database(str(tmp_path))
