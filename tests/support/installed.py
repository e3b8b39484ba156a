"""What an installation is made of, from the packages that are installed here: nothing is fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.limits import HANG_S

_SITE = Path(sysconfig.get_path("purelib"))


def needed_by(requirements: list[str]) -> dict[str, Distribution]:
    """The packages that these ask for here, and what those ask for, by name. Raises: PackageNotFoundError."""
    found: dict[str, Distribution] = {}
    left = [(Requirement(each), "") for each in requirements]
    seen: set[tuple[str, str]] = set()
    while left:
        wanted, extra = left.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        found.setdefault(name, distribution(name))
        for extra in ("", *wanted.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                left += [(Requirement(each), extra) for each in found[name].requires or ()]
    return found


def weight_bytes(package: Distribution) -> int:
    """Of its files, those that Python compiled among them."""
    return sum(path.stat().st_size for path in _files(package))


def make_environment(folder: Path, wheel: Path, requirements: list[str]) -> Path:
    """A virtual environment with the wheel and what that asks for, and nothing else; its folder of commands."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=HANG_S)
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    for package in needed_by(requirements).values():
        for top in {path.relative_to(_SITE).parts[0] for path in _files(package)} - {"__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(_SITE / top)
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True, timeout=HANG_S)
    return python.parent


def clean_home(folder: Path) -> dict[str, str]:
    """The environment of somebody who has an empty home and the commands of the system."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def _files(package: Distribution) -> list[Path]:
    paths = [Path(str(package.locate_file(path))).resolve() for path in package.files or ()]
    return [path for path in paths if path.is_relative_to(_SITE.resolve()) and path.is_file()]
