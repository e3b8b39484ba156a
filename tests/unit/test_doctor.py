"""What `pressrun doctor` says of a machine where something is broken."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pressrun import checks as machine
from pressrun import doctor
from pressrun.browser.pool.pool import BrowserPoolConfig, open_browser_pool
from pressrun.browser.setup.fonts import SAMPLES, scripts_without_font
from pressrun.checks import Check
from pressrun.db.engine import open_database
from pressrun.db.found import find_version
from pressrun.doctor import Server, ask_server, run_doctor
from pressrun.runs.store_id import require_store
from pressrun.settings import Settings
from tests.support.limits import fail_after
from tests.support.postgres import Postgres
from tests.support.releases import restore_sqlite
from tests.support.server import free_port
from tests.support.threaded_server import serve

pytestmark = pytest.mark.anyio

KEY = "sk-canary-7f31"


async def examine(tmp_path: Path, **given: Any) -> dict[str, Check]:
    """Every check by name; without Chromium unless asked for, because that is the slow one."""
    values = {
        "data_dir": tmp_path / "data",
        "port": free_port(),
        "chromium": tmp_path / "no-chromium",
        "ai_base_url": None,
    } | given
    return {check.name: check for check in await run_doctor(Settings(**values))}


async def models(request: Request) -> Response:
    if request.headers.get("authorization") != f"Bearer {KEY}":
        return JSONResponse({"error": f"bad key {request.headers.get('authorization')}"}, 401)
    return JSONResponse({"data": [{"id": "small"}, {"id": "large"}]})


def endpoint() -> Starlette:
    async def page(_request: Request) -> Response:
        return HTMLResponse("<h1>It works</h1>")

    return Starlette(
        routes=[
            Route("/v1/models", models),
            Route("/page/models", page),
        ]
    )


@pytest.mark.chromium
async def test_on_a_machine_with_everything_nothing_is_broken(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    checks = await examine(tmp_path, chromium=None)
    assert [check for check in checks.values() if check.ok is False] == []
    assert {"Chromium", "page", "sandbox", "data folder", "disk", "database", "address", "AI endpoint"} <= checks.keys()
    assert {f"font {script}" for script in SAMPLES} <= checks.keys()


@pytest.mark.chromium
async def test_a_script_that_no_font_has_is_found_by_what_chromium_draws() -> None:
    samples = {"Latin": "é", "private": "\U0010fffb", "CJK": "語", "unassigned": "\u0378"}
    async with open_browser_pool(BrowserPoolConfig(local=1)) as pool:
        assert await scripts_without_font(pool, samples) == ["private", "unassigned"]


async def test_a_missing_chromium_is_named_with_the_command_that_installs_one(tmp_path: Path) -> None:
    check = (await examine(tmp_path))["Chromium"]
    assert (check.ok, check.remedy) == (False, "Run: pressrun install-browser")
    assert str(tmp_path / "no-chromium") in check.detail


async def test_a_chromium_that_does_not_start_is_a_failure_and_not_a_crash(tmp_path: Path) -> None:
    broken = tmp_path / "broken-chromium"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    check = (await examine(tmp_path, chromium=broken))["page"]
    assert check.ok is False
    assert check.remedy


async def test_a_driver_that_does_not_start_is_a_failure_and_not_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on bare Debian, where the driver's Node lacks a library."""
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
    check = (await examine(tmp_path, chromium=Path("/bin/true")))["page"]
    assert check.ok is False
    assert "install-browser" in check.detail


