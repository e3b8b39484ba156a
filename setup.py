"""What pyproject.toml cannot say: wheel and sdist always hold the built UI and what draws diagrams, or are not made.

With SOURCE_DATE_EPOCH both have the same bytes whoever makes them.

The client's own distribution (.ci/build_dist.py), which has no UI, is built with it too.
"""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
PAGE = ROOT / "backend" / "pressrun" / "web" / "index.html"
HAS_UI = (ROOT / "backend" / "pressrun" / "api").is_dir()
DRAWER = ROOT / "backend" / "pressrun" / "browser" / "chromium" / "in_page" / "built" / "mermaid.js"
_NOT_SOURCES = {"node_modules", "dist"}


def ensure_ui() -> None:
    """Builds it where it is missing or older than its sources. Raises: SystemExit with what to do."""
    if not HAS_UI or (PAGE.is_file() and DRAWER.is_file() and not _is_stale()):
        return
    if not (FRONTEND / "package.json").is_file():
        missing = DRAWER if PAGE.is_file() else PAGE
        raise SystemExit(
            f"{missing} is missing, and there is no frontend/ to build it from: build from the whole source."
        )
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


class WheelForAll(bdist_wheel):
    """Whatever the modes of the checkout's files are, which a wheel has in it: each is readable for everybody."""

    def run(self) -> None:
        super().run()
        for _, _, path in [each for each in self.distribution.dist_files if each[0] == "bdist_wheel"]:
            _zip_again(Path(path))


class SdistWithUi(sdist):
    """So that a wheel can be built from it without Node."""

    def run(self) -> None:
        ensure_ui()
        super().run()

    def make_archive(self, base_name: str, format: str, *args: object, **named: object) -> str:
        """Packed again: in order, by nobody, at one time."""
        made = super().make_archive(base_name, format, *args, **named)
        if format == "gztar":
            _pack_again(Path(made), int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
        return made


def _zip_again(path: Path) -> None:
    zipped = path.with_suffix(".zipped")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(zipped, "w") as new:
        for entry in old.infolist():
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            new.writestr(entry, old.read(entry), compress_type=entry.compress_type)
    zipped.replace(path)


def _pack_again(path: Path, at: int) -> None:
    packed = path.with_suffix(".packed")
    with (
        tarfile.open(path) as old,
        packed.open("wb") as raw,
        gzip.GzipFile("", "wb", mtime=at, fileobj=raw) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for entry in sorted(old.getmembers(), key=lambda each: each.name):
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime, entry.pax_headers = at, {}
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            new.addfile(entry, old.extractfile(entry) if entry.isfile() else None)
    packed.replace(path)


setup(cmdclass={"build_py": BuildWithUi, "bdist_wheel": WheelForAll, "sdist": SdistWithUi})
