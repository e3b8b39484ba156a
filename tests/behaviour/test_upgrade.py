"""The data folder of the release before, opened by the server of this one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.postgres import Postgres
from tests.support.releases import restore_postgres, restore_sqlite
from tests.support.runs import check_events, check_folder, follow, posting, run_to_end, wait_for_status
from tests.support.server import cold, start_server

pytestmark = pytest.mark.slow


@pytest.mark.promise("upgrade")
@pytest.mark.parametrize("medium", ["sqlite", "postgres"])
def test_a_data_folder_of_the_release_before_is_taken_up_where_it_was_left(
    tmp_path: Path, medium: str, request: pytest.FixtureRequest
) -> None:
    data_dir, settings = tmp_path / "data", {}
    if medium == "sqlite":
        restore_sqlite(data_dir)
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        settings["PRESSRUN_DATABASE_URL"] = restore_postgres(postgres, str(tmp_path), data_dir)
    with (
        start_server(data_dir, **cold(), **settings) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        runs = {run["status"]: run for run in http.get("/runs").json()["runs"] if run["attempt"] == 1}
        complete, failed = runs["complete"], runs["error"]
        newest = [run["operation_id"] for run in http.get("/runs").json()["runs"]]
        interrupted, waiting = newest[2], newest[1]
        for operation_id in (interrupted, waiting):
            wait_for_status(http, operation_id, "complete", limit_s=30)
        story = follow(http, interrupted)
        check_events(story)
        assert [event["attempt"] for event in story if event["type"] == "started"] == [1, 2]
        check_folder(Path(story[-1]["folder"]))
        assert complete["pinned"]
        assert "The complete one" in http.get(f"/runs/{complete['operation_id']}/files/document.html").text
        assert failed["error"]["code"] == "ai_unavailable"
        replay = {"text": "# The complete one", "outputs": ["html"], "headers": {"Idempotency-Key": "key-1"}}
        with posting(http, **replay) as (response, events):
            assert response.headers["Run-Disposition"] == "replayed"
            assert next(events)["operation_id"] == complete["operation_id"]
        assert run_to_end(http, text="the slot is free", outputs=["html"])[-1]["type"] == "complete"
