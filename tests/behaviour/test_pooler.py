"""Two whole servers behind a real pgbouncer, in both modes that keep transactions whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.pgbouncer import NOT_HERE, find_pgbouncer, start_pgbouncer, url_of_somebody
from tests.support.postgres import Postgres
from tests.support.runs import chapter, check_events, check_folder, events_of, follow, run_to_end, starting
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.promise("processes")]


@pytest.fixture(params=["session", "transaction"])
def servers(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two of them on one data folder."""
    program = find_pgbouncer()
    if program is None:
        pytest.skip(NOT_HERE)
    mode: Literal["session", "transaction"] = request.param
    direct_url = url_of_somebody(postgres, str(tmp_path))
    with start_pgbouncer(program, direct_url, mode) as pooled_url:
        env = {"PRESSRUN_DATABASE_URL": pooled_url, "PRESSRUN_DATABASE_DIRECT_URL": direct_url}
        with start_server(tmp_path / "data", **env) as left, start_server(tmp_path / "data", **env) as right:
            yield left, right


def test_behind_a_pooler_a_run_comes_to_its_end_and_one_of_a_killed_server_goes_on_in_the_other(
    servers: tuple[Server, Server],
) -> None:
    left, right = servers
    with httpx.Client(base_url=left.url, timeout=HANG_S) as http:
        story = run_to_end(http, text=chapter(3, "whole"))
        check_events(story)
        check_folder(Path(story[-1]["folder"]))
        with starting(http, text=chapter(30, "orphan")) as (_, events):
            operation_id = next(event for event in events if event["type"] == "screenshot")["operation_id"]
            left.kill()
    with httpx.Client(base_url=right.url, timeout=HANG_S) as http:
        with http.stream("GET", f"/runs/{operation_id}/events") as answer:
            assert [event["type"] for event in events_of(answer)][-1] == "complete"
        story = follow(http, operation_id)
        check_events(story)
        assert [event["attempt"] for event in story if event["type"] == "started"] == [1, 2]
        assert run_to_end(http, text=chapter(2, "after it"))[-1]["type"] == "complete"
