"""`KeptSlides`: what pages told of parts of documents, in memory, by digests of all that it depends on.

Owns how much is kept: what was asked for longest ago goes first. One per process, on its loop; it holds what somebody
wrote, as a preview does, and gives it to whoever has the same words in the same look.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pressrun.slide_texts import LostPicture, NotShown, SlideText

MAX_BYTES: Final = 32 * 1024 * 1024  # arbitrary (8..128 MB): twenty to forty decks of 25 000 characters
PARTS: Final = 2**20  # of a CSS px, as in in_page/composing/: lengths in them add up without a remainder
_ATOM_BYTES: Final = 1_500  # as a mapping, measured by tracemalloc with some room
_BLOCK_BYTES: Final = 2_000


@dataclass(frozen=True, slots=True)
class KeptStretch:
    """How high a stretch is, and its atoms. Lengths in `PARTS` of a CSS px.

    `gap`: between what is before it and its first atom; `start` and `endBefore` of the atoms are counted from there.
    """

    gap: int
    height: int
    atoms: tuple[Mapping[str, Any], ...]

    @property
    def size_bytes(self) -> int:
        return _ATOM_BYTES * (1 + len(self.atoms)) + sum(2 * len(atom["heading"] or "") for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class KeptSlide:
    """A slide as it was dealt out, and what it says."""

    section: str
    height: float
    fill: float
    text: SlideText
    not_shown: tuple[NotShown, ...]
    lost_pictures: tuple[LostPicture, ...]

    @property
    def size_bytes(self) -> int:
        said = sum(len(block.text) for block in self.text.blocks) + sum(len(part.text) for part in self.not_shown)
        return 4 * (len(self.section) + said) + _BLOCK_BYTES * (1 + len(self.text.blocks) + len(self.text.links))


T = TypeVar("T", KeptStretch, KeptSlide)


class KeptSlides:
    """Bounded by bytes; see the module."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.bytes = 0
        self.slides_kept = 0  # that were not asked of a page again
        self.slides_made = 0
        self._max_bytes = max_bytes
        self._stretches: OrderedDict[bytes, KeptStretch] = OrderedDict()
        self._slides: OrderedDict[bytes, KeptSlide] = OrderedDict()

    def stretch(self, key: bytes) -> KeptStretch | None:
        """None: it has to be measured."""
        found = self._stretches.get(key)
        if found is not None:
            self._stretches.move_to_end(key)
        return found

    def slide(self, key: bytes) -> KeptSlide | None:
        """None: it has to be made."""
        found = self._slides.get(key)
        if found is not None:
            self._slides.move_to_end(key)
        return found

    def keep_stretch(self, key: bytes, stretch: KeptStretch) -> None:
        """From now on, until there is no room for it; not what would need most of it."""
        self._keep(self._stretches, key, stretch)

    def keep_slide(self, key: bytes, slide: KeptSlide) -> None:
        """From now on, until there is no room for it; not what would need most of it."""
        self._keep(self._slides, key, slide)

    def _keep(self, kept: OrderedDict[bytes, T], key: bytes, value: T) -> None:
        if key in kept or value.size_bytes > self._max_bytes // 2:
            return
        kept[key] = value
        self.bytes += value.size_bytes
        while self.bytes > self._max_bytes:
            if len(self._slides) > len(self._stretches):
                self.bytes -= self._slides.popitem(last=False)[1].size_bytes
            else:
                self.bytes -= self._stretches.popitem(last=False)[1].size_bytes
