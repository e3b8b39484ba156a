"""A video of slides: what it takes, beside bare ffmpeg at its best with the same pictures, and spoken by espeak-ng.

Whole seconds as the export stage waits for them, median of some rounds; each round begins without what was encoded or
spoken before. Bare ffmpeg: one process, each frame encoded, the fastest preset for stills.
"""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import anyio

from benchmarks.figures import Figure
from pressrun.slide_texts import SlideText, SlideTexts
from tests.support.video_work import Work, block, draw_slides, path_of, probe, slide

_SIZE = (1920, 1080)
_SLIDES, _SECONDS, _ROUNDS = 20, 5, 3
_WORDS = ("sand", "gravel", "river", "water", "valley", "delta", "island", "stone", "current", "flood", "bridge", "sea")


def measure(folder: Path) -> Iterator[Figure]:
    slides = draw_slides(folder, _SLIDES, _SIZE)
    bare_s = median(_bare(folder, slides) for _ in range(_ROUNDS))
    texts = SlideTexts(width=_SIZE[0], height=_SIZE[1], slides=[_slide(number) for number in range(_SLIDES)])
    rounds = [anyio.run(_make, folder, slides, texts, {"slide_seconds": _SECONDS}) for _ in range(_ROUNDS)]
    took_s = median(took for took, _, _ in rounds)
    _, length_s, size_mb = rounds[0]
    what = f"{_SLIDES} slides x {_SECONDS} s, 1080p30"
    yield Figure(what, took_s, "s", 8, f"{length_s:.0f} s of video, {size_mb:.1f} MB, median of {_ROUNDS}")
    yield Figure("bare ffmpeg, one process, ultrafast", bare_s, "s", note=f"median of {_ROUNDS}")
    yield Figure("the export / bare ffmpeg", took_s / bare_s, "times", 1.3)
    faded = anyio.run(_make, folder, slides, texts, {"slide_seconds": _SECONDS, "transition": "fade"})
    yield Figure(f"{what}, cross-fades", faded[0], "s", note=f"{faded[2]:.1f} MB")
    if shutil.which("espeak-ng"):
        spoken = [anyio.run(_make, folder, slides, texts, {"voice": "espeak"}) for _ in range(_ROUNDS)]
        note = f"{spoken[0][1]:.0f} s of video, {spoken[0][2]:.1f} MB, median of {_ROUNDS}"
        yield Figure(f"{_SLIDES} slides spoken by espeak-ng", median(took for took, _, _ in spoken), "s", 15, note)
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    largest_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield Figure("memory of this process · of the largest other", own_mb, "MB", note=f"{largest_mb:.0f} MB")


async def _make(
    folder: Path, slides: list[tuple[str, Path]], texts: SlideTexts, fields: dict[str, object]
) -> tuple[float, float, float]:
    """How long it took, how long the video is, and its megabytes."""
    for left in ("work", "cache"):
        shutil.rmtree(folder / left, ignore_errors=True)
    work = Work(folder, texts, slides)
    begun_at = time.perf_counter()
    made = await work.make(viewport_width=_SIZE[0], viewport_height=_SIZE[1], **fields)
    took_s = time.perf_counter() - begun_at
    film = path_of(made, ".mp4")
    return took_s, float(probe(film)["format"]["duration"]), film.stat().st_size / 1e6


def _bare(folder: Path, slides: list[tuple[str, Path]]) -> float:
    listed = "".join(f"file '{path}'\nduration {_SECONDS}\n" for _, path in slides)
    (folder / "list.txt").write_text(listed + f"file '{slides[-1][1]}'\n")
    command = ["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(folder / "list.txt"), "-r", "30"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "stillimage", "-crf", "20", "-pix_fmt", "yuv420p"]
    frames = ["-frames:v", str(_SLIDES * _SECONDS * 30), "-movflags", "+faststart", str(folder / "bare.mp4")]
    begun_at = time.perf_counter()
    subprocess.run([*command, *encode, *frames], check=True)
    return time.perf_counter() - begun_at


def _slide(number: int) -> SlideText:
    draw = random.Random(number)
    sentences = [" ".join(draw.choices(_WORDS, k=10)).capitalize() + "." for _ in range(3)]
    heading = block("heading", f"Chapter {number + 1}", level=1)
    return slide(number + 1, heading, *(block("paragraph", text, top=40, lang="en") for text in sentences))
