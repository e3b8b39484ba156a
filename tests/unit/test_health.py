"""/livez and /readyz: what they say when something is wrong, of the whole application in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from pressrun import app
from pressrun.api.endpoints import health
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.background import Background
from pressrun.browser.pool.pool import BrowserPool
from pressrun.db import threads
from pressrun.db.sqlite import SqliteDatabase
from pressrun.failpoints import arm
from pressrun.runs.service import RunService
from pressrun.settings import Settings
from tests.support.limits import HANG_S
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None, environment=None)


@contextmanager
def application(folder: Path, background: Background | None = None) -> Iterator[httpx.Client]:
    settings = Settings(data_dir=folder / "data", _env_file=None)
    with (
        serve(app.create_app(settings, background=background), lifespan="on") as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANG_S) as http,
    ):
        yield http


@pytest.mark.promise("alive")
def test_whatever_a_check_of_readyz_raises_is_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object) -> None:
        await anyio.lowlevel.checkpoint()
        raise FileNotFoundError("/proc/7/task")

    async def hangs(*_args: object) -> None:
        await anyio.sleep_forever()

    checks = {
        "database": (RunService, "current"),
        "disk": (LocalArtifactStore, "check"),
        "browser": (BrowserPool, "check"),
    }
    with application(tmp_path) as http:
        assert http.get("/readyz").json() == {"status": "ok", "checks": dict.fromkeys([*checks, "background"], "ok")}
        for name, (owner, check) in checks.items():
            with monkeypatch.context() as patched:
                patched.setattr(owner, check, broken)
                answer = http.get("/readyz")
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert answer.json()["checks"][name] == "the check itself failed; the log says why"
                patched.setattr(owner, check, hangs)
                patched.setattr(health, "_CHECKED_WITHIN_S", 0.1)
                assert http.get("/readyz").json()["checks"][name] == "did not answer within 0.1 s"
        assert http.get("/readyz").is_success


@pytest.mark.promise("alive")
def test_a_writer_that_hangs_is_told_by_livez(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, write = threading.Event(), SqliteDatabase._write

    def hang(self: SqliteDatabase, *args: object, **kwargs: object) -> object:
        let_go.wait(HANG_S)
        return write(self, *args, **kwargs)  # type: ignore[arg-type]

    with application(tmp_path) as http:
        assert http.get("/livez").is_success
        monkeypatch.setattr(SqliteDatabase, "_write", hang)
        monkeypatch.setattr(health, "_ANSWERS_WITHIN_S", 0.2)
        pausing = threading.Thread(target=http.post, args=["/lanes/default/pause"])
        pausing.start()
        try:
            assert httpx.get(f"{http.base_url}/livez").is_success, "a write may take seconds"
            monkeypatch.setattr(threads, "HANGS_AFTER_S", 0.3)
            while (answer := httpx.get(f"{http.base_url}/livez")).is_success:
                assert pausing.is_alive()
            assert answer.status_code == 503
            assert answer.json()["checks"] == {
                "lifespan": "ok",
                "database_threads": "its threads hang; none came free within 0.2 s",
                "engine": "ok",
            }
        finally:
            let_go.set()
            pausing.join()
        assert http.get("/livez").is_success


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.promise("alive")
def test_an_engine_whose_thread_has_ended_is_told_by_livez(tmp_path: Path) -> None:
    arm("background.engine_queue=escape", environment="test")
    with application(tmp_path) as http:
        answer = http.get("/livez")
        assert answer.status_code == 503
        assert "has ended" in answer.json()["checks"]["engine"]


@pytest.mark.promise("alive")
def test_an_application_that_has_broken_off_is_told_by_livez(tmp_path: Path) -> None:
    background = Background()
    with application(tmp_path, background) as http:
        background.break_off()
        answer = http.get("/livez")
        assert answer.status_code == 503
        assert "broken off" in answer.json()["checks"]["lifespan"]


@pytest.mark.promise("alive")
def test_a_browser_or_a_disk_that_is_missing_is_no_reason_to_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object) -> None:
        raise OSError

    with application(tmp_path) as http:
        monkeypatch.setattr(BrowserPool, "check", broken)
        monkeypatch.setattr(LocalArtifactStore, "check", broken)
        assert http.get("/readyz").status_code == 503
        assert http.get("/livez").is_success
