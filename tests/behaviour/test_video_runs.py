"""A run that makes a video, with the real server, Chromium and ffmpeg: cancelled, killed, finished, shown anew."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.processes import is_running
from tests.support.runs import (
    Event,
    chapter,
    check_events,
    check_folder,
    events_of,
    follow,
    starting,
    wait_for_status,
    wait_until,
)
from tests.support.server import start_server
from tests.support.video_work import needs_espeak, needs_ffmpeg, picture, probe

pytestmark = [pytest.mark.chromium, pytest.mark.slow, needs_ffmpeg, needs_espeak]

SMALL = {"viewport_width": 640, "viewport_height": 360, "zoom": 0.7, "outputs": ["video"], "slide_seconds": 1}

TITLE = base64.b64encode(picture(320, 180)).decode()

# Notes each call. One that joins (it copies the picture) waits for ever, is killed, fails as one without x264 or on a
# full disk, or is the last that is there, while it is told to.
_FFMPEG = """#!/bin/sh
echo "$*" >> {folder}/calls
case "$*" in *"-c:v copy"*)
    test -e {folder}/die && kill -9 $$
    test -e {folder}/fail && {{ echo "Unknown encoder" >&2; exit 1; }}
    test -e {folder}/full && {{ echo "av_interleaved_write_frame(): No space left on device" >&2; exit 1; }}
    test -e {folder}/vanish && mv {folder}/ffmpeg {folder}/vanished
    test -e {folder}/hang && {{ echo $$ > {folder}/pid; exec sleep 3600; }};;
esac
exec {real} "$@"
"""
# Says which languages it has, and nothing else while it is told to.
_ESPEAK = """#!/bin/sh
case "$*" in *--voices*) exec {real} "$@";; esac
test -e {folder}/mute && exec sleep 3600
exec {real} "$@"
"""
_VOICE_TIMEOUT_S = 10  # a word takes milliseconds, also on a busy machine


class Programs:
    """The server's ffmpeg, which hangs when it joins as long as it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name, script in (("ffmpeg", _FFMPEG), ("espeak-ng", _ESPEAK)):
            (folder / name).write_text(script.format(folder=folder, real=shutil.which(name)))
            (folder / name).chmod(0o755)
        (folder / "hang").touch()

    def pid_of_joining(self) -> int:
        pid = self.folder / "pid"
        wait_until(lambda: pid.exists() and pid.read_text().strip() != "")
        return int(pid.read_text())

    def encoded(self) -> int:
        return sum("libx264" in call for call in (self.folder / "calls").read_text().splitlines())

    def mend(self, fault: str) -> None:
        (self.folder / fault).unlink()
        if fault == "vanish":
            (self.folder / "vanished").rename(self.folder / "ffmpeg")
        (self.folder / "calls").write_text("")


