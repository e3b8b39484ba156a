"""Export `video`: the slides one after the other, spoken if that was asked for, with subtitles, chapters and a poster.

How pictures become a stream is clips.py's (decision 0070), how sentences become sound narration.py's. Both are under
way at the same time; then ffmpeg puts picture, sound, subtitles and chapters into one file, copying the picture.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio.to_thread

from pressrun.errors import FieldProblem
from pressrun.exports.contract import Content, ExportWork, Missing
from pressrun.exports.media.chapters import as_metadata, chapters_of
from pressrun.exports.media.clips import FADE_FRAMES, FPS, Clip, Encoder, size_of, write_stream
from pressrun.exports.media.ffmpeg import Ffmpeg, missing_ffmpeg, source
from pressrun.exports.media.narration import (
    SOUND_RATE,
    Heard,
    Said,
    Speaker,
    cues_of_slide,
    encode_track,
    laid_out,
    write_track,
)
from pressrun.exports.media.script import Sentence, script_of
from pressrun.exports.media.subtitles import Cue, as_srt, as_vtt, cues_of
from pressrun.exports.media.times import SHORTEST_S, looking_s, reading_s
from pressrun.exports.voices.catalog import open_voices, refused_voice
from pressrun.groups import open_task_group
from pressrun.os_errors import failure_of_disk
from pressrun.settings import Settings
from pressrun.slide_texts import SlideTexts
from pressrun.spec import RunSpec

_SPEAKING, _DRAWING = 0.45, 0.4  # of the progress, arbitrary; the rest is for joining them
_KEPT = {".h264", ".pcm"}  # for the next attempt
_TELL_EVERY = 0.05  # of the progress: an event is a row of the database


def missing() -> Missing | None:
    """What this machine lacks for any video."""
    return missing_ffmpeg()


def refuse(spec: RunSpec, settings: Settings) -> list[FieldProblem]:
    """A voice that this server does not have."""
    return refused_voice(spec.voice, settings.voice)


async def make(work: ExportWork) -> dict[str, Content]:
    """Raises: EncoderFailed, VoiceFailed, VoiceTimeout, DiskFull."""
    try:
        return await _Film(work).make()
    except OSError as exc:
        failure = failure_of_disk(exc)
        if failure is not None:
            raise failure from exc
        raise


@dataclass(frozen=True, slots=True)
class _Scene:
    """A slide in the video: from `begin` on, in frames."""

    begin: int
    heard: Heard
    cues: Sequence[Cue]


class _Film:
    """The video of one run."""

    def __init__(self, work: ExportWork) -> None:
        self._work = work
        self._folder = work.scratch
        self._ffmpeg = Ffmpeg(work.scratch)
        spec = work.spec
        size = size_of(spec.viewport_width, spec.viewport_height)
        smaller = size.width + 1 < spec.viewport_width or size.height + 1 < spec.viewport_height
        self._encoder = Encoder(self._ffmpeg, size, work.scratch, smaller)
        self._pictures = [path for _, path in work.slides]
        self._shares = {"speak": 0.0, "draw": 0.0, "join": 0.0}
        self._told = 0.0

    async def make(self) -> dict[str, Content]:
        await anyio.to_thread.run_sync(_make_ready, self._folder)
        texts = await self._work.read_texts()
        script = script_of(texts) if texts is not None else []
        scenes: list[_Scene] = []
        sound: list[Path] = []
        clips: list[Clip] = []

        async def speak() -> None:
            said = await self._speak(script) if self._work.spec.voice != "none" else []
            scenes.extend(self._scenes(texts, script, said))
            if any(scene.heard.spoken for scene in scenes):
                sound.append(await self._sound(scenes))

        async def draw() -> None:
            clips.extend(await self._draw())

        async with open_task_group() as group:
            group.start_soon(speak)
            group.start_soon(draw)
        return await self._join(texts, scenes, clips, sound)

    async def _sound(self, scenes: Sequence[_Scene]) -> Path:
        track, encoded = self._new("wav"), self._new("m4a")
        await anyio.to_thread.run_sync(write_track, [scene.heard for scene in scenes], track)
        await encode_track(self._ffmpeg, track, _length_of(scenes) * SOUND_RATE // FPS, encoded)
        await anyio.to_thread.run_sync(track.unlink)
        return encoded

    async def _speak(self, script: Sequence[Sequence[Sentence]]) -> list[list[Said]]:
        work, spec = self._work, self._work.spec
        async with open_voices(spec.voice, work.settings.voice, self._folder) as voices:
            speaker = Speaker(voices, spec.voice_rate, self._ffmpeg, self._folder, work.cache / "speech")
            said = await speaker.speak_all(script, self._share("speak"))
        for lang, slides in sorted(speaker.unsaid.items()):
            numbers = ", ".join(map(str, sorted(slides)))
            await work.warn(
                "not_spoken",
                f"No voice of this server speaks `{lang or 'und'}`: what slide {numbers} has of it is not said. "
                "A slide of nothing else is silent for as long as one reads it. Another voice may speak it (voice, "
                "PRESSRUN_VOICE_BASE_URL).",
            )
        return said

    async def _draw(self) -> list[Clip]:
        """What is shown in turn: a slide, or a fade and the slide behind it."""
        fades = self._work.spec.transition == "fade"
        clips: dict[int, Clip] = {}
        total = len(self._pictures) * (2 if fades else 1) - fades
        tell = self._share("draw")

        async def encode(place: int, made: Callable[[], Awaitable[Clip]]) -> None:
            clips[place] = await made()
            await tell(len(clips) / total)

        async with open_task_group() as group:
            for number, picture in enumerate(self._pictures):
                if fades and number:
                    fade = partial(self._encoder.fade, self._pictures[number - 1], picture)
                    group.start_soon(encode, 2 * number - 1, fade)
                group.start_soon(encode, 2 * number if fades else number, partial(self._encoder.still, picture))
        return [clips[place] for place in sorted(clips)]

    def _scenes(
        self, texts: SlideTexts | None, script: Sequence[Sequence[Sentence]], said: Sequence[Sequence[Said]]
    ) -> list[_Scene]:
        asked_s = self._work.spec.slide_seconds
        found: list[_Scene] = []
        begin = 0
        for number in range(len(self._pictures)):
            slide = texts.slides[number] if texts is not None and number < len(texts.slides) else None
            read_s = looking_s(slide) if slide is not None else SHORTEST_S
            heard = laid_out(said[number] if number < len(said) else [], asked_s or 0, asked_s or read_s)
            sentences = script[number] if number < len(script) else []
            cues = cues_of_slide(heard, begin / FPS) if heard.spoken else _silent_cues(sentences, begin, heard)
            found.append(_Scene(begin, heard, cues))
            begin += heard.frames
        return found

    async def _join(
        self, texts: SlideTexts | None, scenes: Sequence[_Scene], clips: Sequence[Clip], sound: Sequence[Path]
    ) -> dict[str, Content]:
        total = _length_of(scenes)
        cues = [cue for scene in scenes for cue in scene.cues]
        chapters = chapters_of(texts, [scene.begin for scene in scenes], total)
        stream, words, metadata = self._new("ivf"), self._new("srt"), self._new("txt")
        joined, poster = self._new("mp4"), self._new("jpg")
        lengths = self._lengths(scenes)
        await anyio.to_thread.run_sync(write_stream, [*zip(clips, lengths, strict=True)], self._encoder.size, stream)
        srt = as_srt(cues)
        await anyio.to_thread.run_sync(words.write_text, srt, "utf-8")
        await anyio.to_thread.run_sync(metadata.write_text, as_metadata(self._work.title, chapters), "utf-8")
        inputs = ["-f", "ivf", *source(stream), "-f", "ffmetadata", *source(metadata)]
        outputs = ["-map", "0:v", "-map_metadata", "1", "-map_chapters", "1", "-c:v", "copy"]
        for track in sound:
            outputs += ["-map", f"{inputs.count('-i')}:a", "-c:a", "copy"]
            inputs += source(track)
        if cues:
            outputs += ["-map", f"{inputs.count('-i')}:s", "-c:s", "mov_text"]
            inputs += ["-f", "srt", *source(words)]
        outputs += ["-video_track_timescale", str(FPS * 1000), "-movflags", "+faststart", "-f", "mp4", f"file:{joined}"]
        tell = self._share("join")
        await self._ffmpeg.run([*inputs, *outputs], on_progress=lambda s: tell(min(1.0, s * FPS / total)))
        await self._encoder.poster(self._pictures[0], poster)
        await anyio.to_thread.run_sync(_forget, [stream, words, metadata, *sound])
        return {".mp4": joined, ".vtt": as_vtt(cues).encode(), ".srt": srt.encode(), "-poster.jpg": poster}

    def _lengths(self, scenes: Sequence[_Scene]) -> list[int]:
        """Of the clips, in frames: a slide begins with its fade."""
        if self._work.spec.transition == "cut":
            return [scene.heard.frames for scene in scenes]
        lengths = [scenes[0].heard.frames]
        for scene in scenes[1:]:
            lengths += [FADE_FRAMES, scene.heard.frames - FADE_FRAMES]
        return lengths

    def _new(self, ending: str) -> Path:
        """A name that no earlier attempt, which may be frozen, is writing to."""
        return self._folder / f"{secrets.token_hex(8)}.{ending}"

    def _share(self, part: str) -> Callable[[float], Awaitable[None]]:
        async def tell(share: float) -> None:
            self._shares[part] = max(share, self._shares[part])
            spoken = self._work.spec.voice != "none"
            speaking = _SPEAKING if spoken else 0.0
            drawing = _DRAWING if spoken else _DRAWING + _SPEAKING
            done = speaking * self._shares["speak"] + drawing * self._shares["draw"]
            done += (1 - speaking - drawing) * self._shares["join"]
            if done >= self._told + _TELL_EVERY:
                self._told = done
                await self._work.progress(done, _WORDS[part])

        return tell


_WORDS = {"speak": "Speaking", "draw": "Encoding the video", "join": "Putting picture and sound together"}


def _length_of(scenes: Sequence[_Scene]) -> int:
    """In frames."""
    return scenes[-1].begin + scenes[-1].heard.frames


def _silent_cues(sentences: Sequence[Sentence], begin: int, heard: Heard) -> list[Cue]:
    """Each sentence for its share of the slide's time."""
    weights = [reading_s(sentence.text) or 0.1 for sentence in sentences]
    total, at, found = sum(weights), begin / FPS, []
    for sentence, weight in zip(sentences, weights, strict=True):
        length = heard.frames / FPS * weight / total
        found += cues_of(sentence.text, at, at + length)
        at += length
    return found


def _make_ready(folder: Path) -> None:
    """With the clips and sentences of an earlier attempt, and nothing that it has left half done."""
    folder.mkdir(parents=True, exist_ok=True)
    _forget([path for path in folder.iterdir() if path.suffix not in _KEPT])


def _forget(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
