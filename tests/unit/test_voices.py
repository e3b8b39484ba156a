"""Voices: one contract for the program espeak-ng, for the command line of Piper, and for an endpoint on loopback.

Piper itself and an endpoint with a model are not here: what stands for them keeps to the same command line and the same
request, and speaks with espeak-ng.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from array import array
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pressrun.checks import check_voices
from pressrun.errors import VoiceFailed, VoiceRefused, VoiceTimeout
from pressrun.exports.media.ffmpeg import Ffmpeg
from pressrun.exports.media.narration import Speaker
from pressrun.exports.media.pcm import read_wav, trimmed
from pressrun.exports.media.script import Sentence
from pressrun.exports.voices.catalog import missing_for_voice, open_voices
from pressrun.exports.voices.contract import Voice
from pressrun.exports.voices.endpoint import open_endpoint
from pressrun.settings import Settings, VoiceSettings
from pressrun.spec import VoiceName
from tests.support.limits import fail_after
from tests.support.threaded_server import serve
from tests.support.video_work import needs_espeak, needs_ffmpeg

pytestmark = [pytest.mark.anyio, needs_espeak]

SENTENCE = "The river carries sand and gravel to the sea."
KEY = "sk-voice-0123456789"

# Rejects what the real one would: an option it does not know, a text as an argument
_PIPER = """#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --model) test -f "$2" || exit 3; shift 2;;
    --output_file) target="$2"; shift 2;;
    --length_scale) scale="$2"; shift 2;;
    *) echo "unknown $1" >&2; exit 2;;
  esac
done
speed=$(awk "BEGIN { print int(160 / $scale) }")
exec espeak-ng -v en-us -s "$speed" --stdin -w "$target"
"""


class SpeechServer:
    """`/v1/audio/speech`: the next answer of a list, then speech."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answers: list[Callable[[], Response]] = []
        self.hangs = False

    async def speak(self, request: Request) -> Response:
        self.keys.append(request.headers.get("authorization"))
        self.asked.append(asked := json.loads(await request.body()))
        if self.hangs:
            await anyio.sleep(3600)
        if self.answers:
            return self.answers.pop(0)()
        speed = str(round(160 * asked.get("speed", 1)))
        command = ["espeak-ng", "-s", speed, "--stdin", "--stdout"]
        sound = subprocess.run(command, input=asked["input"].encode(), capture_output=True, check=True).stdout
        return Response(sound, media_type="audio/wav")


@pytest.fixture(scope="module")
def speech() -> Iterator[tuple[SpeechServer, str]]:
    server = SpeechServer()
    with serve(Starlette(routes=[Route("/v1/audio/speech", server.speak, methods=["POST"])])) as port:
        yield server, f"http://127.0.0.1:{port}/v1"


@pytest.fixture
def settings(tmp_path: Path, speech: tuple[SpeechServer, str], monkeypatch: pytest.MonkeyPatch) -> VoiceSettings:
    """Of a server that has all three."""
    server, url = speech
    server.asked, server.keys, server.answers, server.hangs = [], [], [], False
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "piper").write_text(_PIPER)
    (programs / "piper").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{Path(shutil.which('espeak-ng') or '').parent}:/usr/bin:/bin")
    model = tmp_path / "en_US-test.onnx"
    model.write_bytes(b"model")
    (tmp_path / "en_US-test.onnx.json").write_text('{"language": {"code": "en_US"}}')
    return Settings(piper_voice=model, voice_base_url=url, voice_api_key=KEY, voice_timeout_s=60).voice


@asynccontextmanager
async def opened(name: VoiceName, settings: VoiceSettings, folder: Path) -> AsyncIterator[Voice]:
    async with open_voices(name, settings, folder) as (voice,):
        yield voice


def seconds(sound: bytes) -> float:
    wav = read_wav(sound)
    assert wav is not None
    return len(trimmed(wav.samples)) / 2 / wav.rate


@pytest.mark.parametrize("name", ["espeak", "piper", "api"])
async def test_a_voice_says_a_sentence_at_the_pace_that_was_asked_for(
    name: VoiceName, settings: VoiceSettings, tmp_path: Path
) -> None:
    assert missing_for_voice(name, settings) is None
    with fail_after(30):
        async with opened(name, settings, tmp_path) as voice:
            tongue = await voice.tongue("en", SENTENCE)
            assert tongue is not None
            usual, fast = [seconds(await voice.speak(SENTENCE, tongue, rate)) for rate in (1.0, 2.0)]
    assert 1.5 < usual < 6
    assert fast < usual * 0.8
    assert not [*tmp_path.glob("*.wav")]


