"""The package: what is built from a checkout holds the UI, and works where there is no checkout."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import httpx
import pytest

from tests.support.installed import clean_home, make_environment, needed_by, weight_bytes
from tests.support.limits import HANG_S
from tests.support.server import free_port

ROOT = Path(__file__).resolve().parents[2]
EPOCH = "1700000000"
BUILD = "from setuptools import build_meta as b; print(b.{0}('dist'))"
_NOT_COPIED = shutil.ignore_patterns(
    "node_modules", "__pycache__", "*.egg-info", "data", ".*cache", ".venv", ".git", "out", "build", "dist"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of this checkout, with the UI that `make setup` has built."""
    copy = tmp_path_factory.mktemp("package") / "source"
    shutil.copytree(ROOT, copy, ignore=_NOT_COPIED)
    page = copy / "backend" / "pressrun" / "web" / "index.html"
    assert page.is_file(), "make setup builds it"
    os.utime(page)  # newer than its sources: it is not built again
    return copy


def build(folder: Path, what: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    env = {"PATH": path, "SOURCE_DATE_EPOCH": EPOCH, "HOME": str(folder)}
    command = [sys.executable, "-c", BUILD.format(what)]
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=HANG_S)


def build_all(source: Path) -> dict[str, Path]:
    """As `make dist` does, with neither Node nor git; by what it is."""
    env = {"PATH": "/nowhere", "SOURCE_DATE_EPOCH": EPOCH, "HOME": str(source)}
    command = [sys.executable, ".ci/build_dist.py", "dist"]
    done = subprocess.run(command, cwd=source, env=env, check=False, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 0, done.stderr
    kinds = {"sdist": "pressrun-*.tar.gz", "wheel": "pressrun-*.whl"}
    kinds |= {"client sdist": "pressrun_client-*.tar.gz", "client wheel": "pressrun_client-*.whl"}
    return {kind: next((source / "dist").glob(pattern)) for kind, pattern in kinds.items()}


def unpacked(archive: Path, to: Path) -> Path:
    to.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xf", archive, "-C", to], check=True)  # Python's has no filter before 3.11.4
    return next(to.iterdir())


@pytest.fixture(scope="module")
def built(source: Path) -> dict[str, Path]:
    return build_all(source)


def wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + HANG_S
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url + "/livez").is_success:
                return
        time.sleep(0.05)  # nothing to wait for but the port itself
    raise AssertionError("the server did not start")


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def commands(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with the wheel, what that asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    return make_environment(folder / "env", built["wheel"], metadata_of(built["wheel"]).get_all("Requires-Dist", []))


def test_the_same_source_is_the_same_bytes_whoever_builds_it(
    source: Path, built: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(source, other, ignore=_NOT_COPIED)
    for path in other.rglob("*"):
        if path.is_file():  # a checkout of another time, by somebody whose files are for themselves alone
            path.chmod(0o700 if path.stat().st_mode & 0o100 else 0o600)
            os.utime(path, (1_600_000_000, 1_600_000_000))
    again = build_all(other)
    for kind, path in built.items():
        assert again[kind].name == path.name
        assert again[kind].read_bytes() == path.read_bytes(), kind


def test_a_wheel_of_the_sdist_needs_no_node_and_is_that_of_the_source(built: dict[str, Path], tmp_path: Path) -> None:
    sdist = unpacked(built["sdist"], tmp_path / "sdist")
    for name in ("docs/contract.md", "tests/e2e/test_package.py", "frontend/package.json", "Makefile", "CHANGELOG.md"):
        assert (sdist / name).is_file(), name
    assert not (sdist / "frontend" / "node_modules").exists()

    shutil.rmtree(sdist / "frontend")  # whoever has no Node needs none
    made = build(sdist, "build_wheel", path="/nowhere")
    assert made.returncode == 0, made.stderr
    (wheel,) = (sdist / "dist").glob("*.whl")
    assert wheel.read_bytes() == built["wheel"].read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"pressrun/web/index.html", "pressrun/browser/chromium/in_page/layout.js", "pressrun/py.typed"} <= names
    assert "pressrun/browser/chromium/in_page/built/mermaid.js" in names
    told = metadata_of(wheel)
    assert told["License-Expression"] == "MIT"
    assert "](" not in told.get_payload(), "a link there would have to be absolute"


@pytest.mark.chromium
def test_what_is_installed_works_where_there_is_nothing_else(
    built: dict[str, Path], commands: Path, tmp_path: Path
) -> None:
    env = clean_home(tmp_path / "home")
    work = tmp_path / "work"
    work.mkdir()
    (work / "lesson.md").write_text("# Rivers\n\nA river runs.\n")

    def run(*words: str, code: int = 0) -> str:
        command = [str(commands / "pressrun"), *words]
        done = subprocess.run(command, cwd=work, env=env, check=False, capture_output=True, text=True, timeout=HANG_S)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert run("--version").strip() == metadata_of(built["wheel"])["Version"]
    run("lesson.md", "-o", "lesson.pdf", "--viewport-width", "640", "--viewport-height", "360", "--server", "embedded")
    assert (work / "lesson.pdf").read_bytes().startswith(b"%PDF")
    assert '"openapi"' in run("openapi")
    assert "complete" in run("completion", "bash")
    assert "paper" in run("themes")
    assert "pip install 'pressrun[mcp]'" in run("mcp", "--server", "http://127.0.0.1:9", code=2)
    assert "Nothing to look at" in run("verify", "--data-dir", "nowhere")
    assert sorted(path.name for path in work.iterdir()) == ["lesson.md", "lesson.pdf"]


@pytest.mark.chromium
def test_the_client_alone_follows_a_run_of_a_server(built: dict[str, Path], commands: Path, tmp_path: Path) -> None:
    told = metadata_of(built["client wheel"])
    assert told["Version"] == metadata_of(built["wheel"])["Version"]
    requirements = told.get_all("Requires-Dist", [])
    client = make_environment(tmp_path / "client", built["client wheel"], requirements)
    packages = needed_by(requirements)
    assert not packages.keys() & {"starlette", "sqlalchemy", "dbos", "playwright", "rich", "cyclopts"}
    assert sum(map(weight_bytes, packages.values())) < 15_000_000
    program = """
import sys
from pressrun.client import AsyncClient, Client
with Client(sys.argv[1]) as client:
    small = {"outputs": ["pdf"], "viewport_width": 640, "viewport_height": 360}
    with client.generate({"text": "# Rivers", **small}) as run:
        print(*(event.type for event in run))
    client.download_all(run.operation_id, "out")
"""
    env = clean_home(tmp_path / "home")
    port = free_port()
    serve = [str(commands / "pressrun"), "serve", "--port", str(port), "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(serve, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until_it_answers(f"http://127.0.0.1:{port}", server)
            follow = [str(client / "python"), "-c", program, f"http://127.0.0.1:{port}"]
            done = subprocess.run(
                follow, cwd=tmp_path, env=env, check=False, capture_output=True, text=True, timeout=HANG_S
            )
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "complete"
    assert any(path.suffix == ".pdf" for path in (tmp_path / "out").iterdir())


def test_without_the_ui_there_is_no_wheel(source: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "backend").mkdir(parents=True)
    (bare / "docs").symlink_to(source / "docs")
    for name in ("pyproject.toml", "setup.py", "LICENSE"):
        shutil.copy(source / name, bare / name)
    shutil.copytree(source / "backend" / "pressrun", bare / "backend" / "pressrun", ignore=lambda *_: {"web"})
    made = build(bare, "build_wheel")
    assert made.returncode != 0
    assert "there is no frontend/ to build it from" in made.stderr
    (bare / "frontend").mkdir()
    (bare / "frontend" / "package.json").touch()
    made = build(bare, "build_wheel", path="/nowhere")
    assert made.returncode != 0
    assert "install Node 20 or later" in made.stderr
