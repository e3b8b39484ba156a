"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Postgres, find_binaries, start_postgres


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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A new place for the product's tables, once on each medium: what `open_core` opens."""
    if request.param == "sqlite":
        return tmp_path
    running: Postgres = request.getfixturevalue("postgres")
    return running.database(str(tmp_path))
