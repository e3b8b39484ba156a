"""A small picture that moves: the slides one after the other, as a GIF or a WebP, for where no player is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from pressrun.exports.media.clips import Size, picture_input
from pressrun.exports.media.ffmpeg import Ffmpeg

PreviewFormat = Literal["gif", "webp"]
# a `.webp` without more would look like a slide
PREVIEW_ENDINGS: Final[Mapping[PreviewFormat, str]] = {"gif": ".gif", "webp": "-preview.webp"}
_LONG_SIDE: Final = 480  # px, arbitrary (320..640): a heading is read
_MOST_PICTURES: Final = 24  # arbitrary (10..50): half a minute; of more slides each so-manieth
_RATE, _LASTS = "2/3", "3/2"  # pictures a second, seconds a picture; arbitrary (1..3 s): a heading and a line are read

_WAYS: Final[Mapping[PreviewFormat, tuple[str, Sequence[str]]]] = {
    # 256 colours of each picture's own, and no dots between them: slides have few
    "gif": (
        ",split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none",
        ("-c:v", "gif", "-loop", "0", "-f", "gif"),
    ),
    "webp": (",format=yuv420p", ("-c:v", "libwebp_anim", "-quality", "75", "-loop", "0", "-f", "webp")),
}


def shown_in_preview(pictures: Sequence[Path]) -> list[Path]:
    """All of a short deck; evenly chosen ones of a long one, the first and the last among them. Pure."""
    most = min(len(pictures), _MOST_PICTURES)
    return [pictures[round(place * (len(pictures) - 1) / max(1, most - 1))] for place in range(most)]


async def draw_preview(pictures: Sequence[Path], size: Size, form: PreviewFormat, ffmpeg: Ffmpeg, target: Path) -> None:
    """Of pictures of that size, as small as it is to be. Raises: what `Ffmpeg.run` does."""
    chosen = shown_in_preview(pictures)
    share = min(1.0, _LONG_SIDE / max(size.width, size.height))
    width, height = (max(2, round(side * share)) for side in (size.width, size.height))
    small = "".join(
        f"[{place}:v]scale={width}:{height}:flags=area+accurate_rnd,setsar=1,format=rgb24[v{place}];"
        for place in range(len(chosen))
    )
    in_turn = "".join(f"[v{place}]" for place in range(len(chosen)))
    inputs = [argument for picture in chosen for argument in picture_input(picture, _RATE)]
    more, how = _WAYS[form]
    graph = f"{small}{in_turn}concat=n={len(chosen)},settb={_LASTS},setpts=N{more}"
    await ffmpeg.run([*inputs, "-filter_complex", graph, "-r", _RATE, *how, f"file:{target}"])
