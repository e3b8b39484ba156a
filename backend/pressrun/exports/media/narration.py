"""Narration: sentences -> one track of sound, and when each sentence is heard.

A sentence is spoken alone and kept by what makes it sound as it does, in the cache that all runs share and in the
export's own folder: one changed slide speaks anew alone, and so does a retry. Its times are those of its own sound.
What no voice can say, or answers without a sound, is a warning, and its slide is silent for as long as one reads it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import anyio
import anyio.to_thread

from pressrun.disk_cache import DiskCache
from pressrun.errors import EncoderFailed, EncoderMissing, VoiceFailed
from pressrun.exports.media.ffmpeg import Ffmpeg, source
from pressrun.exports.media.pcm import RATE, read_wav, seconds_of, silences, trimmed
from pressrun.exports.media.script import Sentence
from pressrun.exports.media.subtitles import Cue, cues_of
from pressrun.exports.media.times import frames_of
from pressrun.exports.voices.contract import Voice
from pressrun.groups import open_task_group
from pressrun.worker_threads import stop_if_cancelled

_BEFORE_S: Final = 0.4  # arbitrary (0.2..1), as the next two: a slide is there before it is spoken of,
_BETWEEN_S: Final = 0.35  # a sentence ends,
_AFTER_S: Final = 0.8  # and what was said last sinks in
SOUND_RATE: Final = 48_000  # what players and video sites have
_LOUDNESS_LUFS: Final = -16.0  # as podcasts and video sites have it
_PEAK_DB: Final = -3.0  # of samples; between them, and by what AAC adds, it was up to 1.7 dB more
_NOTHING_LUFS: Final = -70.0  # what is below counts as silence (EBU R128)
_MOST_DB: Final = 30.0  # arbitrary: what is softer is no speech
_NOWHERE: Final = ("-f", "null", "-")
_FORMAT: Final = 1
_CACHE_MAX_BYTES: Final = 256 * 1024 * 1024  # arbitrary: a hundred minutes of speech
_AT_ONCE: Final = 4  # arbitrary (2..8): more than cores, for an endpoint elsewhere speaks them

Progress = Callable[[float], Awaitable[None]]
Sound = Literal["aac", "opus"]
_SOUNDS: Final[Mapping[Sound, Sequence[str]]] = {
    "aac": ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "96k", "-f", "ipod"),
    "opus": ("-c:a", "libopus", "-application", "voip", "-b:a", "64k", "-f", "ogg"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and the file of its samples; none where it cannot be said."""

    sentence: Sentence
    sound: Path | None
    seconds: float = 0.0


@dataclass(slots=True)
class Speaker:
    """Speaks the sentences of one run. `folder` is there."""

    voices: Sequence[Voice]
    rate: float
    ffmpeg: Ffmpeg
    folder: Path
    cache: Path
    unsaid: dict[str, set[int]] = field(default_factory=dict)  # slides from 1, by the language nobody speaks
    silent: set[int] = field(default_factory=set)  # slides from 1 with a sentence that a voice answered without a sound

    async def speak_all(self, script: Sequence[Sequence[Sentence]], progress: Progress) -> list[list[Said]]:
        """What is heard of each slide. Raises: VoiceFailed, VoiceTimeout, EncoderFailed, DiskFull."""
        said: dict[tuple[int, int], Said] = {}
        kept = DiskCache(self.cache, _CACHE_MAX_BYTES, format=_FORMAT)
        places = anyio.CapacityLimiter(_AT_ONCE)
        total = sum(len(sentences) for sentences in script)

        async def speak(slide: int, number: int, sentence: Sentence) -> None:
            async with places:
                sound = await self._spoken(sentence, kept)
            if sound is None:
                self.unsaid.setdefault(sentence.lang, set()).add(slide + 1)
            seconds = seconds_of(sound) if sound else 0.0
            if sound is not None and not seconds:
                self.silent.add(slide + 1)
            said[slide, number] = Said(sentence, sound, seconds)
            await progress(len(said) / total)

        async with open_task_group() as group:
            for slide, sentences in enumerate(script):
                for number, sentence in enumerate(sentences):
                    group.start_soon(speak, slide, number, sentence)
        return [[said[slide, number] for number in range(len(script[slide]))] for slide in range(len(script))]

    async def _spoken(self, sentence: Sentence, kept: DiskCache) -> Path | None:
        for voice in self.voices:
            tongue = await voice.tongue(sentence.lang, sentence.text)
            if tongue is not None:
                return await self._sound(voice, tongue, sentence.text, kept)
        return None

    async def _sound(self, voice: Voice, tongue: str, text: str, kept: DiskCache) -> Path:
        asked = json.dumps([_FORMAT, voice.identity, tongue, self.rate, text])
        key = hashlib.sha256(asked.encode()).hexdigest()
        own = self.folder / f"{key}.pcm"
        if not await anyio.to_thread.run_sync(_find, own, kept, key):
            sound = await voice.speak(text, tongue, self.rate)
            samples = trimmed(await self._samples(sound))
            await anyio.to_thread.run_sync(_keep, own, kept, key, samples)
        return own

    async def _samples(self, sound: bytes) -> bytes:
        """As we keep them; what a voice sends in another form is converted."""
        wav = await anyio.to_thread.run_sync(read_wav, sound)
        if wav is not None and (wav.fits or not wav.samples):
            return wav.samples
        if not sound:
            raise VoiceFailed
        form = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "pipe:1"]
        most = 2 * RATE * 600  # ten minutes
        arguments = ["-protocol_whitelist", "pipe", "-i", "pipe:0", *form]
        try:
            return (await self.ffmpeg.run(arguments, stdin=sound, max_output_bytes=most)).output
        except EncoderMissing:
            raise
        except EncoderFailed as exc:
            raise VoiceFailed("The voice sent what is no sound; see the server's log, then retry.") from exc


