"""How much an installation weighs, without the browser: the files of each package that it consists of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from benchmarks.figures import Figure
from tests.support.installed import needed_by, weight_bytes

ROOT = Path(__file__).parents[1]
_MB = 1_000_000
_HEAVIEST = 6


def measure(folder: Path) -> Iterator[Figure]:
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(
        [sys.executable, ".ci/build_dist.py", folder], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    for name, target in (("pressrun", 200), ("pressrun_client", 15)):
        (wheel,) = folder.glob(f"{name}-*.whl")
        with ZipFile(wheel) as archive:
            own = sum(entry.file_size for entry in archive.infolist())
            (metadata,) = (entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
            told = Parser().parsestr(archive.read(metadata).decode())
        weights = {"itself": own} | {
            other: weight_bytes(package) for other, package in needed_by(told.get_all("Requires-Dist") or []).items()
        }
        heaviest = sorted(weights.items(), key=lambda pair: -pair[1])[:_HEAVIEST]
        note = f"{len(weights)} packages: " + ", ".join(f"{other} {size / _MB:.1f}" for other, size in heaviest)
        yield Figure(f"installed {name.replace('_', '-')}", sum(weights.values()) / _MB, "MB", target=target, note=note)
