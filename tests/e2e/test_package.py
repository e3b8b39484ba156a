"""The package: what is built from a checkout holds the UI, and works where there is no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support.limits import HANG_S

ROOT = Path(__file__).resolve().parents[2]
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
    env = {"PATH": path, "SOURCE_DATE_EPOCH": "1700000000", "HOME": str(folder)}
    command = [sys.executable, "-c", BUILD.format(what)]
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=HANG_S)


def unpacked(archive: Path, to: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(to, filter="data")
    return next(to.iterdir())


@pytest.mark.chromium
def test_the_wheel_of_an_sdist_makes_slides_where_there_is_nothing_else(source: Path, tmp_path: Path) -> None:
    made = build(source, "build_sdist")
    assert made.returncode == 0, made.stderr
    sdist = unpacked(next((source / "dist").glob("*.tar.gz")), tmp_path / "sdist")
    for name in ("docs/contract.md", "tests/e2e/test_package.py", "frontend/package.json", "Makefile", "CHANGELOG.md"):
        assert (sdist / name).is_file(), name
    assert not (sdist / "frontend" / "node_modules").exists()

    shutil.rmtree(sdist / "frontend")  # whoever has no Node needs none
    made = build(sdist, "build_wheel", path="/nowhere")
    assert made.returncode == 0, made.stderr
    wheel = next((sdist / "dist").glob("*.whl"))
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    names = {str(path.relative_to(site)) for path in site.rglob("*")}
    assert {"pressrun/web/index.html", "pressrun/browser/chromium/in_page/layout.js", "pressrun/py.typed"} <= names
    (metadata,) = site.glob("*.dist-info/METADATA")
    told = Parser().parsestr(metadata.read_text())
    assert told["License-Expression"] == "MIT"
    assert "](" not in told.get_payload(), "a link there would have to be absolute"

    # its own files and the locked packages; no .pth is read from such a folder, so not the checkout
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": f"{site}:{sysconfig.get_path('purelib')}",
        "PYTHONSAFEPATH": "1",
    }
    (tmp_path / "home").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    (work / "lesson.md").write_text("# Rivers\n\nA river runs.\n")

    def run(*words: str) -> str:
        command = [sys.executable, "-S", "-m", "pressrun", *words]
        done = subprocess.run(command, cwd=work, env=env, check=False, capture_output=True, text=True, timeout=HANG_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import pressrun.cli; print(pressrun.cli.__file__)"
    found = subprocess.run([sys.executable, "-S", "-c", where], env=env, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(site))
    assert run("--version").strip() == told["Version"]
    run("lesson.md", "-o", "lesson.pdf", "--viewport-width", "640", "--viewport-height", "360", "--server", "embedded")
    assert (work / "lesson.pdf").read_bytes().startswith(b"%PDF")
    assert '"openapi"' in run("openapi")
    assert "Nothing to look at" in run("verify")
    assert sorted(path.name for path in work.iterdir()) == ["lesson.md", "lesson.pdf"]


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
