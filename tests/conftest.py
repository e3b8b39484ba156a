"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import RunningServer, start_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """One real server for all tests that only talk to it; give each its own lane. No dedup window."""
    with start_server(run_dedup_window_s="0") as running:
        yield running
