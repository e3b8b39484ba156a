"""A slide's picture -> its part of an H.264 stream, of any length, encoded once.

A picture that stands still is one key frame and frames that say "as before". x264 writes those alike but for their
number, which counts from 0 to 15 and begins again: so sixteen of them, repeated, are what it would have written for any
time (`PERIOD`; looked at in each clip, and where it is not so there are more key frames). A slide of an hour takes no
longer than one of a second. Decision 0070 says what it gains, and what makes it sound.

A clip is a file of access units, each behind its delimiter; it is kept in the export's scratch folder under a name that
says what it was made of, for the next attempt. All clips of one size have the same parameter sets, so that they are
joined by putting one behind the other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio.to_thread

from pressrun.errors import EncoderFailed
from pressrun.exports.media.ffmpeg import Ffmpeg

FPS: Final = 30
FADE_FRAMES: Final = 15  # half a second, arbitrary (0.3..1 s): long enough to be seen, short enough not to wait for
PERIOD: Final = 16  # frame_num has four bits where one frame is referred to (H.264, 7.4.3; x264's stitchable streams)
_KEY_EVERY: Final = 10 * FPS  # where one can jump to; x264's own is 250 frames
_LONG_SIDE, _SHORT_SIDE = 3840, 2160  # what players and video sites take: 4k, either way round

_QUALITY: Final = 18  # of key frames: mean error of a text slide 1.5 of 255, most of it colour at half the resolution
# Frames behind a key frame repeat it: 51 is too coarse to correct anything. ipratio sets the key frame's own.
_STILL: Final = f"qp=51:ipratio={2 ** ((51 - _QUALITY) / 6):.4f}"
_MOVING: Final = "qp=30:ipratio=3"  # seen for a thirtieth of a second; two lines of text over each other are dear
_COMMON: Final = (  # whatever is in the parameter sets, as subme is by way of psy-rd, is the same in all clips
    "keyint=infinite:min-keyint=1:scenecut=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:weightp=0:ref=1:bframes=0:me=dia:subme=6:"
    "slices=1:sliced-threads=0:aud=1:stitchable=1:force-cfr=1:"
    "colormatrix=bt709:colorprim=bt709:transfer=bt709:range=tv"
)
_DELIMITER: Final = b"\0\0\0\1\x09"
_IVF_HEADER: Final = struct.Struct("<4sHH4sHHIIII")
_IVF_FRAME: Final = struct.Struct("<IQ")


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels; even, for half of them have a colour."""

    width: int
    height: int


