"""What a video may have besides: pictures in front and behind, another rate, WebM, a small picture that moves."""

from __future__ import annotations

import base64
import io
import re
import subprocess
from itertools import groupby
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image, ImageChops, ImageStat

from pressrun.api.wire.body import parse_model
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.attachments import MAX_BYTES
from pressrun.exports.contract import Content, require_possible
from pressrun.exports.media.preview import shown_in_preview
from pressrun.request_errors import FieldErrors
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from tests.support.limits import fail_after
from tests.support.video_work import (
    WIDTH,
    Work,
    block,
    draw_slides,
    frame,
    frame_hashes,
    needs_espeak,
    needs_ffmpeg,
    path_of,
    picture_of,
    probe,
    slide,
    sound_of,
    text_of,
    texts,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow, needs_ffmpeg]

FPS = 25
DECK = texts(
    slide(1, block("heading", "Rivers", level=1), block("paragraph", "A river carries sand.")),
    slide(2, block("heading", "Seas", level=1), block("paragraph", "It lays it down.")),
    slide(3, block("paragraph", "That is all.")),
)


def encoded(picture: Image.Image, format: str) -> str:
    file = io.BytesIO()
    picture.save(file, format)
    return base64.b64encode(file.getvalue()).decode()


def title() -> str:
    """Half as wide as high, clear but for its lower half."""
    picture = Image.new("RGBA", (400, 800), (0, 0, 0, 0))
    picture.paste((200, 30, 40, 255), (0, 400, 400, 800))
    return encoded(picture, "PNG")


FIELDS: dict[str, Any] = {
    "fps": FPS,
    "video_intro": f"data:image/png;base64,{title()}",
    "video_outro": "img/the end; %03d.jpg",
    "attachments": {"img/the end; %03d.jpg": encoded(Image.new("RGB", (1280, 720), "#10c040"), "JPEG")},
    "video_webm": True,
    "transition": "fade",
    "voice": "espeak",
}


class Made:
    def __init__(self, work: Work, made: dict[str, Content]) -> None:
        self.work, self.made = work, made
        self.mp4, self.webm, self.gif = (path_of(made, ending) for ending in (".mp4", ".webm", ".gif"))
        self.hashes = {path: frame_hashes(path) for path in (self.mp4, self.webm)}

    def stills(self, path: Path) -> list[tuple[int, int]]:
        """First frame and number of frames of each picture that stands still."""
        found, at = [], 0
        for length in (len([*same]) for _, same in groupby(self.hashes[path])):
            if length > FPS:
                found.append((at, length))
            at += length
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("more")
    work = Work(folder, DECK, draw_slides(folder))

    async def make() -> dict[str, Content]:
        with fail_after(120):
            return await work.make(**FIELDS, video_preview="gif")

    return Made(work, anyio.run(make))


