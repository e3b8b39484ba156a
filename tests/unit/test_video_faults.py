"""Videos that cannot be made: programs that break, hang or are missing, full disks, cancels."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from pressrun.errors import DiskFull, EncoderFailed, EncoderMissing, VideoTooLong, VoiceTimeout
from pressrun.exports import video
from pressrun.exports.contract import require_possible
from pressrun.exports.media import ffmpeg as ffmpeg_module
from pressrun.exports.media.ffmpeg import Ffmpeg
from pressrun.exports.media.narration import Said, laid_out, write_track
from pressrun.exports.media.pcm import RATE
from pressrun.exports.media.process import ToolTalks, run_tool
from pressrun.exports.media.script import Sentence
from pressrun.exports.media.times import frames_of, looking_s
from pressrun.request_errors import FieldErrors
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from tests.support.limits import fail_after
from tests.support.processes import is_running
from tests.support.runs import wait_until
from tests.support.video_decks import DECK, work_in
from tests.support.video_work import (
    Work,
    draw_slides,
    needs_espeak,
    needs_ffmpeg,
    path_of,
    probe,
    texts,
)

FPS = 30

pytestmark = [pytest.mark.anyio, pytest.mark.slow, needs_ffmpeg]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of the path, for programs that behave otherwise."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


async def test_an_ffmpeg_that_is_killed_stands_still_or_is_gone_is_told_as_such(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_in(tmp_path)
    program(programs, "ffmpeg", "kill -9 $$")
    with fail_after(60), pytest.raises(EncoderFailed, match="killed") as failed:
        await work.make()
    assert failed.value.retryable
    monkeypatch.setattr(ffmpeg_module, "_SILENCE_LIMIT_S", 0.3)
    program(programs, "ffmpeg", f"echo $$ >> {tmp_path}/pids; exec sleep 600")
    with fail_after(60), pytest.raises(EncoderFailed, match="did not get on"):
        await work.make()
    assert not [pid for pid in (tmp_path / "pids").read_text().split() if is_running(int(pid))]
    monkeypatch.setenv("PATH", str(tmp_path))
    with fail_after(60), pytest.raises(EncoderMissing):
        await work.make()
    missing = video.missing()
    assert missing is not None
    assert "apt-get install ffmpeg" in missing.remedy


@needs_espeak
async def test_a_voice_that_hangs_is_ended_and_what_was_made_is_there_for_a_retry(
    programs: Path, tmp_path: Path
) -> None:
    real = shutil.which("espeak-ng", path=os.defpath + ":/usr/local/bin")
    program(
        programs,
        "espeak-ng",
        f'test "$1" = --voices && exec {real} --voices\necho $$ >> {tmp_path}/pids; exec sleep 600',
    )
    work = work_in(tmp_path, voice_timeout_s=1.0)
    with fail_after(60), pytest.raises(VoiceTimeout):
        await work.make(voice="espeak")
    assert not [pid for pid in (tmp_path / "pids").read_text().split() if is_running(int(pid))]
    kept = work.kept(".h264")
    (programs / "espeak-ng").unlink()
    with fail_after(60):
        made = await Work(tmp_path, DECK, work.slides).make(voice="espeak")
    assert kept <= work.kept(".h264")
    assert {stream["codec_type"] for stream in probe(path_of(made, ".mp4"))["streams"]} >= {"video", "audio"}


# a WAV file of 22 050 samples a second, and none of them
_NO_SAMPLES = r"RIFF\0\0\0\0WAVEfmt \020\0\0\0\1\0\1\0\042V\0\0\104\254\0\0\2\0\020\0data\0\0\0\0"


@needs_espeak
async def test_a_slide_that_a_voice_answers_without_a_sound_is_told_and_silent_for_its_reading_time(
    programs: Path, tmp_path: Path
) -> None:
    real = shutil.which("espeak-ng", path=os.defpath + ":/usr/local/bin")
    mute = f"cat > /dev/null; printf '{_NO_SAMPLES}'"
    program(programs, "espeak-ng", f'test "$1" = --voices && exec {real} --voices\n{mute}')
    silent = DECK.slides[1]
    work = Work(tmp_path, texts(silent), draw_slides(tmp_path, 1))
    with fail_after(60):
        made = await work.make(voice="espeak", fps=10)
    ((code, sentence),) = work.warned
    assert code == "not_spoken"
    assert "without a sound: something of slide 1 is not said" in sentence
    (picture,) = (stream for stream in probe(path_of(made, ".mp4"))["streams"] if stream["codec_type"] == "video")
    assert int(picture["nb_read_frames"]) == frames_of(looking_s(silent), 10)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of its own can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_told_as_such(small_disk: Path, tmp_path: Path) -> None:
    work = Work(small_disk, DECK, draw_slides(tmp_path, size=(1280, 720)))
    with fail_after(60), pytest.raises(DiskFull):
        await work.make(viewport_width=1280, viewport_height=720)


async def test_a_video_of_more_than_a_day_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    drawn = draw_slides(tmp_path, 1)
    work = Work(tmp_path, None, drawn * 25)
    with pytest.raises(VideoTooLong, match=r"25 hours .* slide_seconds") as refused:
        await work.make(slide_seconds=3600)
    assert not refused.value.retryable
    assert not (tmp_path / "work").exists()


async def test_the_sound_of_a_day_has_no_header_that_counts_four_gigabytes(tmp_path: Path) -> None:
    """A WAV file says its length in 32 bits: 27 hours at 22 050 samples a second."""
    said = tmp_path / "said.pcm"
    said.write_bytes(b"\1\0" * RATE)
    heard = laid_out([Said(Sentence("Sand.", "en"), said, 1.0)], 2.0, 0, FPS)
    track = tmp_path / "track"
    write_track([heard], FPS, track)
    assert track.stat().st_size == heard.frames * RATE // FPS * 2


async def test_a_cancel_ends_ffmpeg_at_once(tmp_path: Path) -> None:
    pids: list[int] = []

    async def notice(_seconds: float) -> None:
        pids.extend(pid for pid in children() if pid not in pids)
        scope.cancel()

    with fail_after(60), anyio.CancelScope() as scope:
        endless = ["-f", "lavfi", "-i", "testsrc=size=1280x720", "-f", "null", "-"]
        await Ffmpeg(tmp_path).run(endless, on_progress=notice)
    assert scope.cancelled_caught
    assert pids
    assert not [pid for pid in pids if is_running(pid)]


def children() -> list[int]:
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in listed if b"lavfi" in Path(f"/proc/{pid}/cmdline").read_bytes()]


_HOLDER = """
import anyio
from pressrun.exports.media.process import ToolTalks, run_tool