@dataclass(frozen=True, slots=True)
class Heard:
    """The frames of a slide, and its sentences with the second of the slide in which each begins; `spoken`: not all of
    them are silent.
    """

    frames: int
    sentences: Sequence[tuple[float, Said]]
    spoken: bool


def laid_out(said: Sequence[Said], at_least_s: float, silent_s: float, fps: int) -> Heard:
    """When what is heard, in a slide that lasts as long as it is spoken of, and `at_least_s`; one of which nothing can
    be said, `silent_s`. Pure.
    """
    placed, at = [], _BEFORE_S
    for each in said:
        if each.seconds:
            placed.append((at, each))
            at += each.seconds + _BETWEEN_S
    if not placed:
        return Heard(frames_of(max(at_least_s, silent_s), fps), [], spoken=False)
    return Heard(frames_of(max(at_least_s, at - _BETWEEN_S + _AFTER_S), fps), placed, spoken=True)


def cues_of_slide(heard: Heard, begin_s: float) -> list[Cue]:
    """A cue or more for each sentence, from its first sound to its last."""
    found: list[Cue] = []
    for at, said in heard.sentences:
        found += cues_of(said.sentence.text, begin_s + at, begin_s + at + said.seconds)
    return found


def write_track(slides: Sequence[Heard], fps: int, target: Path) -> None:
    """All that is heard, exactly as long as the video, sentence by sentence: samples without a header, for a WAV file
    has no more than 4 GB, which is 27 hours. Blocks; a cancel stops it.
    """
    with target.open("wb") as track:
        frames = 0
        for heard in slides:
            stop_if_cancelled()
            # counted from the first frame on, for a frame need not have a whole number of samples
            done, whole = 0, (frames + heard.frames) * RATE // fps - frames * RATE // fps
            frames += heard.frames
            for at, said in heard.sentences:
                begin = round(at * RATE)
                samples = said.sound.read_bytes() if said.sound else b""
                track.writelines(silences(begin - done))
                track.write(samples)
                done = begin + len(samples) // 2
            track.writelines(silences(whole - done))


async def encode_track(ffmpeg: Ffmpeg, track: Path, samples: int, targets: Mapping[Sound, Path]) -> None:
    """The track, exactly so many samples at `SOUND_RATE` long, as loud as speech on the web (EBU R128).

    Measured as a whole first: it is made louder or softer evenly, and a peak that would then be too high is limited,
    never clipped. (ffmpeg's loudnorm does the same at 192 kHz, which takes three times as long.)
    """
    heard = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", *source(track)]
    measured = await ffmpeg.run([*heard, "-loglevel", "info", "-af", "ebur128=framelog=verbose", *_NOWHERE])
    gain_db = _gain_db(measured.said)
    limit = f"alimiter=limit={10 ** (_PEAK_DB / 20):.4f}:level=false"
    level = f"volume={gain_db:.2f}dB,aformat=sample_rates={SOUND_RATE}:channel_layouts=mono,{limit}"
    shape = f"apad=whole_len={samples},atrim=end_sample={samples}"
    for sound, target in targets.items():
        await ffmpeg.run([*heard, "-af", f"{level},{shape}", *_SOUNDS[sound], f"file:{target}"])


def _gain_db(words: str) -> float:
    """From what ebur128 says at its end; none where there is too little sound to be measured."""
    found = re.findall(r"^\s*I:\s+(-?[\d.]+) LUFS$", words, re.MULTILINE)
    loudness = float(found[-1]) if found else _NOTHING_LUFS
    return 0.0 if loudness <= _NOTHING_LUFS else max(-_MOST_DB, min(_MOST_DB, _LOUDNESS_LUFS - loudness))


def _find(own: Path, kept: DiskCache, key: str) -> bool:
    """Whether the sentence is in the export's folder, or has been taken there from the cache."""
    with contextlib.suppress(FileNotFoundError):
        if own.stat().st_size:  # a power cut leaves a file empty
            return True
    known = kept.read(key)
    if known is None:
        return False
    try:
        samples = kept.attached(key).read_bytes()
    except OSError:
        return False
    if not samples or hashlib.sha256(samples).hexdigest() != known.get("sha256"):
        kept.drop(key)
        return False
    _write(own, samples)
    return True


def _keep(own: Path, kept: DiskCache, key: str, samples: bytes) -> None:
    _write(own, samples)
    if samples:  # else a voice that was mute for a moment would be so for all runs
        kept.keep(key, {"sha256": hashlib.sha256(samples).hexdigest()}, own)


def _write(own: Path, samples: bytes) -> None:
    partial = own.with_suffix(f".{secrets.token_hex(4)}.partial")  # the same sentence may stand on two slides
    partial.write_bytes(samples)
    partial.rename(own)