async def test_every_failure_and_every_note_to_mend_says_how(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    checks = await examine(tmp_path, data_dir=tmp_path / "file" / "data", host="0.0.0.0")
    broken = [check for check in checks.values() if check.ok is False]
    assert [check.name for check in broken] == ["Chromium", "data folder", "address"]
    assert all(check.remedy for check in broken)


async def test_a_data_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    checks = await examine(tmp_path, data_dir=tmp_path / "above" / "data")
    assert (checks["data folder"].ok, "not there yet" in checks["data folder"].detail) == (True, True)
    assert checks["disk"].detail.endswith("GB free")
    assert not (tmp_path / "above").exists()


async def test_a_data_folder_is_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    assert (await examine(tmp_path))["database"].ok is True
    assert list(folder.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_database_of_an_earlier_release_is_not_upgraded_by_looking(tmp_path: Path) -> None:
    folder = restore_sqlite(tmp_path / "data")
    before = contents(folder)
    told = (await examine(tmp_path))["database"]
    assert (told.ok, "is upgraded from schema 1 to" in told.detail) == (True, True)
    assert contents(folder) == before


async def test_a_database_that_is_in_use_is_only_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with open_database(folder / doctor.DATABASE_NAME) as database:
        await database.write(lambda connection: connection.exec_driver_sql("UPDATE runs SET status = status"))
        before = contents(folder)
        assert "-wal" in "".join(before)
        assert (await examine(tmp_path))["database"].detail.endswith("opens")
        after = contents(folder)
    assert {name for name in after if after[name] != before.get(name)} <= {f"{doctor.DATABASE_NAME}-shm"}


async def test_a_database_of_a_newer_release_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / doctor.DATABASE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 1000")
    told = (await examine(tmp_path))["database"]
    assert (told.ok, "newer Pressrun (schema 1000" in told.detail) == (False, True)
    assert "PRESSRUN_DATA_DIR" in told.remedy


async def test_a_database_that_is_not_ours_is_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / doctor.DATABASE_NAME).write_bytes(b"not a database, but a letter to my aunt " * 100)
    assert (await examine(tmp_path))["database"].ok is False


@pytest.mark.parametrize(("free_bytes", "ok"), [(50_000_000, False), (500_000_000, None), (5_000_000_000, True)])
async def test_a_disk_that_fills_up_is_a_note_and_then_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, ok: bool | None
) -> None:
    real = machine.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: real._replace(free=free_bytes))
    assert (await examine(tmp_path))["disk"].ok is ok


async def test_a_port_taken_by_something_else_is_a_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        check = (await examine(tmp_path, port=listener.getsockname()[1]))["address"]
    assert check.ok is False
    assert "--port" in check.remedy


async def test_a_port_taken_by_pressrun_itself_is_just_a_note(tmp_path: Path) -> None:
    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    with serve(Starlette(routes=[Route("/livez", livez)])) as port:
        assert (await examine(tmp_path, port=port))["address"].ok is None


async def test_a_server_that_runs_is_asked_how_it_is() -> None:
    async def readyz(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"code": "unauthorized"}, 401)
        return JSONResponse({"status": "unavailable", "checks": {"database": "ok", "disk": "the disk is full"}}, 503)

    with serve(Starlette(routes=[Route("/readyz", readyz)])) as port:
        url = f"http://127.0.0.1:{port}"
        checks = {check.name: check for check in await ask_server(Server(url, KEY))}
        assert {name: check.ok for name, check in checks.items()} == {
            "server": True, "server database": True, "server disk": False,
        }  # fmt: skip
        assert checks["server disk"].detail == "the disk is full"
        assert "log" in checks["server disk"].remedy
        (refused,) = await ask_server(Server(url))
        assert refused.ok is False
        assert "PRESSRUN_TOKEN" in refused.remedy
    with serve(endpoint()) as port:
        (other,) = await ask_server(Server(f"http://127.0.0.1:{port}"))
        assert (other.ok, "is no Pressrun server" in other.detail) == (False, True)


async def test_no_server_is_a_note_and_one_that_was_named_and_is_not_there_a_failure() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    (note,) = await ask_server(Server(nowhere))
    (failure,) = await ask_server(Server(nowhere, named=True))
    assert (note.ok, failure.ok) == (None, False)
    assert "pressrun serve" in failure.remedy


async def test_listening_for_others_without_a_token_is_a_failure(tmp_path: Path) -> None:
    check = (await examine(tmp_path, host="0.0.0.0"))["address"]
    assert check.ok is False
    assert "token" in check.detail


