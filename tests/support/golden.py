"""Golden decks: what stands where on each slide of eight decks, as somebody has looked at them and found good.

`python -m tests.support.golden` (make golden) writes them anew, with a sheet of small pictures of each in
`build/golden` to be looked at. The numbers are kept and not the pictures: a sheet differs with each build of Chromium,
a box does not.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import anyio
from PIL import Image

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.ports import Screen
from tests.support.decks import SCREEN, Composed, compose

ROOT: Final = Path(__file__).parents[2]
GOLDEN: Final = ROOT / "tests" / "data" / "golden"
_SHEETS: Final = ROOT / "build" / "golden"
_DECKS: Final = ROOT / "tests" / "data" / "decks"
_UDHR: Final = ROOT / "tests" / "data" / "udhr"
# Families that these decks are drawn with; others lay them out in other lines.
_FAMILIES: Final = ("Noto Sans", "Noto Serif", "Noto Naskh Arabic", "Noto Sans CJK JP")  # .ci/system-packages has them
_LEADING: Final = ("JetBrains Mono",)  # drawn first where it is installed; nothing asks for it
_SMALL: Final = (320, 180)
_TOLERANCE: Final = 6.0  # CSS px: a build of Chromium may round otherwise; a line has 30


@dataclass(frozen=True, slots=True)
class Deck:
    """A text, and how it is shown."""

    path: Path
    theme: str = "paper"
    screen: Screen = SCREEN
    slides: int = 500


DECKS: Final[Mapping[str, Deck]] = {
    **{tool: Deck(_DECKS / f"{tool}.md") for tool in ("marp", "slidev", "reveal", "pandoc", "quarto")},
    "lesson": Deck(ROOT / "examples" / "lesson.md", "meadow"),
    "arabic": Deck(_UDHR / "arb.md", "ink", Screen(640, 480, 0.7), 8),
    "japanese": Deck(_UDHR / "jpn.md", "gazette", Screen(360, 640, 0.7), 8),
}


def text_of(deck: Deck) -> str:
    """With its pictures in it, as they are once they are attached."""
    text = deck.path.read_text(encoding="utf-8")
    for picture in _DECKS.glob("*.png"):
        encoded = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
        text = re.sub(rf"(?:\./)?{picture.name}", encoded, text)
    return text


async def composed(pool: BrowserPool, deck: Deck) -> Composed:
    """As a run composes it."""
    return await compose(pool, text_of(deck), screen=deck.screen, theme=deck.theme, most=deck.slides)


def told(made: Composed) -> list[dict[str, Any]]:
    """Of each slide its layout, and of each thing on it where that stands and how it begins."""
    slides = []
    for slide in made.texts.slides:
        blocks = [[block.kind, block.text[:40], *_box(block.box)] for block in slide.blocks]
        pictures = [["picture", picture.alt[:40], *_box(picture.box)] for picture in slide.pictures]
        slides.append({"layout": slide.layout, "things": [*blocks, *pictures]})
    return slides


def _box(box: Any) -> list[int]:
    return [round(value) for value in (box.left, box.top, box.width, box.height)]


def differences(kept: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    """What a person would see, slide by slide; none if nothing."""
    found = [f"{len(now)} slides instead of {len(kept)}"] if len(kept) != len(now) else []
    for number, (old, new) in enumerate(zip(kept, now, strict=False), start=1):
        if old["layout"] != new["layout"]:
            found.append(f"slide {number}: layout {new['layout']} instead of {old['layout']}")
        names = [[thing[:2] for thing in slide["things"]] for slide in (old, new)]
        if names[0] != names[1]:
            found.append(f"slide {number}: says {names[1]} instead of {names[0]}")
            continue
        for before, after in zip(old["things"], new["things"], strict=True):
            if any(abs(one - other) > _TOLERANCE for one, other in zip(before[2:], after[2:], strict=True)):
                found.append(f"slide {number}: {after[:2]} at {after[2:]} instead of {before[2:]}")
    return found


@cache
def _installed() -> list[str]:
    """Family, style and version of each font that the decks are drawn with."""
    if not shutil.which("fc-list"):
        return []
    command = ["fc-list", "--format", "%{family[0]}\t%{style[0]}\t%{fontversion}\n"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(line for line in listed if line.partition("\t")[0] in (*_FAMILIES, *_LEADING))


def missing_families() -> list[str]:
    """Without one of them every deck looks otherwise."""
    found = {line.partition("\t")[0] for line in _installed()}
    return [family for family in _FAMILIES if family not in found]


def fonts() -> str:
    """A digest of the versions of the families that the decks are drawn with."""
    return hashlib.sha256("\n".join(_installed()).encode()).hexdigest()


def read(name: str) -> dict[str, Any]:
    """What is kept: `fonts` it was made with, and `slides`."""
    return dict(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))


async def _write() -> None:
    _SHEETS.mkdir(parents=True, exist_ok=True)
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        for name, deck in DECKS.items():
            made = await composed(pool, deck)
            kept = {"fonts": fonts(), "slides": told(made)}
            (GOLDEN / f"{name}.json").write_text(_as_lines(kept), encoding="utf-8")
            await _draw(pool, deck, made, _SHEETS / f"{name}.png")


def _as_lines(kept: dict[str, Any]) -> str:
    """A line for each slide, so that a change of one is seen as such."""
    slides = ",\n".join(json.dumps(slide, ensure_ascii=False) for slide in kept["slides"])
    return f'{{"fonts": "{kept["fonts"]}", "slides": [\n{slides}\n]}}\n'


async def _draw(pool: BrowserPool, deck: Deck, made: Composed, path: Path) -> None:
    screen = deck.screen
    size = {"viewport_width": screen.width, "viewport_height": screen.height, "zoom": screen.zoom}
    async with pool.lease(**size) as lease:  # type: ignore[arg-type]
        await lease.load(made.deck.html, opened=False)
        await lease.layout()
        pictures = [Image.open(io.BytesIO(await lease.capture(piece))).convert("RGB") for piece in made.plan.slices]
    width = _SMALL[0]
    height = round(width * screen.height / screen.width)
    columns = 4
    sheet = Image.new("RGB", (columns * (width + 8), -(-len(pictures) // columns) * (height + 8)), "#777")
    for at, picture in enumerate(pictures):
        sheet.paste(picture.resize((width, height)), (at % columns * (width + 8) + 4, at // columns * (height + 8) + 4))
    sheet.save(path)


if __name__ == "__main__":
    anyio.run(_write)
