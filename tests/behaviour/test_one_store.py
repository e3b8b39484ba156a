"""One database, one store: a server whose data folder is not the one that the runs are kept in does not start."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import anyio
import httpx
import pytest

from pressrun.data_folder import make_store_id, read_store_id
from pressrun.db.engine import open_database
from pressrun.errors import StartupError, WrongStore
from pressrun.runs.store_id import adopt_store, is_store, require_store
from tests.support.core import open_core
from tests.support.limits import HANG_S
from tests.support.postgres import Postgres
from tests.support.releases import restore_postgres
from tests.support.runs import run_to_end
from tests.support.server import PRESSRUN, cold, start_server

SENTENCE = "the runs of this database are kept in another store"


def adopt_by_command(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "PRESSRUN_DATA_DIR": str(folder), "PRESSRUN_DATABASE_URL": url}
    return subprocess.run([PRESSRUN, "adopt-store"], check=False, capture_output=True, text=True, env=env, cwd="/")


@pytest.mark.slow
@pytest.mark.promise("one-store")
def test_a_second_machine_that_shares_no_disk_is_refused_in_one_sentence(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database(str(tmp_path))
    with (
        start_server(tmp_path / "here", PRESSRUN_DATABASE_URL=url, **cold()) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        assert run_to_end(http, text="# Mine", outputs=["html"])[-1]["type"] == "complete"
        with (
            pytest.raises(AssertionError, match="ended at once") as refused,
            start_server(tmp_path / "there", PRESSRUN_DATABASE_URL=url, **cold()),
        ):
            pass
        said = str(refused.value).strip().splitlines()[-1]  # after uvicorn's own line that it exits
        assert said.startswith(f"pressrun: {SENTENCE}")
        assert str(tmp_path / "there") in said
        assert "Traceback" not in str(refused.value)
        busy = adopt_by_command(tmp_path / "there", url)
        assert (busy.returncode, "stop them first" in busy.stderr) == (1, True)
        with start_server(tmp_path / "here", PRESSRUN_DATABASE_URL=url, **cold()) as beside:
            assert httpx.get(beside.url + "/readyz", timeout=HANG_S).status_code in (200, 503)
    lost = adopt_by_command(tmp_path / "there", url)
    assert lost.returncode == 0, lost.stderr
    with start_server(tmp_path / "there", PRESSRUN_DATABASE_URL=url, **cold()):
        pass
    with (
        pytest.raises(AssertionError, match=SENTENCE),
        start_server(tmp_path / "here", PRESSRUN_DATABASE_URL=url, **cold()),
    ):
        pass


pytestmark = pytest.mark.anyio


async def test_a_folder_and_a_database_find_each_other_at_the_first_start_and_ever_after(
    where: Path | str, tmp_path: Path
) -> None:
    async with open_core(where) as core:
        await require_store(core.database, tmp_path)
        known = read_store_id(tmp_path)
        assert known is not None
        assert (tmp_path / "store_id").stat().st_mode & 0o777 == 0o600
        await require_store(core.database, tmp_path)
        assert read_store_id(tmp_path) == known
        other = tmp_path / "other"
        other.mkdir()
        make_store_id(other, None)
        with pytest.raises(WrongStore, match="set PRESSRUN_DATA_DIR"):
            await require_store(core.database, other)


@pytest.mark.slow
async def test_of_two_folders_at_once_one_is_taken(tmp_path: Path, postgres: Postgres) -> None:
    outcomes: list[str] = []

    async def start(folder: Path) -> None:
        try:
            await require_store(core.database, folder)
            outcomes.append(folder.name)
        except WrongStore:
            outcomes.append("refused")

    async with open_core(postgres.database(str(tmp_path))) as core, anyio.create_task_group() as tasks:
        for name in ("a", "a", "b", "b", "c"):
            (tmp_path / name).mkdir(exist_ok=True)
            tasks.start_soon(start, tmp_path / name)
    taken = set(outcomes) - {"refused"}
    assert len(taken) == 1, outcomes
    assert outcomes.count(taken.pop()) in (1, 2)


def test_servers_that_start_at_once_give_one_folder_one_name(tmp_path: Path) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(make_store_id(tmp_path, None))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 16
    assert set(names) == {read_store_id(tmp_path)}
    assert [path.name for path in tmp_path.iterdir()] == ["store_id"]


@pytest.mark.slow
async def test_an_empty_folder_is_not_taken_for_the_store_of_an_earlier_release(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = restore_postgres(postgres, str(tmp_path), tmp_path / "real")
    (tmp_path / "empty").mkdir()
    async with open_database(url) as database:
        with pytest.raises(WrongStore):
            await require_store(database, tmp_path / "empty")
        assert list((tmp_path / "empty").iterdir()) == []
        await require_store(database, tmp_path / "real")
        assert not await is_store(database, tmp_path / "empty")


async def test_a_backup_put_back_is_the_store_and_a_new_folder_is_not(where: Path | str, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    async with open_core(where) as core:
        await require_store(core.database, folder)
        shutil.copytree(folder, tmp_path / "backup")
        shutil.rmtree(folder)
        (tmp_path / "backup").rename(folder)
        await require_store(core.database, folder)
        await adopt_store(core.database, folder)
        await require_store(core.database, folder)


async def test_a_new_database_under_an_old_folder_takes_its_name(where: Path | str, tmp_path: Path) -> None:
    known = make_store_id(tmp_path, None)
    async with open_core(where) as core:
        await require_store(core.database, tmp_path)
    assert read_store_id(tmp_path) == known


@pytest.mark.slow
async def test_beside_postgres_a_lost_name_is_not_made_up(tmp_path: Path, postgres: Postgres) -> None:
    async with open_core(postgres.database(str(tmp_path))) as core:
        await require_store(core.database, tmp_path)
        (tmp_path / "store_id").unlink()
        with pytest.raises(WrongStore):
            await require_store(core.database, tmp_path)
        await adopt_store(core.database, tmp_path)
        await require_store(core.database, tmp_path)


async def test_beside_a_sqlite_file_a_lost_name_is_written_again(tmp_path: Path) -> None:
    async with open_core(tmp_path) as core:
        await require_store(core.database, tmp_path)
        known = read_store_id(tmp_path)
        (tmp_path / "store_id").unlink()
        await require_store(core.database, tmp_path)
    assert read_store_id(tmp_path) == known


async def test_a_name_that_cannot_be_read_or_written_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "store_id").write_text("torn")
    with pytest.raises(StartupError, match=r"store_id holds no name"):
        read_store_id(tmp_path)
    (tmp_path / "store_id").unlink()
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"cannot write .*store_id"):
        make_store_id(tmp_path / "file", None)
