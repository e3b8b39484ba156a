"""One real server for the tests that only talk to it; those that break it start their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.nursery import Nursery
from tests.support.server import Server, start_server

_WINDOW_S = "3600"  # of duplicates: a machine may stand still for longer than the 5 s that are usual


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("server") / "data", RUN_DEDUP_WINDOW_SECS=_WINDOW_S) as server:
        yield server


@pytest.fixture(scope="session")
def nursery() -> Nursery:
    """What forks the servers of this session, for a storm, which starts and kills its own."""
    assert Server.nursery is not None
    return Server.nursery.opened


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=HANG_S) as client:
        yield client
