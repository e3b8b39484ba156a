"""Export `video`: the slides one after the other, spoken if that was asked for, with subtitles, chapters and a poster.

How pictures become a stream is clips.py's (decisions 0070, 0103), how sentences become sound narration.py's. Both are
under way at the same time; then ffmpeg puts picture, sound, subtitles and chapters into one file, copying the picture.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio.to_thread

from pressrun.errors import VideoTooLong
from pressrun.exports.contract import Content, ExportWork, Missing
from pressrun.exports.media.chapters import as_metadata, chapters_of
from pressrun.exports.media.clips import H264, VP9, Clip, Codec, Encoder, size_of, write_stream
from pressrun.exports.media.covers import fitted, refused_covers
from pressrun.exports.media.ffmpeg import Ffmpeg, missing_ffmpeg, source
from pressrun.exports.media.narration import (
    SOUND_RATE,
    Heard,
    Said,
    Sound,
    Speaker,
    cues_of_slide,
    encode_track,
    laid_out,
    write_track,
)
from pressrun.exports.media.preview import PREVIEW_ENDINGS, draw_preview
from pressrun.exports.media.script import Sentence, script_of
from pressrun.exports.media.subtitles import Cue, as_srt, as_vtt, cues_of
from pressrun.exports.media.times import SHORTEST_S, frames_of, looking_s, reading_s
from pressrun.exports.voices.catalog import open_voices, refused_voice
from pressrun.groups import open_task_group
from pressrun.os_errors import failure_of_disk
from pressrun.request_errors import FieldProblem
from pressrun.settings import Settings
from pressrun.slide_texts import SlideTexts
from pressrun.spec import RunSpec

_SPEAKING, _DRAWING = 0.45, 0.4  # of the progress, arbitrary; the rest is for joining them
_KEPT = {H264.ending, VP9.ending, ".pcm"}  # for the next attempt
# A day: what slides on a wall repeat. The longest narration is a third of that (400 000 characters), and video sites
# take 12 hours.
_LONGEST_S = 24 * 3600
_COVER_S = 3.0  # arbitrary (2..5): a title is read
_TELL_EVERY = 0.05  # of the progress: an event is a row of the database


def missing() -> Missing | None:
    """What this machine lacks for any video."""
    return missing_ffmpeg()


def refuse(spec: RunSpec, settings: Settings) -> list[FieldProblem]:
    """A voice that this server does not have; what is to stand in front or behind, and is no picture."""
    return [*refused_voice(spec.voice, settings.voice), *refused_covers(spec)]


async def make(work: ExportWork) -> dict[str, Content]:
    """Raises: VideoTooLong, before anything is encoded; EncoderFailed, VoiceFailed, VoiceTimeout, DiskFull."""
    _require_length(len(work.slides) * (work.spec.slide_seconds or SHORTEST_S))
    try:
        return await _Film(work).make()
    except OSError as exc:
        failure = failure_of_disk(exc)
        if failure is not None:
            raise failure from exc
        raise


@dataclass(frozen=True, slots=True)
class _Container:
    """A file of picture, sound, subtitles and chapters. `how`: the end of ffmpeg's arguments."""

    ending: str
    codec: Codec
    sound: Sound
    subtitles: str
    how: tuple[str, ...]


_MP4 = _Container(".mp4", H264, "aac", "mov_text", ("-movflags", "+faststart", "-f", "mp4"))
_WEBM = _Container(".webm", VP9, "opus", "webvtt", ("-f", "webm"))


