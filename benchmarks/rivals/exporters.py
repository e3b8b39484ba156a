"""Exports beside what people use, of one deck: Marp, Slidev and decktape (PDF), Marp and Slidev (to edit), MoviePy.

The deck: 20 slides of Markdown, a heading, two sentences, a list with links. A rival's clock is its whole process, from
`exec` to its exit. Ours is a run of a server that is there, from the POST to `complete`: composed, captured where that
is needed, and published. The video is made of the same pictures by both, without a run.

True is: all words of the deck are in the PDF, it has tags and links; words stand in text boxes of the presentation, not
one box a line, and LibreOffice draws what the tool's own slides show. Slidev's process is a development server that it
starts, prints from and stops; each once.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

import anyio
import httpx
import pikepdf
from PIL import Image, ImageChops, ImageStat
from pptx import Presentation

from benchmarks.figures import Figure
from benchmarks.rivals.install import HOME, install_node, install_python
from pressrun.browser.chromium.executable import find_chromium
from tests.support.pptx_deck import drawn_by_libreoffice
from tests.support.runs import run_to_end
from tests.support.server import start_server
from tests.support.video_work import Work, draw_slides

_HERE = Path(__file__).parent / "exporters"
_SLIDES, _ROUNDS, _SECONDS = 20, 3, 5
_SIZE = (1280, 720)
_FULL = (1920, 1080)
_WORDS = """
river land water stone light sand carries slowly under every bridge old town where people still remember rain
"""
_SETTINGS = {"PRESSRUN_CAPTURE_CACHE_MAX_BYTES": "0", "PRESSRUN_RUN_DEDUP_WINDOW_S": "0"}


def measure(folder: Path) -> Iterator[Figure]:
    """All, or what PART names: `marp` (and decktape), `slidev`, `film`."""
    parts = os.environ.get("PART", "marp slidev film").split()
    text = _deck()
    (folder / "deck.md").write_text(text)
    if "marp" in parts:
        node = install_node(HOME / "exporters", _HERE)
        with start_server(folder / "data", **_SETTINGS) as own, httpx.Client(base_url=own.url, timeout=300) as http:
            run_to_end(http, text="# Warm", outputs=["pdf", "pptx"])
            yield from _pdf(http, node, text, folder)
            yield from _presentation(http, node, text, folder)
    if "slidev" in parts:
        yield from _slidev(text, folder)
    if "film" in parts:
        yield from _video(install_python(HOME / "exporters-venv", _HERE), folder)


def _pdf(http: httpx.Client, node: Path, text: str, folder: Path) -> Iterator[Figure]:
    marp = median(_timed(_marp(node), folder, "--pdf", "-o", "marp.pdf") for _ in range(_ROUNDS))
    _timed(_marp(node), folder, "--html", "-o", "deck.html")
    page = f"file://{folder / 'deck.html'}"
    tape = [
        str(node / "decktape"),
        "--chrome-path",
        str(find_chromium(None)),
        "--chrome-arg=--no-sandbox",
    ]  # at its best: no pause of a second at each slide
    tape += ["--pause", "0", "--load-pause", "0", "--size", "1280x720", "automatic", page, "tape.pdf"]
    taken = median(_timed(tape, folder) for _ in range(_ROUNDS))
    rounds = [_run(http, text, ["pdf"]) for _ in range(_ROUNDS)]
    ours = median(took for took, _ in rounds)
    for name, took, path in (
        ("Pressrun", ours, rounds[0][1]),
        ("Marp", marp, folder / "marp.pdf"),
        ("decktape", taken, folder / "tape.pdf"),
    ):
        yield Figure(f"{name}: PDF of {_SLIDES} slides", took, "s", note=_told_of_pdf(path, text))


def _told_of_pdf(path: Path, text: str) -> str:
    said = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True, text=True).stdout
    words = re.findall(r"\w+", _plain(text))
    there = set(re.findall(r"\w+", said))
    with pikepdf.open(path) as pdf:
        tags = "tags" if "/StructTreeRoot" in pdf.Root else "no tags"
        outline = "an outline" if "/Outlines" in pdf.Root else "no outline"
        links = sum(len(page.get("/Annots", [])) for page in pdf.pages)
        pages = len(pdf.pages)
    share = sum(word in there for word in words) / len(words)
    return (
        f"{pages} pages, {share:.1%} of the words, {tags}, {outline}, {links} links, {path.stat().st_size // 1000} KB"
    )


def _presentation(http: httpx.Client, node: Path, text: str, folder: Path) -> Iterator[Figure]:
    rounds = [_run(http, text, ["pptx", "images"]) for _ in range(_ROUNDS)]
    slides = sorted((rounds[0][1].parent / "slides").iterdir())
    yield Figure(
        f"Pressrun: {_SLIDES} slides to edit",
        median(took for took, _ in rounds),
        "s",
        note=_told_of_presentation(rounds[0][1], slides, folder / "ours"),
    )
    if shutil.which("soffice") is None:
        return
    took = median(_timed(_marp(node), folder, "--pptx", "--pptx-editable", "-o", "marp.pptx") for _ in range(_ROUNDS))
    _timed(_marp(node), folder, "--images", "png", "-o", "marp.png")
    note = _told_of_presentation(folder / "marp.pptx", sorted(folder.glob("marp.*.png")), folder / "theirs")
    yield Figure(f"Marp: {_SLIDES} slides to edit", took, "s", note=note)


def _slidev(text: str, folder: Path) -> Iterator[Figure]:
    home = HOME / "slidev"
    commands = install_node(home, _HERE.parent / "slidev")
    (home / "slides.md").write_text(text.replace("marp: true", "theme: default"))

    def export(form: str, name: str) -> float:
        browser = ["--executable-path", str(find_chromium(None)), "--timeout", "120000"]
        made = ["--format", form, "--output", str(folder / name)]
        return _timed([str(commands / "slidev"), "export", "slides.md", *browser], home, *made)

    took = export("pdf", "slidev.pdf")
    yield Figure(f"Slidev: PDF of {_SLIDES} slides", took, "s", note=_told_of_pdf(folder / "slidev.pdf", text))
    took = export("pptx-editable", "slidev.pptx")
    export("png", "slidev-slides")
    slides = sorted((folder / "slidev-slides").glob("*.png"), key=lambda path: int(path.stem))
    note = _told_of_presentation(folder / "slidev.pptx", slides, folder / "slidev-drawn")
    yield Figure(f"Slidev: {_SLIDES} slides to edit", took, "s", note=note)


def _told_of_presentation(path: Path, slides: list[Path], folder: Path) -> str:
    deck = Presentation(str(path))
    frames = [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]
    boxes = [text for text in frames if text.strip()]
    lines = sum(len(re.split(r"[\n\v]", text)) for text in boxes)
    titles = sum(slide.shapes.title is not None for slide in deck.slides)
    note = f"{len(boxes) / len(deck.slides):.1f} boxes a slide, {lines / len(boxes):.1f} lines a box, {titles} titles"
    if shutil.which("soffice") is None:
        return note
    folder.mkdir()
    off = []
    for picture, drawn in zip(slides, drawn_by_libreoffice(path, folder, _SIZE), strict=True):
        with Image.open(picture) as own:
            difference = ImageChops.difference(own.convert("RGB").resize(_SIZE), drawn)
        off.append(mean(ImageStat.Stat(difference).mean) / 255 * 100)
    return f"{note}, {mean(off):.1f} % off its own slides"


def _video(python: Path, folder: Path) -> Iterator[Figure]:
    slides = draw_slides(folder, _SLIDES, _FULL)
    film = [str(python), str(_HERE / "film.py"), str(_SECONDS), "film.mp4", *(str(path) for _, path in slides)]
    theirs = _timed(film, folder)
    yield Figure(f"MoviePy: {_SLIDES} slides x {_SECONDS} s, 1080p30", theirs, "s", note=_mb(folder / "film.mp4"))
    begun_at = time.perf_counter()
    size = {"viewport_width": _FULL[0], "viewport_height": _FULL[1]}
    made: Any = anyio.run(lambda: Work(folder, None, slides).make(slide_seconds=_SECONDS, **size))
    ours = time.perf_counter() - begun_at
    yield Figure("Pressrun: the same", ours, "s", note=_mb(made[".mp4"]))
    yield Figure("MoviePy / Pressrun", theirs / ours, "times", more_is_better=True)


def _mb(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _run(http: httpx.Client, text: str, outputs: list[str]) -> tuple[float, Path]:
    begun_at = time.perf_counter()
    end = run_to_end(http, text=text, outputs=outputs, viewport_width=_SIZE[0], viewport_height=_SIZE[1], zoom=1.4)[-1]
    took_s = time.perf_counter() - begun_at
    name = next(each["name"] for each in end["artifacts"] if each["name"].endswith((".pdf", ".pptx")))
    return took_s, Path(end["folder"]) / name


def _marp(node: Path) -> list[str]:
    browser = ["--browser", "chrome", "--browser-path", str(find_chromium(None))]
    return [str(node / "marp"), "--no-stdin", *browser, "deck.md"]


def _timed(command: list[str], folder: Path, *more: str) -> float:
    env = {**os.environ, "CHROME_PATH": str(find_chromium(None)), "CHROME_NO_SANDBOX": "1"}
    begun_at = time.perf_counter()
    made = subprocess.run(
        [*command, *more], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    if made.returncode != 0:
        print(made.stdout[-500:], made.stderr[-1500:], file=sys.stderr)
        raise RuntimeError(json.dumps(command[:2]))
    return time.perf_counter() - begun_at


def _deck() -> str:
    draw = random.Random(3)

    def sentence() -> str:
        return " ".join(draw.choices(_WORDS.split(), k=draw.randint(7, 14))).capitalize() + "."

    def word() -> str:
        return draw.choice(_WORDS.split())

    slides = [
        f"# Chapter {number}\n\n{sentence()} {sentence()}\n\n- {sentence()}\n- **{word()}** {sentence()}\n"
        f"- [{word()}](https://h.example/{number}) {sentence()}\n"
        for number in range(1, _SLIDES + 1)
    ]
    return "---\nmarp: true\n---\n\n" + "\n---\n\n".join(slides)


def _plain(text: str) -> str:
    return re.sub(r"\(https?://[^)]*\)|marp: true", "", text)
