"""The pictures of a run of 200 slides in small, as the run page and the library ask for them over HTTP.

The slides are those of the example lesson, again and again, with a number of their own: text, tables and listings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import get_args

import httpx

from benchmarks.deck import LESSON
from benchmarks.figures import Figure
from pressrun.artifacts.thumbnails import Width
from tests.support.runs import post_to_end
from tests.support.server import start_server

_SLIDES = 200


def measure(folder: Path) -> Iterator[Figure]:
    lesson = LESSON.read_text(encoding="utf-8")
    text = "\n\n".join(f"# Lesson {number}\n\n{lesson}" for number in range(20))
    with (
        start_server(folder / "thumbnails") as server,
        httpx.Client(base_url=server.url, timeout=300) as http,
    ):
        end = post_to_end(http, text=text, max_screenshots=_SLIDES)[-1]
        assert end["screenshot_count"] == _SLIDES, end
        slides = [f"/runs/{end['operation_id']}/files/{name}" for name in end["screenshot_files"]]
        whole = sum(len(http.get(url).content) for url in slides)
        yield Figure(f"{_SLIDES} slides 1920x1080, PNG", whole / 1e6, "MB")
        for width in get_args(Width):
            yield from _of_width(http, slides, width)


def _of_width(http: httpx.Client, slides: list[str], width: int) -> Iterator[Figure]:
    made, sizes = _ask(http, slides, width)
    kept, _ = _ask(http, slides, width)
    target = 2 if width <= 320 else None  # issue 15
    yield Figure(f"{_SLIDES} slides {width} px wide", sum(sizes) / 1e6, "MB", target=target)
    yield Figure(f"one {width} px wide, made", median(made), "ms", note="with its PNG read from disk")
    yield Figure(f"one {width} px wide, kept", median(kept), "ms")


def _ask(http: httpx.Client, slides: list[str], width: int) -> tuple[list[float], list[int]]:
    """Milliseconds of each request, and the bytes it brought."""
    taken, sizes = [], []
    for url in slides:
        begun_at = time.perf_counter()
        answer = http.get(url, params={"w": width})
        taken.append((time.perf_counter() - begun_at) * 1000)
        assert answer.headers["Content-Type"] == "image/webp", answer.text
        sizes.append(len(answer.content))
    return taken, sizes
