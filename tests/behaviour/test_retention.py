"""Retention over a real server: told first, then done, through the API and the command line; the rest verifies."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from pressrun.api.gate.tokens import new_token
from tests.support.limits import HANG_S
from tests.support.runs import run_to_end, wait_until
from tests.support.server import PRESSRUN, start_server

pytestmark = pytest.mark.slow

A_SECOND_IN_DAYS = str(1 / 86_400)


def pressrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PRESSRUN), *arguments], check=False, capture_output=True, text=True, timeout=HANG_S)


def remembered_runs(data: Path) -> list[str]:
    """The operation ids the engine remembers a workflow of; a workflow's id may name its version behind an `@`."""
    with closing(sqlite3.connect(data / "engine.sqlite")) as connection:
        names = connection.execute("SELECT workflow_uuid FROM workflow_status")
        return [name.partition("@")[0] for (name,) in names]


@pytest.mark.chromium
@pytest.mark.promise("retention")
def test_old_runs_go_with_their_folders_pinned_ones_stay_and_verify(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with start_server(data, PRESSRUN_RETENTION_DAYS=A_SECOND_IN_DAYS) as server:
        with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
            old, pinned = (run_to_end(http, text=f"# {name}")[-1] for name in ("old", "pinned"))
            http.put(f"/runs/{pinned['operation_id']}/pin").raise_for_status()

            def told() -> list[str]:
                report = http.post("/retention", params={"dry_run": "1"}).raise_for_status().json()
                return [run["operation_id"] for run in report["runs"]]

            wait_until(lambda: told() == [old["operation_id"]])
            before = pressrun("retention", "--dry-run", "--server", server.url)
            assert f"{old['operation_id']}  " in before.stdout
            assert "1 run would go, " in before.stdout
            assert len(list((data / "batches").iterdir())) == 2

            after = pressrun("retention", "--server", server.url)
            assert "1 run removed, " in after.stdout
            assert http.get(f"/runs/{old['operation_id']}").status_code == 404
            assert remembered_runs(data) == [pinned["operation_id"]]
            (left,) = (data / "batches").iterdir()
            assert left.name.endswith(pinned["operation_id"])
            assert http.post("/retention?dry_run=maybe").status_code == 422
        server.kill()
        server.start()
        assert left.is_dir(), "the sweep at start leaves what is pinned"
    checked = pressrun("verify", "--data-dir", str(data))
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "1 folder checked, none damaged.")


def test_retention_and_what_is_known_of_the_server_need_the_scope_admin(tmp_path: Path) -> None:
    (runner, runs), (admin, administers) = new_token("runner"), new_token("admin", ["admin"])
    with start_server(tmp_path / "data", PRESSRUN_TOKENS=f"{runs},{administers}") as server:
        for method, path in (("POST", "/retention?dry_run=1"), ("GET", "/system/fonts"), ("GET", "/system")):
            answers = [
                httpx.request(method, server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=HANG_S)
                for token in (runner, admin)
            ]
            assert [answer.status_code for answer in answers] == [403, 200], path
    system = answers[1].json()
    assert {"database", "disk", "browser", "background", "room", "themes"} <= {
        each["name"] for each in system["checks"]
    }
    assert [each["name"] for each in system["pool"]["browsers"]]
    told = {each["name"]: each for each in system["settings"]}
    assert (told["PRESSRUN_TOKENS"]["value"], told["PRESSRUN_TOKENS"]["source"]) == ("runner, admin", "environment")
    assert runs.split(":")[1] not in answers[1].text
