"""What a start does not need is not imported by it: `pressrun serve` answers the sooner (`benchmarks idle`)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.limits import HANG_S

# Each is needed by some of the work of a server, and by no start of one on SQLite without an AI endpoint.
_FOR_LATER = {
    "PIL": "pictures are measured",
    "alembic": "a database of an earlier release is upgraded",
    "httpx": "something is fetched, posted, or asked of a model",
    "mdit_py_plugins": "the parser's process reads Markdown",
    "markdown_it": "a model has written Markdown, or the parser's process reads a source",
    "pikepdf": "a PDF is cut into slides",
    "playwright.async_api": "the first browser is started",
    "pressrun.ai.client": "a model is asked",
    "pressrun.ai.compose": "a model is asked",
    "prometheus_client": "metrics are asked for",
    "pyvips": "a picture is encoded",
    "standardwebhooks": "a webhook is signed",
    "stamina": "a model is asked",
}

_OPENED = """
import sys
import anyio
from pressrun.app import create_app
from pressrun.settings import Settings
from pathlib import Path
import pressrun.lifespan

async def no_warming(*_):
    "What is started beside the server, once it answers."

pressrun.lifespan._warm_browser = no_warming
pressrun.lifespan.warm_up = no_warming

async def open_once():
    app = create_app(Settings(data_dir=Path(sys.argv[1])))
    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def send(message):
        assert not message["type"].endswith(".failed"), message
        if message["type"] == "lifespan.startup.complete":
            print(*sys.modules)

    async def receive():
        return asked.pop(0)

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

anyio.run(open_once)
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a process in which the application has just opened, on a new SQLite file."""
    folder = tmp_path_factory.mktemp("start")
    command = [sys.executable, "-c", _OPENED, str(folder / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("module", _FOR_LATER)
def test_a_start_does_not_import_what_it_does_not_need(imported: set[str], module: str) -> None:
    assert "pressrun.app" in imported
    assert module not in imported, f"wait with this import until {_FOR_LATER[module]}"
