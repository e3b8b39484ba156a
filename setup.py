"""What pyproject.toml cannot say: wheel and sdist always hold the built UI, or are not made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
PAGE = ROOT / "backend" / "pressrun" / "web" / "index.html"
_NOT_SOURCES = {"node_modules", "dist"}


def ensure_ui() -> None:
    """Builds it where it is missing or older than its sources. Raises: SystemExit with what to do."""
    if PAGE.is_file() and not _is_stale():
        return
    if not (FRONTEND / "package.json").is_file():
        raise SystemExit(f"{PAGE} is missing, and there is no frontend/ to build it from: build from the whole source.")
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("the wheel holds the UI, and npm, which builds it, is not here: install Node 20 or later.")
    try:
        if not (FRONTEND / "node_modules").is_dir():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FRONTEND, check=True)  # noqa: S603
        subprocess.run([npm, "run", "--silent", "build", "--", "--logLevel", "warn"], cwd=FRONTEND, check=True)  # noqa: S603
    except subprocess.CalledProcessError as exc:
        raise SystemExit(f"the UI could not be built: {exc}") from exc


def _is_stale() -> bool:
    built_at = PAGE.stat().st_mtime
    above = [path for path in FRONTEND.iterdir() if path.name not in _NOT_SOURCES] if FRONTEND.is_dir() else []
    sources = [path for top in above for path in (top.rglob("*") if top.is_dir() else (top,))]
    return any(path.is_file() and path.stat().st_mtime > built_at for path in sources)


class BuildWithUi(build_py):
    """For a wheel; an editable install is a checkout, whose Makefile builds the UI when that has its packages."""

    def run(self) -> None:
        if not self.editable_mode:
            ensure_ui()
        super().run()


class SdistWithUi(sdist):
    """So that a wheel can be built from it without Node."""

    def run(self) -> None:
        ensure_ui()
        super().run()


setup(cmdclass={"build_py": BuildWithUi, "sdist": SdistWithUi})