async def main():
    async def told(line):
        print(line, flush=True)
    await run_tool(["/bin/sh", "-c", "echo $$; exec sleep 600"], limit_s=600, on_line=told)

anyio.run(main)
"""


@pytest.mark.skipif(not shutil.which("setpriv", path=os.defpath), reason="setpriv is not installed")
def test_a_program_ends_with_the_server_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        assert is_running(pid)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    wait_until(lambda: not is_running(pid))


async def test_a_program_that_talks_without_end_is_ended() -> None:
    with fail_after(60), pytest.raises(ToolTalks):
        await run_tool(["/usr/bin/yes"], limit_s=60, max_output_bytes=100_000)


def test_a_voice_that_this_server_lacks_is_refused_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ffmpeg").symlink_to(shutil.which("ffmpeg") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    for voice, remedy in (("auto", "espeak-ng"), ("espeak", "espeak-ng"), ("piper", "PIPER_VOICE"), ("api", "set it")):
        with pytest.raises(FieldErrors) as refused:
            require_possible(RunSpec(text="x", outputs=["video"], voice=voice), Settings())
        (problem,) = refused.value.errors
        assert problem["field"] == "voice"
        assert remedy in problem["valid"], voice
    require_possible(RunSpec(text="x", outputs=["video"]), Settings())
    require_possible(RunSpec(text="x", outputs=["images"], voice="espeak"), Settings())
    require_possible(
        RunSpec(text="x", outputs=["video"], voice="auto"), Settings(voice_base_url="http://127.0.0.1:1/v1")
    )