@pytest.mark.parametrize("name", ["espeak", "piper", "api"])
@pytest.mark.parametrize(
    "text",
    ["--help", "-f/etc/passwd", "$(id) `id` ; id", "[[h@loU]] is no sound", "<break/> stays", "a\u2028b \U0001f600"],
)
async def test_whatever_a_text_looks_like_it_is_a_text(
    name: VoiceName, text: str, settings: VoiceSettings, tmp_path: Path
) -> None:
    with fail_after(30):
        async with opened(name, settings, tmp_path) as voice:
            tongue = await voice.tongue("en", text)
            assert tongue is not None
            assert seconds(await voice.speak(text, tongue, 1.0)) > 0.2


@pytest.mark.parametrize(
    ("lang", "text", "tongue"),
    [
        ("de-AT", "", "de"),
        ("pt-BR", "", "pt-br"),
        ("en", "", "en-us"),
        ("en-GB", "", "en-gb"),
        ("zh-Hans", "", "cmn"),
        ("zh-Hant-TW", "", "cmn"),
        ("no", "", "nb"),
        ("", "", "en-us"),
        ("km", "", None),
        ("ja", "ひらがな", "ja"),
        ("ja", "漢字", None),
        ("-v/etc/passwd", "", None),
    ],
)
async def test_espeak_is_asked_for_a_language_that_it_has(
    lang: str, text: str, tongue: str | None, settings: VoiceSettings, tmp_path: Path
) -> None:
    async with opened("espeak", settings, tmp_path) as voice:
        assert await voice.tongue(lang, text) == tongue


async def test_a_voice_file_speaks_its_own_language_and_the_best_voice_of_each_language_is_taken(
    settings: VoiceSettings, tmp_path: Path
) -> None:
    async with opened("piper", settings, tmp_path) as piper:
        assert [await piper.tongue(lang, "") for lang in ("en", "en-GB", "", "de")] == ["en_US"] * 3 + [None]
    without_api = Settings(piper_voice=settings.piper_voice).voice
    async with open_voices("auto", without_api, tmp_path) as voices:
        assert [voice.name for voice in voices] == ["piper", "espeak"]
    async with open_voices("auto", settings, tmp_path) as voices:
        assert [voice.name for voice in voices] == ["api", "piper", "espeak"]


@needs_ffmpeg
async def test_a_sentence_is_spoken_once_for_all_runs_that_say_it_the_same_way(
    settings: VoiceSettings, speech: tuple[SpeechServer, str], tmp_path: Path
) -> None:
    server, _ = speech
    script = [[Sentence(SENTENCE, "en")], [Sentence(SENTENCE, "en"), Sentence("Another.", "en")]]

    async def progress(_share: float) -> None: ...

    async def spoken(folder: str, rate: float = 1.0) -> list[list[float]]:
        (tmp_path / folder).mkdir(exist_ok=True)
        async with open_voices("api", settings, tmp_path / folder) as voices:
            speaker = Speaker(voices, rate, Ffmpeg(folder), tmp_path / folder, tmp_path / "cache")
            return [[each.seconds for each in slide] for slide in await speaker.speak_all(script, progress)]

    with fail_after(60):
        first = await spoken("one")
        asked = len(server.asked)
        assert await spoken("two") == first
        assert len(server.asked) == asked, "kept for other runs"
        for kept in (tmp_path / "cache").glob("??/*.bin"):
            kept.unlink()
            kept.write_bytes(b"torn")
        assert await spoken("one") == first
        assert len(server.asked) == asked, "kept for a retry"
        assert await spoken("three") == first
        assert len(server.asked) > asked, "what is torn is spoken anew"
        asked = len(server.asked)
        await spoken("four", rate=1.5)
        assert len(server.asked) > asked