@pytest.mark.parametrize(
    ("path", "model", "ok", "said"),
    [
        ("/v1", "small", True, "small"),
        ("/v1", "huge", False, "PRESSRUN_AI_MODEL"),
        ("/v1", None, False, "PRESSRUN_AI_MODEL"),
        ("/nothing", "small", None, "PRESSRUN_AI_BASE_URL"),
        ("/page", "small", None, "PRESSRUN_AI_BASE_URL"),
    ],
)
async def test_an_ai_endpoint_is_judged_by_its_list_of_models(
    tmp_path: Path, path: str, model: str | None, ok: bool | None, said: str
) -> None:
    with serve(endpoint()) as port:
        url = f"http://127.0.0.1:{port}{path}"
        checks = await examine(tmp_path, ai_base_url=url, ai_api_key=SecretStr(KEY), ai_model=model)
    check = checks["AI endpoint"]
    assert check.ok is ok
    assert said in check.detail + check.remedy


@pytest.mark.parametrize("key", ["sk-wrong-55", "sk-with-ümläut", "sk-with\nline"])
async def test_a_refused_or_impossible_key_is_a_failure_and_is_never_shown(tmp_path: Path, key: str) -> None:
    with serve(endpoint()) as port:
        url = f"http://127.0.0.1:{port}/v1"
        checks = await examine(tmp_path, ai_base_url=url, ai_api_key=SecretStr(key), ai_model="small")
    assert checks["AI endpoint"].ok is False
    assert key not in repr(checks)


async def test_an_ai_endpoint_that_stays_silent_is_a_failure_after_a_short_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_AI_LIMIT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener, fail_after(10):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        check = (await examine(tmp_path, ai_base_url=url, ai_model="small"))["AI endpoint"]
    assert check.ok is False
    assert "PRESSRUN_AI_BASE_URL" in check.remedy


async def test_an_ai_endpoint_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    assert (await examine(tmp_path, ai_base_url=url, ai_model="small"))["AI endpoint"].ok is False


async def test_a_postgres_is_asked_instead_of_the_data_folder(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database(str(tmp_path))
    answers = SecretStr(url)
    told = (await examine(tmp_path, database_url=answers))["database"]
    assert (told.ok, "gets its tables" in told.detail) == (True, True)
    assert find_version(url) == 0, "it was only looked at"
    async with open_database(url):
        pass
    assert "kept in this data folder" in (await examine(tmp_path, database_url=answers))["database"].detail
    silent = SecretStr(f"postgresql://me:{KEY}@127.0.0.1:{free_port()}/nothing")
    broken = (await examine(tmp_path, database_url=silent))["database"]
    assert broken.ok is False
    assert KEY not in f"{broken}"


async def test_a_browser_elsewhere_that_cannot_be_used_is_named_with_the_reason_and_without_its_secret(
    tmp_path: Path,
) -> None:
    url = f"cdp+ws://127.0.0.1:{free_port()}/?token=canary-token"
    checks = await examine(tmp_path, browsers=SecretStr(f"local,{url}"))
    (check,) = [check for name, check in checks.items() if name.startswith("browser cdp+ws://127.0.0.1")]
    assert (check.ok, "nobody listens there" in check.detail) == (False, True)
    assert "canary" not in str(checks)


async def test_a_data_folder_that_others_may_look_into_is_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    assert (await examine(tmp_path))["privacy"].ok is True
    folder.chmod(0o755)
    check = (await examine(tmp_path))["privacy"]
    assert check.ok is False
    assert f"chmod -R go= {folder}" in check.remedy


@pytest.mark.slow
async def test_a_data_folder_that_is_not_the_store_of_the_database_is_a_failure(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = SecretStr(postgres.database(str(tmp_path)))
    async with open_database(url.get_secret_value()) as database:
        await require_store(database, tmp_path)
    check = (await examine(tmp_path, database_url=url))["database"]
    assert check.ok is False
    assert "kept in another store" in check.detail
    assert (await examine(tmp_path, database_url=url, data_dir=tmp_path))["database"].ok is True