@needs_espeak
def test_the_pictures_in_front_and_behind_are_shown_whole_and_silent_for_three_seconds(
    made: Made, tmp_path: Path
) -> None:
    for film in (made.mp4, made.webm):
        stills = made.stills(film)
        assert len(stills) == 5
        assert stills[0][1] in (3 * FPS, 3 * FPS + 1), "its last frame is the first of the fade behind it"
        intro, outro = (frame(film, begin + 5, tmp_path) for begin, _ in (stills[0], stills[-1]))
        for at, colour in {
            (WIDTH // 2, 80): (255, 255, 255),
            (WIDTH // 2, 300): (200, 30, 40),
            (20, 80): (0, 0, 0),
            (WIDTH - 20, 300): (0, 0, 0),
        }.items():
            shown = intro.getpixel(at)
            assert isinstance(shown, tuple)
            assert all(abs(one - two) <= 6 for one, two in zip(shown, colour, strict=True)), (film, at, shown)
        green = outro.getpixel((20, 20))
        assert isinstance(green, tuple)
        assert all(abs(one - two) <= 6 for one, two in zip(green, (0x10, 0xC0, 0x40), strict=True))
        sound = sound_of(film)
        assert max(map(abs, sound[: 3 * 8000])) < 50
        assert max(map(abs, sound[-3 * 8000 :])) < 50
        assert max(map(abs, sound)) > 1000, "the slides between are spoken"
    assert ImageStat.Stat(ImageChops.difference(picture_of(path_of(made.made, "-poster.jpg")), intro)).mean[0] < 3
    first = re.findall(r"(\d\d:\d\d:\d\d\.\d+) -->", text_of(made.made, ".vtt"))[0]
    assert first == "00:00:03.400", "subtitles know of it"


@needs_espeak
def test_a_video_has_the_rate_that_was_asked_for(made: Made) -> None:
    film = probe(made.mp4)
    assert film["streams"][0]["r_frame_rate"] == film["streams"][0]["avg_frame_rate"] == "25/1"
    frames = int(film["streams"][0]["nb_read_frames"])
    for stream in film["streams"][:2]:
        assert float(stream["duration"]) == pytest.approx(frames / FPS, abs=0.5 / FPS)
    assert [each["tags"]["title"] for each in film["chapters"]] == ["Rivers", "Seas"]
    begins = [begin for begin, _ in made.stills(made.mp4)]
    assert round(float(film["chapters"][1]["start_time"]) * FPS) in range(begins[1], begins[2] + 1)


@needs_espeak
def test_a_webm_is_the_same_video_in_what_needs_no_licence(made: Made, tmp_path: Path) -> None:
    film, mp4 = probe(made.webm), probe(made.mp4)
    assert [stream["codec_name"] for stream in film["streams"]] == ["vp9", "opus", "webvtt"]
    assert len(made.hashes[made.webm]) == len(made.hashes[made.mp4])
    assert made.stills(made.webm) == made.stills(made.mp4)
    assert float(film["format"]["duration"]) == pytest.approx(float(mp4["format"]["duration"]), abs=1.5 / FPS)
    chapters = [[(each["start_time"], each["tags"]["title"]) for each in one["chapters"]] for one in (film, mp4)]
    assert chapters[0] == chapters[1]
    assert film["streams"][0]["avg_frame_rate"] == "25/1"
    for (_, picture), (begin, length) in zip(made.work.slides, made.stills(made.webm)[1:-1], strict=True):
        shown = frame(made.webm, begin + length - 2, tmp_path)
        assert ImageStat.Stat(ImageChops.difference(picture_of(picture), shown).convert("L")).mean[0] < 2
    packets = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0"]
    flags = subprocess.run([*packets, str(made.webm)], capture_output=True, text=True, check=True).stdout.split()
    assert "K" in flags[0]
    assert sum("K" in flag for flag in flags) >= 5, "one can jump to each slide"


@needs_espeak
async def test_the_small_picture_moves_through_the_slides(made: Made, tmp_path: Path) -> None:
    webp = path_of(
        await Work(tmp_path, DECK, made.work.slides).make(slide_seconds=1, video_preview="webp"), "-preview.webp"
    )
    for path, pictures in ((made.gif, 5), (webp, 3)):
        with Image.open(path) as moving:
            assert moving.size == (480, 270)
            assert getattr(moving, "n_frames", 1) == pictures
            shown, lasts = [], []
            for number in range(pictures):
                moving.seek(number)
                shown.append(moving.convert("RGB"))
                lasts.append(moving.info["duration"])
        assert lasts == [1500] * pictures
        slides = shown[1:-1] if pictures == len(DECK.slides) + 2 else shown
        for (_, picture), small in zip(made.work.slides, slides, strict=True):
            whole = picture_of(picture).resize((480, 270))
            assert ImageStat.Stat(ImageChops.difference(whole, small).convert("L")).mean[0] < 4


def test_the_small_picture_of_a_long_deck_has_some_of_its_slides() -> None:
    deck = [Path(str(number)) for number in range(500)]
    shown = shown_in_preview(deck)
    assert (len(shown), shown[0], shown[-1]) == (24, deck[0], deck[-1])
    assert shown == sorted(shown, key=deck.index)
    assert shown_in_preview(deck[:3]) == deck[:3]
    assert shown_in_preview(deck[:1]) == deck[:1]


async def test_a_picture_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    whole = base64.b64decode(title())
    torn = base64.b64encode(whole[:60]).decode()
    work = Work(tmp_path, DECK, draw_slides(tmp_path))
    with fail_after(60):
        made = await work.make(slide_seconds=1.0, video_intro=f"data:image/png;base64,{torn}")
    ((code, sentence),) = work.warned
    assert code == "picture_refused"
    assert sentence.startswith("video_intro: ")
    assert int(probe(path_of(made, ".mp4"))["streams"][0]["nb_read_frames"]) == 3 * 30


async def test_a_picture_that_would_unfold_to_too_much_is_not_unfolded(tmp_path: Path) -> None:
    huge = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    work = Work(tmp_path, DECK, draw_slides(tmp_path, 1))
    with fail_after(60):
        await work.make(slide_seconds=1.0, video_outro=f"data:image/png;base64,{huge}")
    assert [code for code, _ in work.warned] == ["picture_refused"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("data:image/gif;base64,R0lGODlh", "data:image/png;base64"),
        ("data:image/png;base64,A", "data:image/png;base64"),
        ("https://x.org/a.png", "data:image/png;base64"),
        ("../a.png", "does not lead"),
        ("a.png", "attachments"),
        ("x" * (MAX_BYTES // 5), "2000000"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_field(given: str, why: str) -> None:
    for field in ("video_intro", "video_outro"):
        with pytest.raises(FieldErrors) as refused:
            parse_model(GenerateRequest, {"text": "x", "outputs": ["video"], field: given})
        (problem,) = refused.value.errors
        assert problem["field"] == field
        assert why in "{problem} {valid}".format(**problem)


def test_a_file_that_only_says_it_is_a_picture_is_refused_before_the_run() -> None:
    page = base64.b64encode(b"<html>").decode()
    spec = RunSpec(
        text="x",
        outputs=["video"],
        video_intro=f"data:image/png;base64,{page}",
        video_outro="a.png",
        attachments={"a.png": page},
    )
    with pytest.raises(FieldErrors) as refused:
        require_possible(spec, Settings())
    assert [problem["field"] for problem in refused.value.errors] == ["video_intro", "video_outro"]