def size_of(width: int, height: int) -> Size:
    """Of a video of slides of that size: their own but for a last odd row or column; 4k at most."""
    share = min(1.0, _LONG_SIDE / max(width, height), _SHORT_SIDE / min(width, height))
    return Size(*(max(2, int(side * share) // 2 * 2) for side in (width, height)))


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded frames in a file. `still`: they show one picture, for as long as one likes."""

    path: Path
    still: bool

    def units(self, frames: int) -> Iterator[bytes]:
        """So many access units. Blocks."""
        units = _units_of(self.path.read_bytes())
        if not self.still:
            yield from units[:frames]
            return
        repeats = len(units) == PERIOD + 2 and units[1] == units[-1]
        groups = -(-frames // (_KEY_EVERY if repeats else len(units)))
        for number in range(groups):  # of about the same length: no key frame follows another
            length = frames * (number + 1) // groups - frames * number // groups
            yield units[0]
            for index in range(length - 1):
                yield units[1 + (index % PERIOD if repeats else index)]


@dataclass(frozen=True, slots=True)
class Encoder:
    """Makes the clips of one video, in `folder`, which is there. What it raises is what `Ffmpeg.run` does."""

    ffmpeg: Ffmpeg
    size: Size
    folder: Path
    smaller: bool  # than the slides

    async def still(self, picture: Path) -> Clip:
        """The picture: a key frame, those that repeat it, and one of the next round."""
        digest = await anyio.to_thread.run_sync(_digest_of, picture)
        look = f"{self._look()},loop=loop={PERIOD + 1}:size=1"
        return Clip(await self._encode([digest], _input(picture), look, _STILL), still=True)

    async def fade(self, before: Path, after: Path) -> Clip:
        """`FADE_FRAMES` from the one picture to the other; the first shows `before` alone."""
        digests = [await anyio.to_thread.run_sync(_digest_of, picture) for picture in (before, after)]
        held = f"{self._look()},loop=loop={FADE_FRAMES + 1}:size=1"
        graph = (
            f"[0:v]{held}[a];[1:v]{held},format=yuva420p,fade=in:0:{FADE_FRAMES}:alpha=1[b];"
            f"[a][b]overlay=format=yuv420,format=yuv420p,trim=end_frame={FADE_FRAMES}"
        )
        clip = await self._encode(digests, [*_input(before), *_input(after)], graph, _MOVING)
        return Clip(clip, still=False)

    async def poster(self, picture: Path, target: Path) -> None:
        """The picture as a JPEG of the video's size."""
        look = ["-filter_complex", self._shape(), "-frames:v", "1", "-q:v", "2", "-c:v", "mjpeg", "-f", "mjpeg"]
        await self.ffmpeg.run([*_input(picture), *look, f"file:{target}"])

    def _shape(self) -> str:
        width, height = self.size.width, self.size.height
        fitted = f"scale={width}:{height}:" if self.smaller else f"crop={width}:{height}:0:0,scale="
        # without accurate_rnd colours are up to two steps of 255 beside what they are
        return f"{fitted}flags=lanczos+accurate_rnd+full_chroma_inp:out_color_matrix=bt709:out_range=tv"

    def _look(self) -> str:
        return f"{self._shape()},format=yuv420p,setsar=1"

    async def _encode(self, digests: Sequence[str], inputs: Sequence[str], graph: str, rate: str) -> Path:
        arguments = [
            *("-threads", "1", "-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage"),
            *("-x264-params", f"{rate}:{_COMMON}", "-r", str(FPS), "-f", "h264"),
        ]
        made_of = json.dumps([*digests, graph, *arguments])
        clip = self.folder / f"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.h264"
        if clip.exists() and clip.stat().st_size:  # a power cut leaves a file empty
            return clip
        partial = clip.with_suffix(f".{secrets.token_hex(4)}.partial")  # two of the same slide may be under way
        await self.ffmpeg.run([*inputs, "-filter_complex", graph, *arguments, f"file:{partial}"])
        await anyio.to_thread.run_sync(partial.rename, clip)
        return clip


def write_stream(clips: Sequence[tuple[Clip, int]], size: Size, target: Path) -> None:
    """The clips, each for so many frames, one behind the other, with the time of each frame (IVF). Blocks.

    Raises: EncoderFailed where they do not make one stream.
    """
    total = sum(frames for _, frames in clips)
    with target.open("wb") as file:
        file.write(_IVF_HEADER.pack(b"DKIF", 0, 32, b"H264", size.width, size.height, FPS, 1, total, 0))
        number, parameters = 0, set[bytes]()
        for clip, frames in clips:
            for place, unit in enumerate(clip.units(frames)):
                if place == 0:
                    parameters.add(_parameters_of(unit))
                file.write(_IVF_FRAME.pack(len(unit), number))
                file.write(unit)
                number += 1
    if number != total or len(parameters) != 1:
        raise EncoderFailed(f"ffmpeg made {number} of {total} frames, of {len(parameters)} kinds; retry.")


def _parameters_of(unit: bytes) -> bytes:
    """Its sequence and picture parameter sets: what is in front of the first that is neither (H.264, table 7-1)."""
    parts = [part for part in unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part]
    return b"".join(part for part in parts if part[0] & 0x1F in (7, 8))


def _input(picture: Path) -> list[str]:
    """`none`: a name with `%` is a name."""
    return [
        *("-threads", "1", "-f", "image2", "-pattern_type", "none", "-framerate", str(FPS)),
        *("-protocol_whitelist", "file", "-i", f"file:{picture}"),
    ]


def _units_of(stream: bytes) -> list[bytes]:
    return [_DELIMITER + unit for unit in stream.split(_DELIMITER)[1:]]


def _digest_of(picture: Path) -> str:
    with picture.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
