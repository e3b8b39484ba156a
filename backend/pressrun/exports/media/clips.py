"""A slide's picture -> its part of a stream of H.264 or VP9, of any length, encoded once.

A picture that stands still is one key frame and frames that say "as before". x264 writes those alike but for their
number, which counts from 0 to 15 and begins again: so sixteen of them, repeated, are what it would have written for any
time (`PERIOD`; looked at in each clip, and where it is not so there are more key frames). VP9 has a frame of one byte
that shows an earlier one again. A slide of an hour takes no longer than one of a second. Decisions 0070 and 0103 say
what it gains, and what makes it sound.

A clip is a file of frames (`Codec.split`); it is kept in the export's scratch folder under a name that says what it was
made of, for the next attempt. All clips of one size have the same parameter sets, so that they are joined by putting
one behind the other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio.to_thread

from pressrun.errors import EncoderFailed
from pressrun.exports.media.ffmpeg import Ffmpeg
from pressrun.worker_threads import stop_if_cancelled

_FADE_S: Final = 0.5  # arbitrary (0.3..1): long enough to be seen, short enough not to wait for
PERIOD: Final = 16  # frame_num has four bits where one frame is referred to (H.264, 7.4.3; x264's stitchable streams)
_KEY_EVERY_S: Final = 10  # where one can jump to; x264's own is 250 frames
_LONG_SIDE, _SHORT_SIDE = 3840, 2160  # what players and video sites take: 4k, either way round

_QUALITY: Final = 18  # of key frames: mean error of a text slide 0.8 of 255
# Frames behind a key frame repeat it: 51 is too coarse to correct anything. ipratio sets the key frame's own.
_STILL: Final = f"qp=51:ipratio={2 ** ((51 - _QUALITY) / 6):.4f}"
_MOVING: Final = "qp=30:ipratio=3"  # seen for a thirtieth of a second; two lines of text over each other are dear
# Colours four steps finer: else those of a large plain ground are one step off, and that not everywhere, which is seen
# as a stain (mean error 1.3 to 1.5 of 255 without, 0.7 to 1.0 with it; 0.4 % more bytes, four slides of text)
_COMMON: Final = (  # whatever is in the parameter sets, as subme is by way of psy-rd, is the same in all clips
    "keyint=infinite:min-keyint=1:scenecut=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:weightp=0:ref=1:bframes=0:me=dia:subme=6:"
    "slices=1:sliced-threads=0:aud=1:stitchable=1:force-cfr=1:chroma-qp-offset=-4:"
    "colormatrix=bt709:colorprim=bt709:transfer=bt709:range=tv"
)
# One frame of 1080p takes 0.22 s of a core; `good` takes 1.4 s and spares 3 % (python -m benchmarks video)
_VP9_COMMON: Final = (
    "-deadline",
    "realtime",
    "-cpu-used",
    "5",
    "-b:v",
    "0",
    "-lag-in-frames",
    "0",
    "-auto-alt-ref",
    "0",
)
_VP9_STILL: Final = ("-crf", "20", *_VP9_COMMON)
_VP9_MOVING: Final = ("-crf", "38", "-g", "9999", *_VP9_COMMON)
_VP9_AGAIN: Final = b"\x88"  # show_existing_frame of the first buffer; a key frame fills all (VP9, 6.2 and 7.2)
_VIDEO_COLOURS: Final = "out_color_matrix=bt709:out_range=tv"
_JPEG_COLOURS: Final = "out_color_matrix=bt601:out_range=pc"  # a JPEG has no others (JFIF)
_LOOK_EVERY: Final = 10_000  # frames; some ten milliseconds
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
class Codec:
    """How pictures are encoded. `split`: a clip's file into its frames; `repeated`: of the frames of a still those that
    say "as before", to be shown over and over, none where that cannot be relied on. `still_frames`: how many are
    encoded of a picture. `parameters`: what must be the same in all clips, of a key frame.
    """

    ending: str
    fourcc: bytes
    still: tuple[str, ...]
    moving: tuple[str, ...]
    still_frames: int
    split: Callable[[bytes], list[bytes]]
    repeated: Callable[[list[bytes]], list[bytes]]
    parameters: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded frames in a file. `still`: they show one picture, for as long as one likes."""

    path: Path
    still: bool
    codec: Codec

    def units(self, frames: int, fps: int) -> Iterator[bytes]:
        """So many frames. Blocks."""
        units = self.codec.split(self.path.read_bytes())
        if not self.still:
            yield from units[:frames]
            return
        repeated = self.codec.repeated(units)
        groups = -(-frames // (_KEY_EVERY_S * fps if repeated else len(units)))
        for number in range(groups):  # of about the same length: no key frame follows another
            length = frames * (number + 1) // groups - frames * number // groups
            yield units[0]
            for index in range(length - 1):
                yield repeated[index % len(repeated)] if repeated else units[1 + index]


@dataclass(frozen=True, slots=True)
class Encoder:
    """Makes the clips of one video, in `folder`, which is there. What it raises is what `Ffmpeg.run` does."""

    ffmpeg: Ffmpeg
    size: Size
    folder: Path
    smaller: bool  # than the slides
    fps: int
    codec: Codec

    @property
    def fade_frames(self) -> int:
        """How long a cross-fade is."""
        return round(_FADE_S * self.fps)

    async def still(self, picture: Path) -> Clip:
        """The picture: a key frame, those that repeat it, and one of the next round."""
        digest = await anyio.to_thread.run_sync(_digest_of, picture)
        more = self.codec.still_frames - 1
        look = f"{self._look()},loop=loop={more}:size=1" if more else self._look()
        clip = await self._encode([digest], self._input(picture), look, self.codec.still)
        return Clip(clip, still=True, codec=self.codec)

    async def fade(self, before: Path, after: Path) -> Clip:
        """`fade_frames` from the one picture to the other; the first shows `before` alone."""
        digests = [await anyio.to_thread.run_sync(_digest_of, picture) for picture in (before, after)]
        frames = self.fade_frames
        held = f"{self._look()},loop=loop={frames + 1}:size=1"
        graph = (
            f"[0:v]{held}[a];[1:v]{held},format=yuva420p,fade=in:0:{frames}:alpha=1[b];"
            f"[a][b]overlay=format=yuv420,format=yuv420p,trim=end_frame={frames}"
        )
        inputs = [*self._input(before), *self._input(after)]
        return Clip(await self._encode(digests, inputs, graph, self.codec.moving), still=False, codec=self.codec)

    async def poster(self, picture: Path, target: Path) -> None:
        """The picture as a JPEG of the video's size."""
        graph = f"{self._shape(_JPEG_COLOURS)},format=yuvj420p"
        look = ["-filter_complex", graph, "-frames:v", "1", "-q:v", "2", "-c:v", "mjpeg", "-f", "mjpeg"]
        await self.ffmpeg.run([*self._input(picture), *look, f"file:{target}"])

    def _shape(self, colours: str = _VIDEO_COLOURS) -> str:
        width, height = self.size.width, self.size.height
        fitted = f"scale={width}:{height}:" if self.smaller else f"crop={width}:{height}:0:0,scale="
        # without accurate_rnd colours are up to two steps of 255 beside what they are
        return f"{fitted}flags=lanczos+accurate_rnd+full_chroma_inp:{colours}"

    def _look(self) -> str:
        return f"{self._shape()},format=yuv420p,setsar=1"

    async def _encode(self, digests: Sequence[str], inputs: Sequence[str], graph: str, how: Sequence[str]) -> Path:
        arguments = ["-threads", "1", *how, "-r", str(self.fps)]
        made_of = json.dumps([*digests, graph, *arguments])
        clip = self.folder / f"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}{self.codec.ending}"
        if clip.exists() and clip.stat().st_size:  # a power cut leaves a file empty
            return clip
        partial = clip.with_suffix(f".{secrets.token_hex(4)}.partial")  # two of the same slide may be under way
        await self.ffmpeg.run([*inputs, "-filter_complex", graph, *arguments, f"file:{partial}"])
        await anyio.to_thread.run_sync(partial.rename, clip)
        return clip

    def _input(self, picture: Path) -> list[str]:
        return picture_input(picture, str(self.fps))


def picture_input(picture: Path, rate: str) -> list[str]:
    """The input of ffmpeg that is one frame of that picture. `none`: a name with `%` is a name."""
    return [
        *("-threads", "1", "-f", "image2", "-pattern_type", "none", "-framerate", rate),
        *("-protocol_whitelist", "file", "-i", f"file:{picture}"),
    ]


def write_stream(clips: Sequence[tuple[Clip, int]], size: Size, fps: int, target: Path) -> None:
    """The clips, each for so many frames, one behind the other, with the time of each frame (IVF). Blocks.

    Raises: EncoderFailed where they do not make one stream.
    """
    total = sum(frames for _, frames in clips)
    codec = clips[0][0].codec
    with target.open("wb") as file:
        file.write(_IVF_HEADER.pack(b"DKIF", 0, 32, codec.fourcc, size.width, size.height, fps, 1, total, 0))
        number, parameters = 0, set[bytes]()
        for clip, frames in clips:
            for place, unit in enumerate(clip.units(frames, fps)):
                if place == 0:
                    parameters.add(codec.parameters(unit))
                file.write(_IVF_FRAME.pack(len(unit), number))
                file.write(unit)
                number += 1
                if number % _LOOK_EVERY == 0:
                    stop_if_cancelled()
    if number != total or len(parameters) != 1:
        raise EncoderFailed(f"ffmpeg made {number} of {total} frames, of {len(parameters)} kinds; retry.")


def _units_of(stream: bytes) -> list[bytes]:
    """Access units of H.264, each behind its delimiter."""
    return [_DELIMITER + unit for unit in stream.split(_DELIMITER)[1:]]


def _repeats_of(units: list[bytes]) -> list[bytes]:
    return units[1:-1] if len(units) == PERIOD + 2 and units[1] == units[-1] else []


def _parameters_of(unit: bytes) -> bytes:
    """Its sequence and picture parameter sets: what is in front of the first that is neither (H.264, table 7-1)."""
    parts = [part for part in unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part]
    return b"".join(part for part in parts if part[0] & 0x1F in (7, 8))


def _frames_of_ivf(stream: bytes) -> list[bytes]:
    found, at = [], _IVF_HEADER.size
    while at < len(stream):
        size, _ = _IVF_FRAME.unpack_from(stream, at)
        at += _IVF_FRAME.size
        found.append(stream[at : at + size])
        at += size
    return found


def _digest_of(picture: Path) -> str:
    with picture.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_X264: Final = ("-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-f", "h264", "-x264-params")
_VPX: Final = ("-c:v", "libvpx-vp9", "-colorspace", "bt709", "-color_range", "tv", "-f", "ivf")
H264: Final = Codec(
    ending=".h264",
    fourcc=b"H264",
    still=(*_X264, f"{_STILL}:{_COMMON}"),
    moving=(*_X264, f"{_MOVING}:{_COMMON}"),
    still_frames=PERIOD + 2,
    split=_units_of,
    repeated=_repeats_of,
    parameters=_parameters_of,
)
VP9: Final = Codec(
    ending=".vp9",
    fourcc=b"VP90",
    still=(*_VPX, *_VP9_STILL),
    moving=(*_VPX, *_VP9_MOVING),
    still_frames=1,
    split=_frames_of_ivf,
    repeated=lambda _: [_VP9_AGAIN],
    parameters=lambda _: b"",  # it has none but in each frame
)
