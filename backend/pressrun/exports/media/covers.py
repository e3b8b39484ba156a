"""Pictures in front of a video's slides and behind them: `video_intro`, `video_outro`.

A client's bytes: looked at here no further than their first ones, and decoded by ffmpeg alone, in its process.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import anyio.to_thread

from pressrun.attachments import content_of
from pressrun.errors import EncoderFailed, EncoderMissing
from pressrun.exports.media.clips import Size
from pressrun.exports.media.ffmpeg import Ffmpeg, source
from pressrun.request_errors import FieldProblem
from pressrun.spec import COVERS, RunSpec

_MAX_PIXELS: Final = 50_000_000  # SAFETY "Inside": what any picture may unfold to
_VALID: Final = "a PNG, JPEG or WebP picture"


def refused_covers(spec: RunSpec) -> list[FieldProblem]:
    """What cannot be a picture, by its first bytes."""
    problems: list[FieldProblem] = []
    for field in COVERS:
        named = getattr(spec, field)
        if named is not None and _demuxer_of(content_of(named, spec.attachments)) is None:
            problems.append({"field": field, "problem": "is no PNG, JPEG or WebP picture", "valid": _VALID})
    return problems


async def fitted(named: str, attached: Mapping[str, str], size: Size, folder: Path, ffmpeg: Ffmpeg) -> Path | None:
    """The picture as a PNG of that size: whole, in the middle of black, and on white where it is transparent. None:
    ffmpeg cannot read it. Raises: what `Ffmpeg.run` does, but for that.
    """
    data = await anyio.to_thread.run_sync(content_of, named, attached)
    given, made = (folder / f"{secrets.token_hex(8)}.{ending}" for ending in ("given", "png"))
    await anyio.to_thread.run_sync(given.write_bytes, data)
    width, height = size.width, size.height
    graph = (
        f"[0:v]scale={width}:{height}:force_original_aspect_ratio=decrease:flags=lanczos+accurate_rnd+full_chroma_int,"
        "format=rgba,split[below][above];[below]lutrgb=r=255:g=255:b=255:a=255[white];"
        f"[white][above]overlay=format=rgb,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:black,setsar=1,format=rgb24"
    )
    read = ["-threads", "1", "-f", _demuxer_of(data) or "", "-max_pixels", str(_MAX_PIXELS), *source(given)]
    written = ["-filter_complex", graph, "-frames:v", "1", "-c:v", "png", "-f", "image2", "-update", "1"]
    try:
        await ffmpeg.run([*read, *written, f"file:{made}"])
    except EncoderMissing:
        raise
    except EncoderFailed:
        return None
    finally:
        await anyio.to_thread.run_sync(given.unlink)
    return made if made.exists() else None


def _demuxer_of(data: bytes) -> str | None:
    """By what ffmpeg reads it, whatever it is called."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png_pipe"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg_pipe"
    return "webp_pipe" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
