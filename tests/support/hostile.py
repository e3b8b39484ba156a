"""Small documents that would unfold to something huge."""

from __future__ import annotations

import base64
import io
from functools import cache

from PIL import Image


@cache
def picture(side: int) -> str:
    """A picture of that many pixels each way, in few bytes. Half a second, so not while tests are collected."""
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")
    return f'<img src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def brackets(count: int) -> str:
    """Markdown that costs its parser time by the square."""
    return "[" * count


def laughs() -> str:
    """A billion copies by <use>, ten times ten times …"""
    layers = "".join(f"<g id=l{n}>{f'<use href=#l{n - 1} x=1 />' * 10}</g>" for n in range(1, 10))
    return f"<p>ha</p><svg><defs><text id=l0>ha</text>{layers}</defs><use href=#l9 /></svg>"


def entities() -> str:
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    svg = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{names}]><svg xmlns="http://www.w3.org/2000/svg"><text>&l9;</text></svg>'
    return f'<p>x</p><img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
