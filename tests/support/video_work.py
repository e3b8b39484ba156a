"""What an export of a video is given, without a server and a browser; and what ffprobe and ffmpeg see of the result."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from pressrun.exports import video
from pressrun.exports.contract import Content, ExportWork
from pressrun.settings import Settings
from pressrun.slide_texts import BlockKind, SlideBlock, SlideBox, SlideText, SlideTexts
from pressrun.spec import RunSpec

needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="ffmpeg is not installed"
)
needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
WIDTH, HEIGHT = 640, 360
COLOURS = ("#f4efe6", "#203a5c", "#5c2030")


def block(
    kind: BlockKind, text: str, *, left: float = 0, top: float = 0, level: int | None = None, lang: str = ""
) -> SlideBlock:
    return SlideBlock(
        kind=kind, text=text, level=level, lang=lang, box=SlideBox(left=left, top=top, width=100, height=20)
    )


def slide(index: int, *blocks: SlideBlock, notes: str = "") -> SlideText:
    return SlideText(index=index, blocks=[*blocks], notes=notes)


def texts(*slides: SlideText) -> SlideTexts:
    return SlideTexts(width=WIDTH, height=HEIGHT, slides=[*slides])


def draw_slides(folder: Path, count: int = 3, size: tuple[int, int] = (WIDTH, HEIGHT)) -> list[tuple[str, Path]]:
    """Pictures that differ in colour and have something fine in them."""
    (folder / "slides").mkdir(parents=True, exist_ok=True)
    drawn = []
    for number in range(count):
        picture = Image.new("RGB", size, COLOURS[number % len(COLOURS)])
        pen = ImageDraw.Draw(picture)
        for line in range(20, size[1] - 20, 24):
            pen.text((30, line), f"slide {number + 1}: sand and gravel of the river", fill="#888888")
        name = f"slides/{number + 1:04d}.png"
        picture.save(folder / name)
        drawn.append((name, folder / name))
    return drawn


def picture(width: int, height: int, format: str = "PNG", colour: str = "#5c2030") -> bytes:
    """Of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, format)
    return file.getvalue()


@dataclass
class Work:
    """One run's export, which may be tried again."""

    folder: Path
    texts: SlideTexts | None
    slides: Sequence[tuple[str, Path]]
    settings: Settings = field(default_factory=Settings)
    title: str = "Rivers"
    told: list[tuple[float, str]] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)

    async def make(self, **fields: Any) -> dict[str, Content]:
        async def read_document() -> str:
            return ""

        async def read_texts() -> SlideTexts | None:
            return self.texts

        async def progress(share: float, words: str) -> None:
            self.told.append((share, words))

        async def warn(code: str, sentence: str) -> None:
            self.warned.append((code, sentence))

        size = {"viewport_width": WIDTH, "viewport_height": HEIGHT, "zoom": 1.0}
        nothing: Any = None
        work = ExportWork(
            spec=RunSpec(text="x", outputs=["video"], **{**size, **fields}),
            title=self.title,
            created_at=datetime(2026, 11, 30, tzinfo=UTC),
            slides=self.slides,
            files=[],
            read_document=read_document,
            read_texts=read_texts,
            open_page=nothing,
            print_pages=nothing,
            progress=progress,
            warn=warn,
            tell_editability=nothing,
            scratch=self.folder / "work" / "video",
            cache=self.folder / "cache",
            settings=self.settings,
        )
        return await video.make(work)

    def kept(self, ending: str) -> set[str]:
        """What an attempt has left for the next, of that kind."""
        return {path.name for path in (self.folder / "work" / "video").glob(f"*{ending}")}


def path_of(made: dict[str, Content], ending: str) -> Path:
    content = made[ending]
    assert isinstance(content, Path)
    return content


def text_of(made: dict[str, Content], ending: str) -> str:
    content = made[ending]
    assert isinstance(content, bytes)
    return content.decode()


def probe(path: Path) -> dict[str, Any]:
    """Streams, frames counted, chapters and format."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_chapters", "-show_format"]
    shown = subprocess.run([*command, "-of", "json", path], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(shown.stdout)
    return found


def frame_hashes(path: Path) -> list[str]:
    """Of each decoded frame; a decoder that finds anything wrong fails."""
    command = ["ffmpeg", "-v", "error", "-err_detect", "explode", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not shown.stderr, shown.stderr
    return [line.rsplit(",", 1)[1].strip() for line in shown.stdout.splitlines() if not line.startswith("#")]


def frame(path: Path, number: int, folder: Path) -> Image.Image:
    """One decoded frame, as a picture."""
    target = folder / f"frame-{number}.png"
    picked = [
        "-vf",
        f"select=eq(n\\,{number}),scale=flags=accurate_rnd+full_chroma_int",
        "-frames:v",
        "1",
        "-y",
        str(target),
    ]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), *picked], check=True)
    return picture_of(target)


def picture_of(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def sound_of(path: Path, rate: int = 8000) -> array[int]:
    """Its samples at that rate, one channel."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:a",
        "-ac",
        "1",
        "-ar",
        str(rate),
        "-f",
        "s16le",
        "-",
    ]
    return array("h", subprocess.run(command, capture_output=True, check=True).stdout)
