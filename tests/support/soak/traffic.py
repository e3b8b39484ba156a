"""What the callers of a soak ask for: seeded, mixed, and each with the ends that it may come to.

Small pictures, so that an hour of runs stays under a gigabyte.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.hostile import brackets, entities, laughs, picture
from tests.support.runs import chapter

LANES: Final = ("default", "lane-a", "lane-b")
_SMALL: Final = {"viewport_width": 320, "viewport_height": 240, "zoom": 0.5}
_POLICIES: Final = ("queue",) * 6 + ("reject",) * 3 + ("join", "replace")


@dataclass(frozen=True)
class Asked:
    """A POST: its body, which errors its run may end with whatever happens, and how it is refused if it is wrong."""

    kind: str
    body: dict[str, Any]
    may_fail: frozenset[str] = frozenset()
    refused: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Traffic:
    """Makes one request after the other from a seed; the same seed gives the same requests."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made = 0
        self._earlier: list[Asked] = []
        self._kinds: list[Callable[[], Asked]] = []
        for kind, weight in (
            (self._small, 40),
            (self._html, 12),
            (self._pdf, 8),
            (self._again, 8),
            (self._long, 4),
            (self._harmless, 6),
            (self._hostile, 3),
            (self._wrong, 8),
        ):
            self._kinds += [kind] * weight

    def next(self) -> Asked:
        self._made += 1
        return self._chance.choice(self._kinds)()

    def warm_up(self) -> list[Asked]:
        """One of each kind that a server takes a while to meet for the first time."""
        return [self._small(), self._pdf(), self._html(), self._long()]

    def _body(self, **fields: Any) -> dict[str, Any]:
        policies = {"lane": self._chance.choice(LANES), "on_busy": self._chance.choice(_POLICIES)}
        if self._chance.random() < 0.1:
            policies["on_disconnect"] = "cancel"
        return {**_SMALL, **policies, **fields}

    def _text(self, slides: int) -> str:
        return chapter(slides, f"{self._made}-{self._chance.randrange(1_000_000)}")

    def _small(self) -> Asked:
        format = self._chance.choice(("png", "jpeg", "webp"))
        body = self._body(text=self._text(self._chance.randint(1, 5)), image_format=format)
        asked = Asked("small", body)
        self._earlier = [*self._earlier[-20:], asked]
        return asked

    def _again(self) -> Asked:
        """What was asked for before: from the cache, or refused as a duplicate."""
        return self._chance.choice(self._earlier) if self._earlier else self._small()

    def _html(self) -> Asked:
        words = self._chance.randrange(1_000_000)
        html = f"<!doctype html><title>{words}</title><h1>{words}</h1>" + "<p>The river carries sand." * 40
        return Asked("html", self._body(html=html, outputs=["html"] if words % 2 else ["images", "html"]))

    def _pdf(self) -> Asked:
        return Asked("pdf", self._body(text=self._text(3), outputs=["images", "html", "pdf", "zip"]))

    def _long(self) -> Asked:
        return Asked("long", self._body(text=self._text(40), image_format="jpeg"))

    def _harmless(self) -> Asked:
        html = self._chance.choice(
            (
                '<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/"><p>x',
                '<p>x</p><img src="http://127.0.0.1:9/p.png">',
                "<p>x</p><script>for (;;);</script>",  # scripts of documents do not run
                "<p>x</p><div style='height:50000px'></div>",
                entities(),
            )
        )
        return Asked("harmless", self._body(html=html, max_screenshots=3))

    def _hostile(self) -> Asked:
        fields, codes = self._chance.choice(
            (
                ({"html": f"<p>x</p>{picture(16_000)}"}, {"document_too_large"}),
                ({"html": "<p>x</p>" + "<i></i>" * 400_000}, {"document_too_large"}),
                ({"html": laughs()}, {"render_timeout", "document_too_large"}),
                ({"html": "<b></b>"}, {"empty_document"}),
                ({"text": brackets(20_000), "max_screenshots": 3}, {"source_too_complex"}),
            )
        )
        return Asked("hostile", self._body(**fields), frozenset(codes))

    def _wrong(self) -> Asked:
        body, status = self._chance.choice(
            (
                ({"text": "x", "colour": "red"}, 422),
                ({"text": "x", "zoom": 99}, 422),
                ({"text": ""}, 422),
                ({}, 422),
                ({"text": "x" * 400_001}, 422),
                ({"text": "x", "lane": "No Lane"}, 422),
            )
        )
        return Asked("wrong", body, refused=status)
