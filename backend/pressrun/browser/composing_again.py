"""Decks composed again after an edit: a page is asked only for what was changed. For previews.

A document is cut into stretches (slides/composition/stretches.py). Those that are known are not measured again, and
slides that are known, by the stretches that they are of and all else that they are told, are not dealt out and read
again. The plan is made anew each time, of the whole. The deck is the same as `compose_deck`'s, to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from pressrun.browser.composing import (
    Deck,
    deal_out,
    deck_of,
    is_seen_first,
    measure_again,
    measure_document,
    plan_of_deck,
    planned,
    slides_wanted,
)
from pressrun.browser.kept_slides import PARTS, KeptSlide, KeptSlides, KeptStretch
from pressrun.browser.pool.lease import Lease
from pressrun.browser.ports import Screen
from pressrun.browser.slides.composition.stretches import AROUND, CutDocument, cut_document, digest_of
from pressrun.browser.slides.page_breaks import SlicePlan
from pressrun.browser.slides.painted_words import question, texts_of
from pressrun.slide_texts import LostPicture, NotShown, SlideTexts

# Boxes are told as floats of 24 bits: 64ths of a CSS px are exact up to here, which is 500 slides.
_MAX_CSS_PX = 2**24 / 64


class NeedsWhole(Exception):
    """This document's parts cannot be told by themselves: ask again without what is kept, in another lease."""


@dataclass(frozen=True, slots=True)
class ShownDeck:
    """A deck and what its slides say."""

    deck: Deck
    plan: SlicePlan
    texts: SlideTexts


async def compose_shown(
    lease: Lease, kept: KeptSlides | None, html: str, css: str, screen: Screen, overlap: float, max_slides: int
) -> ShownDeck | None:
    """As `compose_deck`, with the texts of the slides. `kept`: None where nothing is to be known before.

    Raises: NeedsWhole where something is kept, BrowserFailure.
    """
    cut = None
    if kept is not None and not is_seen_first(html):
        seen = f"{screen.width} {screen.height} {screen.zoom} {screen.fit}"
        cut = await anyio.to_thread.run_sync(cut_document, html, seen, css)
    if kept is None or cut is None:
        return await _Whole(lease, css, screen, overlap, max_slides).compose(html)
    missing = {at for at, stretch in enumerate(cut.stretches) if kept.stretch(stretch.key) is None}
    if 2 * len(cut.part(missing)) > len(cut.elements):
        whole = _Whole(lease, css, screen, overlap, max_slides)
        shown = await whole.compose(html)
        whole.keep_in(kept, cut)
        return shown
    return await _Again(lease, kept, cut, css, screen, max_slides).compose(missing)


class _Part:
    """Some elements of a document, as a page measured them. Raises: NeedsWhole where a stretch cannot be told."""

    def __init__(self, cut: CutDocument, numbers: Sequence[int], answer: Mapping[str, Any] | None) -> None:
        if answer is None or answer["elements"] != len(numbers) or answer["notes"] or answer["end"] > _MAX_CSS_PX:
            raise NeedsWhole
        self.answer = answer
        self._cut = cut
        owner = {number: at for at, one in enumerate(cut.stretches) for number in range(one.first, one.last)}
        self._elements = [-1 if atom["element"] is None else numbers[atom["element"]] for atom in answer["atoms"]]
        self._atoms: dict[int, list[int]] = {}  # of each stretch, where on the page
        for at, element in enumerate(self._elements):
            if element < 0:
                raise NeedsWhole
            self._atoms.setdefault(owner[element], []).append(at)

    def atom(self, stretch: int, number: int) -> int:
        """Where on the page the atom of that number of the stretch is."""
        atoms = self._atoms.get(stretch, [])
        if number >= len(atoms):
            raise NeedsWhole
        return atoms[number]

    def count(self, stretch: int) -> int:
        """How many atoms of it the page has."""
        return len(self._atoms.get(stretch, ()))

    def kept(self, stretch: int) -> KeptStretch:
        """What is to be known of one that the page has with all that has a say in it."""
        own = self._cut.stretches[stretch]
        told = self.answer["atoms"]
        numbers = self._atoms.get(stretch)
        if not numbers or self._elements[numbers[0]] >= own.first + AROUND:
            raise NeedsWhole
        is_last = own.last == len(self._cut.elements)
        behind = numbers[-1] + 1
        if is_last:
            end = self.answer["end"]
        elif behind == len(told) or self._elements[behind] >= own.last + AROUND:
            raise NeedsWhole
        else:
            end = told[behind]["endBefore"]
        start = _parts(told[numbers[0]]["start"])
        before = _parts(told[numbers[0]]["endBefore"]) if stretch else 0
        block = told[numbers[0]]["block"]
        atoms = tuple(
            {
                **told[at],
                "start": _parts(told[at]["start"]) - start,
                "endBefore": _parts(told[at]["endBefore"]) - start,
                "block": told[at]["block"] - block,
            }
            for at in numbers
        )
        return KeptStretch(start - before, _parts(end) - start, atoms)


