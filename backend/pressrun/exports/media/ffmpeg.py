"""`Ffmpeg`: finds it, runs it, and says what its failures mean. Everything here is a file on this machine.

Nothing that a client wrote is ever an argument: names of files are ours, titles and subtitles are in files. It opens
files and the pipe to us only (`-protocol_whitelist`), and asks nobody (`-nostdin`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import structlog
from anyio.lowlevel import RunVar

from pressrun.errors import DiskFailed, DiskFull, EncoderFailed, EncoderMissing
from pressrun.exports.contract import Missing
from pressrun.exports.media.process import Finished, ToolMissing, ToolSilent, ToolTalks, run_tool
from pressrun.fair_limiter import FairLimiter

_SILENCE_LIMIT_S = 60.0  # it tells its progress twice a second; a disk that recovers may take this long
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")
_PROGRESS = ("-progress", "pipe:1", "-stats_period", "0.5", "-nostats")
_MISSING = Missing("ffmpeg is not found", "Debian: sudo apt-get install ffmpeg; anywhere: pip install imageio-ffmpeg")
_NO_SPACE = ("No space left on device", "Disk quota exceeded")
_BAD_DISK = ("Input/output error", "Read-only file system")

_log = structlog.get_logger(__name__)
_places: RunVar[FairLimiter] = RunVar("pressrun_encoder_places")


def find_ffmpeg() -> Path | None:
    """The system's, else that of the package imageio-ffmpeg, if it is installed."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return Path(found)
    package = util.find_spec("imageio_ffmpeg")
    folders = [] if package is None else package.submodule_search_locations or []
    binaries = (path for folder in folders for path in Path(folder, "binaries").glob("ffmpeg-*"))
    return next((path for path in sorted(binaries) if path.is_file()), None)


def missing_ffmpeg() -> Missing | None:
    """What this machine lacks to encode."""
    return None if find_ffmpeg() is not None else _MISSING


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """For one export, `share`; all of them together have as many processes as there are cores."""

    share: Hashable

    async def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: bytes = b"",
        on_progress: Callable[[float], Awaitable[None]] | None = None,
        max_output_bytes: int = 1 << 20,
    ) -> Finished:
        """`on_progress`: the seconds that are written. Without it the output is what ffmpeg writes to its pipe.

        Raises: EncoderMissing, EncoderFailed, DiskFull, DiskFailed.
        """

        async def read(line: str) -> None:
            name, _, value = line.partition("=")
            if on_progress is not None and name == "out_time_us" and value.strip().isdigit():
                await on_progress(int(value) / 1e6)

        found = find_ffmpeg()
        if found is None:
            raise EncoderMissing
        told = () if on_progress is None else _PROGRESS
        async with _limiter().acquire(self.share):
            try:
                ended = await run_tool(
                    [str(found), *_QUIET, *told, *arguments],
                    stdin=stdin,
                    limit_s=_SILENCE_LIMIT_S,
                    on_line=None if on_progress is None else read,
                    max_output_bytes=max_output_bytes,
                )
            except ToolMissing as exc:
                raise EncoderMissing from exc
            except ToolSilent as exc:
                raise EncoderFailed(
                    f"ffmpeg did not get on for {_SILENCE_LIMIT_S:.0f} s and was ended; retry."
                ) from exc
            except ToolTalks as exc:
                raise EncoderFailed from exc
        if ended.code != 0:
            raise _failure(ended)
        return ended


def source(path: Path) -> tuple[str, str, str, str]:
    """The input that this file is, by that name and no other protocol."""
    return "-protocol_whitelist", "file,pipe", "-i", f"file:{path}"


def _limiter() -> FairLimiter:
    try:
        return _places.get()
    except LookupError:
        places = FairLimiter(os.cpu_count() or 1)
        _places.set(places)
        return places


def _failure(ended: Finished) -> EncoderFailed | DiskFull | DiskFailed:
    _log.warning("ffmpeg_failed", code=ended.code, words=ended.said[-1000:])
    if any(words in ended.said for words in _NO_SPACE):
        return DiskFull()
    if any(words in ended.said for words in _BAD_DISK):
        return DiskFailed()
    if ended.code < 0:
        return EncoderFailed("ffmpeg was killed (perhaps for want of memory); retry, or make a smaller video.")
    return EncoderFailed()