async def test_the_key_is_sent_and_never_told(
    settings: VoiceSettings,
    speech: tuple[SpeechServer, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server, url = speech
    server.answers = [lambda: Response(f"wrong key {KEY}", 401)]
    async with open_endpoint(settings) as voice:
        with fail_after(30), pytest.raises(VoiceRefused, match="PRESSRUN_VOICE_API_KEY") as refused:
            await voice.speak(SENTENCE, "any", 1.0)
    assert server.keys == [f"Bearer {KEY}"]
    assert not refused.value.retryable
    out = capfd.readouterr()
    for told in (str(refused.value), repr(settings), caplog.text, out.out, out.err):
        assert KEY not in told
        assert url not in told
    everything = Settings(voice_api_key=KEY, voice_base_url="http://me:pass-word@127.0.0.1/v1").secrets()
    assert {KEY, "pass-word"} <= {*everything}


async def test_an_endpoint_that_fails_for_a_moment_is_asked_again(
    settings: VoiceSettings, speech: tuple[SpeechServer, str]
) -> None:
    server, _ = speech
    server.answers = [lambda: Response("busy", 429), lambda: Response("starting", 503)]
    async with open_endpoint(settings) as voice:
        with fail_after(60):
            assert seconds(await voice.speak(SENTENCE, "any", 1.5)) > 1
        assert [asked["speed"] for asked in server.asked] == [1.5] * 3
        server.answers = [lambda: Response("no such voice", 400)]
        with fail_after(30), pytest.raises(VoiceRefused, match="PRESSRUN_VOICE_NAME"):
            await voice.speak(SENTENCE, "any", 1.0)
        server.answers = [lambda: Response("", 302, {"Location": "http://169.254.1.1/"})]
        with fail_after(30), pytest.raises(VoiceRefused):
            await voice.speak(SENTENCE, "any", 1.0)


async def test_an_endpoint_that_hangs_or_is_not_there_is_told_as_such(
    settings: VoiceSettings, speech: tuple[SpeechServer, str], tmp_path: Path
) -> None:
    server, url = speech
    server.hangs = True
    async with open_endpoint(Settings(voice_base_url=url, voice_timeout_s=0.3).voice) as voice:
        with fail_after(30), pytest.raises(VoiceTimeout):
            await voice.speak(SENTENCE, "any", 1.0)
    async with open_endpoint(Settings(voice_base_url="http://127.0.0.1:1/v1", voice_timeout_s=60).voice) as voice:
        with fail_after(60), pytest.raises(VoiceFailed, match="PRESSRUN_VOICE_BASE_URL"):
            await voice.speak(SENTENCE, "any", 1.0)
    missing = missing_for_voice("api", Settings(voice_base_url="ftp://x").voice)
    assert missing is not None
    assert "PRESSRUN_VOICE_BASE_URL" in missing.what


@needs_ffmpeg
async def test_a_voice_that_sends_no_sound_has_failed(
    settings: VoiceSettings, speech: tuple[SpeechServer, str], tmp_path: Path
) -> None:
    server, _ = speech
    server.answers = [lambda: Response(b""), lambda: Response(b"this is no sound at all")]

    async def progress(_share: float) -> None: ...

    async with open_voices("api", settings, tmp_path) as voices:
        speaker = Speaker(voices, 1.0, Ffmpeg("x"), tmp_path, tmp_path / "cache")
        for _ in range(2):
            with fail_after(30), pytest.raises(VoiceFailed):
                await speaker.speak_all([[Sentence(SENTENCE, "en")]], progress)


def in_form(*form: str) -> bytes:
    """The sentence as a voice may send it: by ffmpeg, to a pipe."""
    spoken = subprocess.run(
        ["espeak-ng", "--stdin", "--stdout"], input=SENTENCE.encode(), capture_output=True, check=True
    )
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", *form, "pipe:1"]
    return subprocess.run(command, input=spoken.stdout, capture_output=True, check=True).stdout


def of_size(sound: bytes, size: int) -> bytes:
    """The same WAV file, which says that it has so many bytes of samples."""
    at = sound.index(b"data") + 4
    return sound[:at] + size.to_bytes(4, "little") + sound[at + 4 :]


@asynccontextmanager
async def speaker_of(settings: VoiceSettings, folder: Path) -> AsyncIterator[Speaker]:
    async with open_voices("api", settings, folder) as voices:
        yield Speaker(voices, 1.0, Ffmpeg(folder), folder, folder / "cache")


async def nobody_is_told(_share: float) -> None:
    """Of the progress."""


PLAIN = ("-ar", "22050", "-ac", "1", "-f", "wav")
FORMS: dict[str, Callable[[], bytes]] = {
    "8 bit": lambda: in_form("-ar", "8000", "-c:a", "pcm_u8", "-f", "wav"),
    "stereo": lambda: in_form("-ar", "48000", "-ac", "2", "-f", "wav"),
    "24 bit": lambda: in_form("-ar", "44100", "-c:a", "pcm_s24le", "-f", "wav"),
    "float": lambda: in_form("-ar", "22050", "-ac", "1", "-c:a", "pcm_f32le", "-f", "wav"),
    "six channels": lambda: in_form("-ar", "22050", "-ac", "6", "-f", "wav"),
    "a-law": lambda: in_form("-ar", "8000", "-c:a", "pcm_alaw", "-f", "wav"),
    "mp3": lambda: in_form("-f", "mp3"),
    "opus": lambda: in_form("-c:a", "libopus", "-f", "ogg"),
    "piped": lambda: in_form(*PLAIN),
    "size 0": lambda: of_size(in_form(*PLAIN), 0),
    "size 0, stereo": lambda: of_size(in_form("-ar", "24000", "-ac", "2", "-f", "wav"), 0),
}


@needs_ffmpeg
@pytest.mark.parametrize("form", FORMS)
async def test_a_sound_of_any_form_is_the_same_sentence(
    form: str, settings: VoiceSettings, speech: tuple[SpeechServer, str], tmp_path: Path
) -> None:
    speech[0].answers = [lambda: Response(FORMS[form]())]
    async with speaker_of(settings, tmp_path) as speaker:
        with fail_after(60):
            [[said]] = await speaker.speak_all([[Sentence(SENTENCE, "en")]], nobody_is_told)
    assert said.sound is not None
    plain = read_wav(in_form(*PLAIN))
    assert plain is not None
    assert said.seconds == pytest.approx(len(trimmed(plain.samples)) / 2 / plain.rate, rel=0.05)
    heard = array("h", said.sound.read_bytes())
    assert max(map(abs, heard)) > 3000, "of 32 768: speech, and no hiss of bytes that were misread"
    assert not speaker.silent


def header(rate: int = 22_050) -> bytes:
    """What is in front of the samples of a WAV file, without a word about how many there are."""
    return struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)


WITHOUT_SOUND = {
    "header": header() + b"data\0\0\0\0",
    "header of another rate": header(24_000) + b"data\0\0\0\0",
    "piped header": header() + b"data\xff\xff\xff\xff",
    "header without a place for samples": header(),
    "header and a note": header() + b"data\0\0\0\0LIST\4\0\0\0INFO",
    "samples of nothing": header() + b"data\x40\x1f\0\0" + bytes(8000),
    "samples of nothing, of another rate": header(24_000) + b"data\x40\x1f\0\0" + bytes(8000),
}


@needs_ffmpeg
@pytest.mark.parametrize("kind", WITHOUT_SOUND)
async def test_a_voice_that_answers_without_a_sound_is_told_and_asked_again_the_next_time(
    kind: str, settings: VoiceSettings, speech: tuple[SpeechServer, str], tmp_path: Path
) -> None:
    server, _ = speech
    server.answers = [lambda: Response(WITHOUT_SOUND[kind])]
    script = [[Sentence(SENTENCE, "en")]]
    async with speaker_of(settings, tmp_path) as speaker:
        with fail_after(60):
            [[said]] = await speaker.speak_all(script, nobody_is_told)
    assert (said.seconds, speaker.silent) == (0, {1})
    async with speaker_of(settings, tmp_path) as speaker:
        with fail_after(60):
            [[said]] = await speaker.speak_all(script, nobody_is_told)
    assert said.seconds > 1
    assert not speaker.silent


def test_the_doctor_says_which_voices_are_there_and_what_one_that_is_set_up_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = check_voices(Settings(piper_voice=tmp_path / "gone.onnx"))
    assert [(check.name, check.ok) for check in checks] == [("voice espeak", None), ("voice piper", False)]
    assert "apt-get install espeak-ng" in checks[0].remedy
    monkeypatch.undo()
    assert [check.ok for check in check_voices(Settings())] == [True]
