"""The export `video`, made by the real ffmpeg and espeak-ng: one video that many look at, and what may go wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from pressrun.exports.contract import Content
from pressrun.exports.media.clips import H264, PERIOD, Clip, Size, write_stream
from pressrun.exports.voices.espeak import Espeak
from tests.support.limits import fail_after
from tests.support.video_decks import DECK, ENGLISH, work_in
from tests.support.video_work import (
    HEIGHT,
    WIDTH,
    Work,
    block,
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


FPS, FADE_FRAMES = 30, 15
# whatever would be something else to a shell, to ffmpeg's patterns, lists and filters
WILD = "it's %03d; $(touch x) [0:v]"


class Made:
    """The one narrated video, and where."""

    def __init__(self, work: Work, made: dict[str, Content]) -> None:
        self.work = work
        self.film = path_of(made, ".mp4")
        self.poster = path_of(made, "-poster.jpg")
        self.vtt = text_of(made, ".vtt")
        self.srt = text_of(made, ".srt")
        self.probed = probe(self.film)
        self.hashes = frame_hashes(self.film)

    @property
    def cues(self) -> list[tuple[float, float]]:
        found = re.findall(r"(\d\d):(\d\d):(\d\d\.\d+) --> (\d\d):(\d\d):(\d\d\.\d+)", self.vtt)
        return [
            (int(a) * 3600 + int(b) * 60 + float(c), int(d) * 3600 + int(e) * 60 + float(f))
            for a, b, c, d, e, f in found
        ]

    def stream(self, kind: str) -> dict[str, Any]:
        (found,) = (each for each in self.probed["streams"] if each["codec_type"] == kind)
        return dict(found)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("video") / WILD
    folder.mkdir()
    work = work_in(folder)

    async def make() -> dict[str, Content]:
        with fail_after(60):
            return await work.make(voice="espeak", transition="fade")

    return Made(work, anyio.run(make))


@needs_espeak
def test_a_video_plays_everywhere_and_is_true_to_a_frame(made: Made) -> None:
    picture, sound, words = made.stream("video"), made.stream("audio"), made.stream("subtitle")
    assert [picture[key] for key in ("codec_name", "profile", "pix_fmt", "width", "height")] == [
        *("h264", "High", "yuv420p"),
        *(WIDTH, HEIGHT),
    ]
    assert [picture[key] for key in ("r_frame_rate", "avg_frame_rate", "color_space", "color_range")] == [
        *("30/1", "30/1", "bt709", "tv")
    ]
    frames = int(picture["nb_read_frames"])
    assert frames == len(made.hashes)
    assert float(picture["duration"]) == pytest.approx(frames / FPS, abs=1e-6)
    assert float(made.probed["format"]["duration"]) == pytest.approx(frames / FPS, abs=0.5 / FPS)
    assert (sound["codec_name"], sound["sample_rate"], words["codec_name"]) == ("aac", "48000", "mov_text")
    assert float(sound["duration"]) == pytest.approx(frames / FPS, abs=0.5 / FPS)
    data = made.film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it begins to play before all of it is there"


@needs_espeak
def test_the_frames_are_the_slides_and_the_fades_between_them(made: Made, tmp_path: Path) -> None:
    runs = [(digest, len([*same])) for digest, same in groupby(made.hashes)]
    stills = [place for place, (_, length) in enumerate(runs) if length > FADE_FRAMES]
    assert len(stills) == 3, "each slide is one picture from its first frame to its last"
    between = [sum(length for _, length in runs[first + 1 : second]) for first, second in pairwise(stills)]
    assert all(frames in (FADE_FRAMES - 1, FADE_FRAMES) for frames in between), "its first is the slide before"
    assert all(second - first > FADE_FRAMES - 3 for first, second in pairwise(stills)), "and each of the others differs"
    begins = [sum(length for _, length in runs[:place]) for place in stills]
    for (_, picture), begin in zip(made.work.slides, begins, strict=True):
        shown = picture_of(picture)
        different = ImageChops.difference(shown, frame(made.film, begin + 20, tmp_path))
        assert ImageStat.Stat(different.convert("L")).mean[0] < 2, "colours of fine lines are at half the resolution"
    middle = frame(made.film, begins[1] - FADE_FRAMES // 2, tmp_path).getpixel((2, 2))
    assert isinstance(middle, tuple)
    assert all(
        abs(part - (one + two) / 2) < 20
        for part, one, two in zip(middle, (0xF4, 0xEF, 0xE6), (0x20, 0x3A, 0x5C), strict=True)
    )


@needs_espeak
def test_subtitles_are_seen_while_they_are_said(made: Made) -> None:
    rate, window = 8000, 160  # 20 ms
    sound = sound_of(made.film, rate)
    loud = [max(map(abs, sound[at : at + window])) > 600 for at in range(0, len(sound), window)]
    heard = [place * window / rate for place, is_loud in enumerate(loud) if is_loud]
    cues = made.cues[:-1]
    assert len(cues) == 5, "a heading, two sentences, two of the notes; the last slide is not spoken"
    for begin, end in cues:
        within = [at for at in heard if begin - 0.3 <= at <= end + 0.3]
        assert within
        assert abs(within[0] - begin) < 0.3 or loud[int(begin * rate / window) - 1], "speech begins with the cue"
    spoken = [at for at in heard if not any(begin - 0.3 <= at <= end + 0.3 for begin, end in cues)]
    assert not spoken, "nothing is said without subtitles"
    gaps = [(first[1] + second[0]) / 2 for first, second in pairwise(cues) if second[0] - first[1] > 0.2]
    assert len(gaps) == 4
    assert not [gap for gap in gaps if any(loud[int(gap * rate / window) + step] for step in (-2, 0, 2))]


@needs_espeak
def test_the_sound_is_as_loud_as_speech_on_the_web_and_not_clipped(made: Made) -> None:
    command = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(made.film),
        "-map",
        "0:a",
        "-af",
        "ebur128=peak=true,astats",
    ]
    said = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    loudness = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1])
    peak = float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said)[-1])
    assert -18.5 < loudness < -14.5
    assert peak < -0.3
    assert float(re.findall(r"Flat factor: ([\d.]+)", said)[-1]) == 0, "no run of samples at the limit"


@needs_espeak
def test_chapters_subtitles_poster_and_title_come_with_it(made: Made, tmp_path: Path) -> None:
    chapters = [(chapter["tags"]["title"], float(chapter["start_time"])) for chapter in made.probed["chapters"]]
    assert [title for title, _ in chapters] == ["Rivers", "Flüsse"]
    assert chapters[0][1] == 0
    assert made.probed["format"]["tags"]["title"] == "Rivers; = a [CHAPTER] #title"
    track = tmp_path / "track.srt"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(made.film), "-map", "0:s", str(track)], check=True)
    assert track.read_text().count("-->") == made.srt.count("-->") == 6
    poster = picture_of(made.poster)
    assert poster.size == (WIDTH, HEIGHT)
    different = ImageChops.difference(picture_of(made.work.slides[0][1]), poster)
    assert ImageStat.Stat(different.convert("L")).mean[0] < 2, "its colours are the slide's"
    assert [share for share, _ in made.work.told] == sorted(share for share, _ in made.work.told)


@needs_espeak
def test_what_no_voice_speaks_is_told_and_silent_for_its_reading_time(made: Made) -> None:
    ((code, sentence),) = made.work.warned
    assert code == "not_spoken"
    assert "`km`" in sentence
    assert "slide 3" in sentence
    sound = sound_of(made.film)
    assert max(map(abs, sound[-2 * 8000 :])) < 50


@needs_espeak
async def test_one_changed_slide_is_encoded_and_spoken_anew_alone(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {
        name: (made.work.folder / "work" / "video" / name).stat().st_mtime_ns
        for name in made.work.kept(".h264") | made.work.kept(".pcm")
    }
    changed = slide(2, notes="Der Fluss trägt Sand. Das ist ganz anders.")
    work = Work(made.work.folder, texts(DECK.slides[0], changed, DECK.slides[2]), made.work.slides)
    with fail_after(60):
        await work.make(voice="espeak", transition="fade")
    now = {
        name: (work.folder / "work" / "video" / name).stat().st_mtime_ns
        for name in work.kept(".h264") | work.kept(".pcm")
    }
    assert {name: now[name] for name in before} == before
    assert len(now) == len(before) + 1, "one sentence, and no picture"
    elsewhere = Work(tmp_path, work.texts, work.slides)
    shutil.copytree(work.folder / "cache", tmp_path / "cache")

    async def spoken_anew(_voice: Espeak, text: str, *_how: object) -> bytes:
        raise AssertionError(text)

    monkeypatch.setattr(Espeak, "speak", spoken_anew)  # another run takes all that it says from the cache
    with fail_after(60):
        await elsewhere.make(voice="espeak")
    assert elsewhere.kept(".pcm")
    assert elsewhere.kept(".pcm") <= work.kept(".pcm")


async def test_a_long_still_is_exactly_its_picture_with_a_key_frame_every_ten_seconds(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    with fail_after(60):
        film = path_of(await work.make(slide_seconds=12.0), ".mp4")
    hashes = frame_hashes(film)
    assert [len([*same]) for _, same in groupby(hashes)] == [12 * FPS] * 3
    assert [stream["codec_type"] for stream in probe(film)["streams"][:2]] == ["video", "subtitle"], "and no sound"
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "packet=pts_time,flags",
        "-of",
        "csv=p=0",
    ]
    packets = subprocess.run([*command, str(film)], capture_output=True, text=True, check=True).stdout.split()
    assert [float(packet.split(",")[0]) for packet in packets] == [
        pytest.approx(n / FPS, abs=1e-4) for n in range(36 * FPS)
    ]
    keys = [float(packet.split(",")[0]) for packet in packets if "K" in packet]
    assert keys == [0, 6, 12, 18, 24, 30]
    (clip, *_) = sorted(work.kept(".h264"))
    clip_path = tmp_path / "work" / "video" / clip
    shorter = tmp_path / "of-another-encoder.h264"
    shorter.write_bytes(clip_path.read_bytes().rpartition(b"\0\0\0\1\x09")[0])
    stream = tmp_path / "stream.ivf"
    write_stream([(Clip(shorter, still=True, codec=H264), 100)], Size(WIDTH, HEIGHT), FPS, stream)
    assert len({*frame_hashes(stream)}) == 1, "where repeats cannot be relied on there are more key frames"
    assert len(frame_hashes(stream)) == 100
    assert stream.stat().st_size > 100 // (PERIOD + 2) * shorter.stat().st_size / 2


async def test_without_a_voice_each_sentence_is_seen_for_its_share_of_the_slide(tmp_path: Path) -> None:
    work = work_in(tmp_path, texts(slide(1, block("paragraph", ENGLISH)), slide(2), slide(3, notes="Now this.")))
    with fail_after(60):
        made = await work.make(slide_seconds=2.0, viewport_width=641, viewport_height=361)
    times = re.findall(r"00:00:0(\d\.\d+) --> 00:00:0(\d\.\d+)", text_of(made, ".vtt"))
    assert (times[0][0], times[-1]) == ("0.000", ("4.000", "6.000"))
    assert all(float(end) <= 2 for _, end in times[:-1])
    picture = probe(path_of(made, ".mp4"))["streams"][0]
    assert (picture["width"], picture["height"]) == (640, 360)


@pytest.mark.parametrize("ground", ["#fbfbf8", "#0f2a50", "#fdf3ea"])
async def test_a_plain_ground_has_its_colour_everywhere(ground: str, tmp_path: Path) -> None:
    """One step of colour beside it was a stain, for it was so on a part of the ground only."""
    drawn = Image.new("RGB", (WIDTH, HEIGHT), ground)
    pen = ImageDraw.Draw(drawn)
    for line in range(20, HEIGHT - 20, 24):
        pen.text((30, line), "sand and gravel of the river", fill="#1c1917")
    drawn.save(tmp_path / "slide.png")
    film = path_of(await Work(tmp_path, None, [("slide.png", tmp_path / "slide.png")]).make(slide_seconds=1), ".mp4")
    plain = ImageChops.difference(drawn, frame(film, 0, tmp_path)).crop((400, 20, WIDTH - 20, HEIGHT - 20))
    assert max(ImageStat.Stat(plain).mean) < 1.5