@dataclass(frozen=True, slots=True)
class _Scene:
    """A slide in the video, or the picture in front or behind: from `begin` on, in frames."""

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
        self._fps = spec.fps
        self._size = size_of(spec.viewport_width, spec.viewport_height)
        self._smaller = self._size.width + 1 < spec.viewport_width or self._size.height + 1 < spec.viewport_height
        self._containers = [_MP4, _WEBM] if spec.video_webm else [_MP4]
        self._slides = [path for _, path in work.slides]
        self._intro: list[Path] = []  # one at most, as the next
        self._outro: list[Path] = []
        self._shares = {"speak": 0.0, "draw": 0.0, "join": 0.0}
        self._told = 0.0

    async def make(self) -> dict[str, Content]:
        await anyio.to_thread.run_sync(_make_ready, self._folder)
        texts = await self._work.read_texts()
        script = script_of(texts) if texts is not None else []
        self._intro, self._outro = await self._cover("video_intro"), await self._cover("video_outro")
        scenes: list[_Scene] = []
        sounds: dict[Sound, Path] = {}
        clips: dict[str, list[Clip]] = {}

        async def speak() -> None:
            said = await self._speak(script) if self._work.spec.voice != "none" else []
            scenes.extend(self._scenes(texts, script, said))
            _require_length(_length_of(scenes) / self._fps)
            if any(scene.heard.spoken for scene in scenes):
                sounds.update(await self._sounds(scenes))

        async def draw() -> None:
            clips.update(await self._draw())

        async with open_task_group() as group:
            group.start_soon(speak)
            group.start_soon(draw)
        return await self._files(texts, scenes, clips, sounds)

    async def _cover(self, field: str) -> list[Path]:
        """The picture in front or behind, as large as a slide of the video."""
        named = getattr(self._work.spec, field)
        if named is None:
            return []
        found = await fitted(named, self._work.spec.attachments, self._size, self._folder, self._ffmpeg)
        if found is None:
            await self._work.warn(
                "picture_refused",
                f"{field}: the picture cannot be read, and the video is without it; send a whole PNG, JPEG or WebP of "
                "at most 50 megapixels, a WebP that does not move.",
            )
        return [] if found is None else [found]

    @property
    def _pictures(self) -> list[Path]:
        """All that is shown, in turn."""
        return [*self._intro, *self._slides, *self._outro]

    async def _sounds(self, scenes: Sequence[_Scene]) -> dict[Sound, Path]:
        track = self._new("samples")
        encoded = {container.sound: self._new(container.sound) for container in self._containers}
        await anyio.to_thread.run_sync(write_track, [scene.heard for scene in scenes], self._fps, track)
        await encode_track(self._ffmpeg, track, _length_of(scenes) * SOUND_RATE // self._fps, encoded)
        await anyio.to_thread.run_sync(track.unlink)
        return encoded

    async def _speak(self, script: Sequence[Sequence[Sentence]]) -> list[list[Said]]:
        work, spec = self._work, self._work.spec
        async with open_voices(spec.voice, work.settings.voice, self._folder) as voices:
            speaker = Speaker(voices, spec.voice_rate, self._ffmpeg, self._folder, work.cache / "speech")
            said = await speaker.speak_all(script, self._share("speak"))
        for lang, slides in sorted(speaker.unsaid.items()):
            await work.warn(
                "not_spoken",
                f"No voice of this server speaks `{lang or 'und'}`: what slide {_listed(slides)} has of it is not "
                "said. A slide of nothing else is silent for as long as one reads it. Another voice may speak it "
                "(voice, PRESSRUN_VOICE_BASE_URL).",
            )
        if speaker.silent:
            await work.warn(
                "not_spoken",
                f"The voice answered without a sound: something of slide {_listed(speaker.silent)} is not said. A "
                "slide of nothing else is silent for as long as one reads it. Make the run anew, or in another voice.",
            )
        return said

    def _encoder(self, codec: Codec) -> Encoder:
        return Encoder(self._ffmpeg, self._size, self._folder, self._smaller, self._fps, codec)

    async def _draw(self) -> dict[str, list[Clip]]:
        """What is shown in turn, for each container: a slide, or a fade and the slide behind it."""
        fades, pictures = self._work.spec.transition == "fade", self._pictures
        clips: dict[str, dict[int, Clip]] = {container.ending: {} for container in self._containers}
        total = len(clips) * (len(pictures) * (2 if fades else 1) - fades)
        tell = self._share("draw")

        async def encode(ending: str, place: int, made: Callable[[], Awaitable[Clip]]) -> None:
            clips[ending][place] = await made()
            await tell(sum(map(len, clips.values())) / total)

        async with open_task_group() as group:
            for container in self._containers:
                encoder = self._encoder(container.codec)
                for number, picture in enumerate(pictures):
                    if fades and number:
                        fade = partial(encoder.fade, pictures[number - 1], picture)
                        group.start_soon(encode, container.ending, 2 * number - 1, fade)
                    place = 2 * number if fades else number
                    group.start_soon(encode, container.ending, place, partial(encoder.still, picture))
        return {ending: [places[place] for place in sorted(places)] for ending, places in clips.items()}

    def _scenes(
        self, texts: SlideTexts | None, script: Sequence[Sequence[Sentence]], said: Sequence[Sequence[Said]]
    ) -> list[_Scene]:
        asked_s = self._work.spec.slide_seconds
        cover = Heard(frames_of(asked_s or _COVER_S, self._fps), [], spoken=False)
        found = [_Scene(0, cover, []) for _ in self._intro]
        begin = cover.frames * len(found)
        for number in range(len(self._slides)):
            slide = texts.slides[number] if texts is not None and number < len(texts.slides) else None
            read_s = looking_s(slide) if slide is not None else SHORTEST_S
            heard = laid_out(said[number] if number < len(said) else [], asked_s or 0, asked_s or read_s, self._fps)
            sentences = script[number] if number < len(script) else []
            begin_s, lasts_s = begin / self._fps, heard.frames / self._fps
            cues = cues_of_slide(heard, begin_s) if heard.spoken else _silent_cues(sentences, begin_s, lasts_s)
            found.append(_Scene(begin, heard, cues))
            begin += heard.frames
        return [*found, *(_Scene(begin, cover, []) for _ in self._outro)]

    async def _files(
        self,
        texts: SlideTexts | None,
        scenes: Sequence[_Scene],
        clips: Mapping[str, Sequence[Clip]],
        sounds: Mapping[Sound, Path],
    ) -> dict[str, Content]:
        cues = [cue for scene in scenes for cue in scene.cues]
        begins = [scene.begin for scene in scenes[len(self._intro) : len(self._intro) + len(self._slides)]]
        chapters = chapters_of(texts, begins, _length_of(scenes))
        words, metadata, poster = self._new("srt"), self._new("txt"), self._new("jpg")
        srt = as_srt(cues)
        await anyio.to_thread.run_sync(words.write_text, srt, "utf-8")
        told = as_metadata(self._work.title, chapters, self._fps)
        await anyio.to_thread.run_sync(metadata.write_text, told, "utf-8")
        files: dict[str, Content] = {".vtt": as_vtt(cues).encode(), ".srt": srt.encode(), "-poster.jpg": poster}
        for place, container in enumerate(self._containers):
            timed = [*zip(clips[container.ending], self._lengths(scenes), strict=True)]
            track = sounds.get(container.sound)
            files[container.ending] = await self._join(
                container, place, timed, track, words if cues else None, metadata
            )
        await self._encoder(H264).poster(self._pictures[0], poster)
        form = self._work.spec.video_preview
        if form != "none":
            files[PREVIEW_ENDINGS[form]] = moving = self._new(form)
            await draw_preview(self._pictures, self._size, form, self._ffmpeg, moving)
        await anyio.to_thread.run_sync(_forget, [words, metadata, *sounds.values(), *self._intro, *self._outro])
        return files

    async def _join(
        self,
        container: _Container,
        place: int,
        clips: Sequence[tuple[Clip, int]],
        sound: Path | None,
        words: Path | None,
        metadata: Path,
    ) -> Path:
        total = sum(frames for _, frames in clips)
        stream, joined = self._new("ivf"), self._new(container.ending[1:])
        await anyio.to_thread.run_sync(write_stream, clips, self._size, self._fps, stream)
        inputs = ["-f", "ivf", *source(stream), "-f", "ffmetadata", *source(metadata)]
        outputs = ["-map", "0:v", "-map_metadata", "1", "-map_chapters", "1", "-c:v", "copy"]
        if sound is not None:
            outputs += ["-map", f"{inputs.count('-i')}:a", "-c:a", "copy"]
            inputs += source(sound)
        if words is not None:
            outputs += ["-map", f"{inputs.count('-i')}:s", "-c:s", container.subtitles]
            inputs += ["-f", "srt", *source(words)]
        outputs += ["-video_track_timescale", str(self._fps * 1000), *container.how, f"file:{joined}"]
        tell = self._share("join")

        async def told(seconds: float) -> None:
            await tell((place + min(1.0, seconds * self._fps / total)) / len(self._containers))

        await self._ffmpeg.run([*inputs, *outputs], on_progress=told)
        await anyio.to_thread.run_sync(stream.unlink)
        return joined

    def _lengths(self, scenes: Sequence[_Scene]) -> list[int]:
        """Of the clips, in frames: a slide begins with its fade."""
        if self._work.spec.transition == "cut":
            return [scene.heard.frames for scene in scenes]
        fade = self._encoder(H264).fade_frames
        lengths = [scenes[0].heard.frames]
        for scene in scenes[1:]:
            lengths += [fade, scene.heard.frames - fade]
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


def _require_length(seconds: float) -> None:
    if seconds > _LONGEST_S:
        raise VideoTooLong(
            f"The video would be {seconds / 3600:.0f} hours long, and {_LONGEST_S // 3600} are the most: make "
            "slide_seconds smaller, or the document shorter (max_screenshots)."
        )


def _listed(slides: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(slides)))


def _length_of(scenes: Sequence[_Scene]) -> int:
    """In frames."""
    return scenes[-1].begin + scenes[-1].heard.frames


def _silent_cues(sentences: Sequence[Sentence], begin_s: float, lasts_s: float) -> list[Cue]:
    """Each sentence for its share of the slide's time."""
    weights = [reading_s(sentence.text) or 0.1 for sentence in sentences]
    total, at, found = sum(weights), begin_s, []
    for sentence, weight in zip(sentences, weights, strict=True):
        length = lasts_s * weight / total
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