class _Place:
    """Which stretch an atom is of, and its number there; of all atoms of a document."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._places = [(at, number) for at, count in enumerate(counts) for number in range(count)]
        self._counts = counts

    def of(self, atom: int) -> tuple[int, int]:
        """Behind the last one: a stretch that there is not."""
        return self._places[atom] if atom < len(self._places) else (len(self._counts), 0)

    def stretches(self, first: int, last: int) -> range:
        """Those that a slide of the atoms `first` to `last` (not included) shows something of."""
        end, number = self.of(last)
        return range(self.of(first)[0], end + (number > 0))


class _Keys:
    """Digests of all that a slide is told: two with the same one are the same, to the letter."""

    def __init__(self, cut: CutDocument, place: _Place, atoms: Sequence[Mapping[str, Any]]) -> None:
        self._cut = cut
        self._place = place
        self._atoms = atoms
        self._numbered = "data-page-numbers" in cut.before

    def heading_of(self, slide: Mapping[str, Any]) -> str:
        """The heading that goes on there, as HTML; empty if none does."""
        return "" if slide["running"] is None else str(self._atoms[slide["running"]]["heading"] or "")

    def key(self, slide: Mapping[str, Any]) -> bytes:
        stretches = self._place.stretches(slide["first"], slide["last"])
        told = [
            self._place.of(slide["first"])[1],
            self._place.of(slide["last"])[1],
            *(slide[name] for name in ("layout", "part", "before", "columns")),
            sorted(slide["author"].items()),
            slide["running"] is None,
            [slide["number"], slide["is_place"]] if self._numbered else None,
        ]
        keys = [self._cut.stretches[at].key.hex() for at in stretches]
        return digest_of(self._cut.ground.hex(), *keys, self.heading_of(slide), json.dumps(told))


class _Whole:
    """A document that is asked of a page as it is."""

    def __init__(self, lease: Lease, css: str, screen: Screen, overlap: float, max_slides: int) -> None:
        self._lease = lease
        self._css = css
        self._screen = screen
        self._overlap = overlap
        self._max_slides = max_slides
        self._answer: Mapping[str, Any] | None = None
        self._slides: Sequence[Mapping[str, Any]] = ()
        self._built: Mapping[str, Any] = {}
        self._said = ""
        self._shown: ShownDeck | None = None

    async def compose(self, html: str) -> ShownDeck | None:
        lease, screen = self._lease, self._screen
        self._answer = await measure_document(lease, html, self._css, screen)
        if self._answer is None:
            return None
        flow, plan = await anyio.to_thread.run_sync(planned, self._answer)
        if not plan.slides:
            return None
        self._slides = slides_wanted(flow, plan, self._max_slides)
        self._built = await deal_out(lease, self._slides)
        deck = await anyio.to_thread.run_sync(deck_of, self._built)
        layout = await lease.layout() if any(slide.overfull for slide in deck.slides) else None
        slices = plan_of_deck(deck.slides, layout, screen, self._overlap, self._max_slides)
        self._said = await lease.ask("painted_words", question(slices, screen))
        texts = await anyio.to_thread.run_sync(texts_of, self._said)
        missing = await lease.missing_glyphs(texts.characters)
        self._shown = ShownDeck(deck, slices, texts.model_copy(update={"missing_glyphs": missing}))
        return self._shown

    def keep_in(self, kept: KeptSlides, cut: CutDocument) -> None:
        """All that may be known of it the next time; nothing of one whose parts cannot be told by themselves."""
        if self._shown is None or self._answer is None or _is_special(self._slides, self._built):
            return
        try:
            part = _Part(cut, range(len(cut.elements)), self._answer)
            stretches = [part.kept(at) for at in range(len(cut.stretches))]
        except NeedsWhole:
            return
        for own, stretch in zip(cut.stretches, stretches, strict=True):
            kept.keep_stretch(own.key, stretch)
        keys = _Keys(cut, _Place([len(stretch.atoms) for stretch in stretches]), self._answer["atoms"])
        made = _made(self._built, self._shown.texts, self._said)
        for slide, one in zip(self._slides, made, strict=True):
            kept.keep_slide(keys.key(slide), one)
        kept.slides_made += len(made)


class _Again:
    """A document of which most is known."""

    def __init__(
        self, lease: Lease, kept: KeptSlides, cut: CutDocument, css: str, screen: Screen, max_slides: int
    ) -> None:
        self._lease = lease
        self._kept = kept
        self._cut = cut
        self._css = css
        self._screen = screen
        self._max_slides = max_slides

    async def compose(self, missing: set[int]) -> ShownDeck | None:
        cut = self._cut
        numbers = cut.part(missing)
        html = f"{cut.before}{cut.body_of(numbers)}{cut.behind}"
        part = _Part(cut, numbers, await measure_document(self._lease, html, self._css, self._screen))
        for at in missing:
            self._kept.keep_stretch(cut.stretches[at].key, part.kept(at))
        stretches = [self._kept.stretch(stretch.key) for stretch in cut.stretches]
        known = [stretch for stretch in stretches if stretch is not None]
        if len(known) < len(stretches):
            raise NeedsWhole  # it is too long to be kept
        answer = _put_together(known, part)
        flow, plan = await anyio.to_thread.run_sync(planned, answer)
        if len(plan.slides) > self._max_slides:
            raise NeedsWhole
        wanted = slides_wanted(flow, plan, self._max_slides)
        place = _Place([len(stretch.atoms) for stretch in known])
        keys = _Keys(cut, place, answer["atoms"])
        names = [keys.key(slide) for slide in wanted]
        slides = [self._kept.slide(name) for name in names]
        # one at the least: it tells what stands around them all
        to_make = [at for at, slide in enumerate(slides) if slide is None] or [0]
        built, texts = await self._make(part, numbers, known, [wanted[at] for at in to_make], place, keys)
        for at, slide in zip(to_make, texts, strict=True):
            slides[at] = slide
            self._kept.keep_slide(names[at], slide)
        self._kept.slides_made += len(to_make)
        self._kept.slides_kept += len(slides) - len(to_make)
        return await self._shown(built, [slide for slide in slides if slide is not None])

    async def _make(
        self,
        part: _Part,
        numbers: list[int],
        known: Sequence[KeptStretch],
        wanted: Sequence[Mapping[str, Any]],
        place: _Place,
        keys: _Keys,
    ) -> tuple[Mapping[str, Any], list[KeptSlide]]:
        """These slides, of the page that has some of their stretches, or of the same page with all of them."""
        needed = {stretch for slide in wanted for stretch in place.stretches(slide["first"], slide["last"])}
        if not set(self._cut.part(needed)) <= set(numbers):
            numbers = self._cut.part(needed)
            answer = await measure_again(self._lease, self._cut.body_of(numbers), self._css, self._screen)
            part = _Part(self._cut, numbers, answer)
        if any(part.count(stretch) != len(known[stretch].atoms) for stretch in needed):
            raise NeedsWhole
        slides = []
        for slide in wanted:
            first = part.atom(*place.of(slide["first"]))
            last = part.atom(*place.of(slide["last"] - 1)) + 1
            more = {"first": first, "last": last, "heading": keys.heading_of(slide)}
            slides.append({**slide, **more})
        built = await deal_out(self._lease, slides)
        if _is_special(slides, built):
            raise NeedsWhole
        deck = deck_of(built)
        slices = plan_of_deck(deck.slides, None, self._screen, 0, len(slides))
        said = await self._lease.ask("painted_words", question(slices, self._screen))
        return built, _made(built, texts_of(said), said)

    async def _shown(self, built: Mapping[str, Any], slides: Sequence[KeptSlide]) -> ShownDeck:
        top = built["places"][0][0]
        places = []
        for slide in slides:
            places.append([top, slide.height, False, False])
            top += slide.height
        deck = await anyio.to_thread.run_sync(
            deck_of,
            {
                **built,
                "places": places,
                "sections": [slide.section for slide in slides],
                "fills": [slide.fill for slide in slides],
            },
        )
        plan = plan_of_deck(deck.slides, None, self._screen, 0, self._max_slides)
        texts = SlideTexts(
            width=self._screen.width / self._screen.zoom,
            height=self._screen.height / self._screen.zoom,
            slides=[slide.text.model_copy(update={"index": number}) for number, slide in enumerate(slides, start=1)],
            not_shown=[part for slide in slides for part in slide.not_shown],
            lost_pictures=[picture for slide in slides for picture in slide.lost_pictures],
        )
        missing = await self._lease.missing_glyphs(texts.characters)
        return ShownDeck(deck, plan, texts.model_copy(update={"missing_glyphs": missing}))


def _parts(length: float) -> int:
    return round(length * PARTS)


def _put_together(known: Sequence[KeptStretch], part: _Part) -> dict[str, Any]:
    """As a page would answer that was asked for the whole document."""
    atoms: list[dict[str, Any]] = []
    end, block = 0, 0
    for stretch in known:
        start = end + stretch.gap
        for number, atom in enumerate(stretch.atoms):
            atoms.append(
                {
                    **atom,
                    "start": (start + atom["start"]) / PARTS,
                    "endBefore": (start + atom["endBefore"] if number else end) / PARTS,
                    "block": block + atom["block"],
                }
            )
        end = start + stretch.height
        block = atoms[-1]["block"] + 1
    return {**part.answer, "atoms": atoms, "end": end / PARTS}


def _is_special(slides: Sequence[Mapping[str, Any]], built: Mapping[str, Any]) -> bool:
    """Whether one of them is more than a slide, or all that found no room."""
    return any(slide.get("rest") for slide in slides) or any(overfull for _, _, overfull, _ in built["places"])


def _made(built: Mapping[str, Any], texts: SlideTexts, said: str) -> list[KeptSlide]:
    """Each slide that was dealt out, with what is missing of it."""
    not_shown: dict[int, list[NotShown]] = {}
    lost: dict[int, list[LostPicture]] = {}
    if texts.not_shown or texts.lost_pictures:
        told = json.loads(said)
        for part, one in zip(told["not_shown"], texts.not_shown, strict=True):
            not_shown.setdefault(part["section"], []).append(one)
        for part, picture in zip(told["lost_pictures"], texts.lost_pictures, strict=True):
            lost.setdefault(part["section"], []).append(picture)
    return [
        KeptSlide(section, float(height), fill, text, tuple(not_shown.get(at, ())), tuple(lost.get(at, ())))
        for at, (section, (_, height, _, _), fill, text) in enumerate(
            zip(built["sections"], built["places"], built["fills"], texts.slides, strict=True)
        )
    ]