@pytest.mark.promise("crash")
@pytest.mark.promise("cancel")
def test_a_video_survives_a_kill_is_cancelled_at_once_and_is_made_anew_without_a_browser(tmp_path: Path) -> None:
    programs = Programs(tmp_path / "programs")
    env = {"PATH": f"{programs.folder}:{os.environ['PATH']}", "PRESSRUN_VOICE_TIMEOUT_S": str(_VOICE_TIMEOUT_S)}
    with (
        start_server(tmp_path / "data", as_command=True, **env) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        with starting(http, text=chapter(2, "to be cancelled"), **SMALL) as (answer, events):
            assert answer.status_code == 200, answer.read()
            operation_id = next(events)["operation_id"]
            pid = programs.pid_of_joining()
            http.post(f"/runs/{operation_id}/cancel").raise_for_status()
            told = [*events]
        assert told[-1]["type"] == "cancelled"
        assert not is_running(pid), "ffmpeg has ended when the run has"
        assert http.get("/runs/current").status_code == 204
        (programs.folder / "pid").unlink()
        (programs.folder / "calls").write_text("")

        with starting(http, text=chapter(3), attachments={"title.png": TITLE}, video_intro="title.png", **SMALL) as (
            _,
            events,
        ):
            operation_id = next(events)["operation_id"]
            pid = programs.pid_of_joining()
            assert programs.encoded() == 4
            server.kill()
        wait_until(lambda: not is_running(pid))
        programs.mend("hang")
        server.start()
        run = wait_for_status(http, operation_id, "complete", "error")
        assert (run["status"], run["attempt"]) == ("complete", 2)
        assert programs.encoded() == 0, "the slides are encoded already"
        events_told = follow(http, operation_id)
        check_events(events_told)
        folder = Path(run["result"]["folder"])
        check_folder(folder)
        names = [file["name"] for file in run["result"]["artifacts"]]
        assert [name.partition(".")[2] for name in names] == ["mp4", "vtt", "srt", "jpg"]
        assert not (folder / "work").exists(), "what is left for the next attempt is not published"
        film = probe(folder / names[0])
        assert int(film["streams"][0]["nb_read_frames"]) == 4 * 30
        assert [chapter["tags"]["title"] for chapter in film["chapters"]] == ["Part 1", "Part 2", "Part 3"]
        served = http.get(f"/runs/{operation_id}/files/{names[0]}", headers={"Range": "bytes=0-99"})
        assert (served.status_code, served.headers["content-type"]) == (206, "video/mp4")

        spoken = shown_anew(http, operation_id, voice="espeak", transition="fade", slide_seconds=None)
        assert spoken[-1]["type"] == "complete"
        assert not [event for event in spoken if "in the browser" in event.get("message", "")]
        folder = Path(spoken[-1]["folder"])
        assert [*json.loads((folder / "manifest.json").read_bytes())["spec"]["attachments"]] == ["title.png"]
        film = probe(folder / spoken[-1]["artifacts"][0]["name"])
        assert {stream["codec_type"] for stream in film["streams"]} >= {"video", "audio", "subtitle"}
        refused_by_field(http, operation_id)

        retried_after(http, programs, "die", "encoder_failed")
        retried_after(http, programs, "mute", "voice_timeout", voice="espeak")


def test_an_ffmpeg_that_fails_or_vanishes_in_the_middle_of_a_run_is_told_and_its_retry_encodes_nothing_anew(
    tmp_path: Path,
) -> None:
    programs = Programs(tmp_path / "programs")
    (programs.folder / "hang").unlink()
    # the only one there is: `find_ffmpeg` must not come upon the system's
    with (
        start_server(tmp_path / "data", as_command=True, PATH=str(programs.folder)) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        retried_after(http, programs, "fail", "encoder_failed")
        told = retried_after(http, programs, "vanish", "encoder_missing")
        assert "apt-get install ffmpeg" in told["message"]


def refused_by_field(http: httpx.Client, operation_id: str) -> None:
    """A picture that is not there, and a voice that this server lacks."""
    for field, value, why in (("video_outro", "end.png", "attachments"), ("voice", "api", "PRESSRUN_VOICE_BASE_URL")):
        refused = http.post(f"/runs/{operation_id}/rerender", json={field: value})
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (422, field)
        assert why in error["problem"]


def retried_after(http: httpx.Client, programs: Programs, fault: str, code: str, **fields: object) -> Event:
    """The run fails by its code, its slot is free, and its retry encodes nothing anew; how it failed."""
    (programs.folder / fault).touch()
    with starting(http, text=chapter(2, fault), **{**SMALL, **fields}) as (_, events):
        ended = [*events][-1]
    assert (ended["type"], ended["code"], ended["retryable"]) == ("error", code, True)
    assert http.get("/runs/current").status_code == 204, "its slot is free"
    programs.mend(fault)
    http.post(f"/runs/{ended['operation_id']}/retry").raise_for_status()
    assert wait_for_status(http, ended["operation_id"], "complete", "error")["status"] == "complete"
    assert programs.encoded() == 0, "the slides are encoded already"
    return ended


def shown_anew(http: httpx.Client, operation_id: str, **fields: object) -> list[Event]:
    """All events of a rerender."""
    with http.stream("POST", f"/runs/{operation_id}/rerender", json=fields) as answer:
        assert answer.status_code == 200, answer.read()
        return list(events_of(answer))
