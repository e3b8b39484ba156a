"""The memory of the process that makes an export of few and of many slides: it must not grow with them.

Each is made in a process of its own, whose highest resident set is told (`python -m benchmarks.export_memory KIND N`).
Slides are pictures of 1080p of 3 MB, written to staging as a run's export stage writes them.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
from PIL import Image

from benchmarks.figures import Figure
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.exports.contract import maker_of
from pressrun.settings import Settings
from pressrun.slide_texts import SlideText, SlideTexts
from tests.support.export_work import KINDS, block, work_in

_KINDS = ("video", "pptx", "viewer", "contact_sheet", "zip")
_FEW, _MANY = 20, 200
_GROWTH_MB = 60  # of ten times the slides, 540 MB of pictures: their words, and a contact sheet of 36 MB
_SIZE = (1920, 1080)
_WORDS = "The river carries sand. " * 20
_FIELDS: dict[str, dict[str, Any]] = {"pptx": {"pptx_mode": "exact"}, "video": {"slide_seconds": 2}}


def measure(_folder: Path) -> Iterator[Figure]:
    for kind in _KINDS:
        if kind == "video" and shutil.which("ffmpeg") is None:
            continue
        few, many = (_alone(kind, slides) for slides in (_FEW, _MANY))
        note = f"{few['own_mb']:.0f} MB of {_FEW}; the largest other process {many['other_mb']:.0f} MB"
        what = f"{kind} of {_MANY} slides"
        yield Figure(f"{what}: memory of its process at its highest", many["own_mb"], "MB", note=note)
        yield Figure(f"{what}: more than of {_FEW}", many["own_mb"] - few["own_mb"], "MB", target=_GROWTH_MB)
        yield Figure(f"{what}: made", many["took_s"], "s", note=f"{many['size_mb']:.0f} MB")


def _alone(kind: str, slides: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.export_memory", kind, str(slides)]
    made = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    told: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return told


def _pictures(folder: Path, count: int) -> list[tuple[str, Path]]:
    """Of grain, so that they do not shrink; one that is written once and copied, for a picture takes half a second."""
    folder.mkdir()
    grain = random.Random(1).randbytes(_SIZE[0] * _SIZE[1] // 2)
    first = folder / "0001.png"
    Image.frombytes("L", (_SIZE[0], _SIZE[1] // 2), grain).resize(_SIZE).convert("RGB").save(first, compress_level=1)
    paths = [folder / f"{number:04d}.png" for number in range(1, count + 1)]
    for path in paths[1:]:
        shutil.copy(first, path)
    return [(f"slides/{path.name}", path) for path in paths]


async def _make(kind: str, count: int, folder: Path) -> dict[str, float]:
    said = [
        SlideText(
            index=n + 1, blocks=[block("heading", f"Slide {n}", 0, level=1), block("paragraph", "Sand. " * 80, 40)]
        )
        for n in range(count)
    ]
    (folder / "colours").mkdir()
    work, _ = work_in(folder / "colours", said[:1], **_FIELDS.get(kind, {}))
    pictures = _pictures(folder / "slides", count)

    async def read_texts() -> SlideTexts:
        return SlideTexts(width=_SIZE[0], height=_SIZE[1], slides=said)

    work = replace(
        work,
        spec=work.spec.model_copy(update={"viewport_width": _SIZE[0], "viewport_height": _SIZE[1]}),
        slides=pictures,
        files=pictures,
        read_texts=read_texts,
        scratch=folder / "work",
        cache=folder / "cache",
        settings=Settings(),
    )
    store = LocalArtifactStore(folder / "data")
    await store.prepare()
    staging = await store.open_staging("01J0000000000000000000000A", 1)
    begun_at = time.perf_counter()
    content = await maker_of(KINDS[kind])(work)
    contents = content if isinstance(content, dict) else {KINDS[kind].ending: content}
    size = 0
    for ending, each in contents.items():
        size += each.stat().st_size if isinstance(each, Path) else (await staging.write(f"n{ending}", each)).size_bytes
    return {
        "took_s": time.perf_counter() - begun_at,
        "size_mb": size / 1e6,
        "own_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "other_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pressrun-bench-") as place:
        print(json.dumps(anyio.run(_make, sys.argv[1], int(sys.argv[2]), Path(place))))
