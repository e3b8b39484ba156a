"""What a run's slides show, as keys of the capture cache; and the way of a kept picture into staging.

A slide is what the document (its bytes, with all that is embedded in them) looks like between two heights, on a screen,
written in a format by what draws. All of that is in its key: every field of the spec but those that only made the
document or only say which slices there are. What a field changes it says itself (`Changes` in spec.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pressrun.artifacts.disk import sha256_of
from pressrun.artifacts.model import StoredFile
from pressrun.artifacts.staged import Offer
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.pipeline.context import DECK_NAME, RunContext
from pressrun.slide_texts import SLIDES_NAME
from pressrun.spec import CHANGES, Part, RunSpec

# Pictures that are looked up, verified and linked in one go. Arbitrary (8..64): a cancel waits for one such go.
_AT_ONCE = 16


def plan_key(spec: RunSpec, document: str, renderer: str) -> str:
    """Names the slices of a document (its SHA-256) with that spec."""
    return _key("plan", document, renderer, _fields(spec, "slices"))


def texts_key(spec: RunSpec, document: str, renderer: str) -> str:
    """Names what these slices say."""
    return _key("texts", document, renderer, _fields(spec, "slices"))


def deck_key(spec: RunSpec, document: str, renderer: str, style: str) -> str:
    """Names the deck of a document (its SHA-256) in that style of decks."""
    return _key("deck", document, renderer, style, _fields(spec, "slices"))


def picture_key(spec: RunSpec, document: str, renderer: str, piece: Slice) -> str:
    """Names the picture of one slice; what is on it is said by where it begins and ends, whatever chose it."""
    top, bottom, offset, *sideways = piece.place
    place = piece.place if sideways != [0.0, None, 0.0] else (top, bottom, offset)  # as it was when there were no sides
    return _key("picture", document, renderer, _fields(spec, "writing"), place)


def _fields(spec: RunSpec, part: Part) -> dict[str, Any]:
    """Those that change that part, or all, in the format of the spec."""
    names = {
        name
        for name, changes in CHANGES.items()
        if changes.part in (part, "all") and (not changes.formats or spec.image_format in changes.formats)
    }
    values = spec.model_dump(mode="json", include=names)
    defaults = RunSpec.model_fields
    return {
        name: CHANGES[name].was.get(value, value) if CHANGES[name].was else value
        for name, value in values.items()
        if CHANGES[name].keyed_at_default or value != defaults[name].default
    }


def _key(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class RunCaptures:
    """The cache as one run sees it: `open_captures` makes it, and it ends with the render stage."""

    _context: RunContext
    _cache: CaptureCache | None
    _document: str = ""
    _renderer: str = ""
    _pieces: dict[int, Slice] = field(default_factory=dict)
    _faces: Mapping[tuple[float, float], str] = field(default_factory=dict)

    async def plan(self) -> SlicePlan | None:
        """The slices, if the same document was cut the same way before."""
        if self._cache is None:
            return None
        note = await self._cache.read_note(self._plan_key())
        try:
            plan = None if note is None else _plan_of(note)
        except (KeyError, TypeError, ValueError):
            plan = None
        if plan is not None:
            self._pieces = dict(enumerate(plan.slices, start=1))
        return plan

    async def keep_plan(self, plan: SlicePlan) -> None:
        """Where this run's slices are: before `link` and `keep`."""
        self._pieces = dict(enumerate(plan.slices, start=1))
        if self._cache is not None:
            slices = [piece.place for piece in plan.slices]
            await self._cache.keep_note(self._plan_key(), {"slices": slices, "truncated": plan.truncated})

    async def link_texts(self) -> StoredFile | None:
        """slides.json as a file of staging, if it was kept and is still what it was. Durable when it returns."""
        if self._cache is None:
            return None
        kept = await self._cache.find_file(self._texts_key())
        if kept is None:
            return None
        (file,) = await self._context.staging.adopt([Offer(SLIDES_NAME, kept.path, kept.sha256)])
        return file

    async def keep_texts(self, file: StoredFile) -> None:
        """Keeps slides.json, which is in staging under its final name."""
        if self._cache is not None:
            path = self._context.staging.path(file.name)
            await self._cache.keep_file(self._texts_key(), path, file.sha256, file.size_bytes)

    async def link(self, names: Mapping[int, str]) -> dict[int, StoredFile]:
        """Slides (by index, from 1) as files of staging of these names: those whose pictures were kept and are still
        what they were. Durable when it returns.
        """
        placed: dict[int, StoredFile] = {}
        if self._cache is not None:
            indexes = list(names)
            for begin in range(0, len(indexes), _AT_ONCE):
                some = indexes[begin : begin + _AT_ONCE]
                placed |= await self._place_some(self._cache, {index: names[index] for index in some})
        return placed

    async def _place_some(self, cache: CaptureCache, names: Mapping[int, str]) -> dict[int, StoredFile]:
        keys = {index: self._picture_key(index) for index in names}
        found = await cache.find(list(keys.values()))
        kept = {index: picture for index, picture in zip(names, found, strict=True) if picture is not None}
        if not kept:
            return {}
        offers = [Offer(names[index], picture.path, picture.sha256) for index, picture in kept.items()]
        files = dict(zip(kept, await self._context.staging.adopt(offers), strict=True))
        for index, file in files.items():
            if file is None:
                await cache.drop(keys[index])
        return {index: file for index, file in files.items() if file is not None}

    async def keep(self, index: int, file: StoredFile) -> None:
        """Keeps slide `index`, which is in staging under its final name."""
        if self._cache is not None:
            path = self._context.staging.path(file.name)
            await self._cache.keep(self._picture_key(index), path, file.sha256, file.size_bytes)

    def _texts_key(self) -> str:
        return texts_key(self._context.spec, self._document, self._renderer)

    def _plan_key(self) -> str:
        return plan_key(self._context.spec, self._document, self._renderer)

    def _picture_key(self, index: int) -> str:
        spec, piece = self._context.spec, self._pieces[index]
        face = self._faces.get((piece.top, piece.bottom))
        if face is not None:
            return picture_key(spec, face, self._renderer, Slice(0.0, piece.height))
        return picture_key(spec, self._document, self._renderer, piece)


async def open_captures(
    context: RunContext,
    cache: CaptureCache | None,
    html: bytes,
    faces: Mapping[tuple[float, float], str] | None = None,
) -> RunCaptures:
    """The cache for a run that shows `html`, with scripts off and sealed: so it looks the same each time.

    `faces`: of slides that are laid out on their own, by top and bottom, a digest of all that they look like; such a
    picture is known again wherever it stands, and a slide that was changed is captured alone.

    Without a cache, or while it rests, nothing is found and nothing is kept.
    """
    renderer = None if cache is None else await cache.renderer()
    if cache is None or renderer is None:
        return RunCaptures(context, None)
    return RunCaptures(context, cache, await sha256_of(html), renderer, _faces=faces or {})


@dataclass(frozen=True, slots=True)
class RunDecks:
    """The deck of a run's document in the cache; `open_decks` makes it."""

    _context: RunContext
    _cache: CaptureCache | None
    _key: str = ""

    async def link(self) -> tuple[StoredFile, dict[str, Any], str] | None:
        """deck.html in staging, what was noted with it, and its text, if it was kept."""
        if self._cache is None:
            return None
        note, kept = await self._cache.read_note(self._note_key), await self._cache.find_file(self._key)
        if note is None or kept is None:
            return None
        (file,) = await self._context.staging.adopt([Offer(DECK_NAME, kept.path, kept.sha256)])
        if file is None or note.get("sha256") != file.sha256:
            return None
        return file, note, (await self._context.staging.read(DECK_NAME)).decode()

    async def keep(self, file: StoredFile, note: Mapping[str, Any]) -> None:
        """Keeps deck.html, which is in staging."""
        if self._cache is not None:
            path = self._context.staging.path(file.name)
            await self._cache.keep_file(self._key, path, file.sha256, file.size_bytes)
            await self._cache.keep_note(self._note_key, {**note, "sha256": file.sha256})

    @property
    def _note_key(self) -> str:
        return hashlib.sha256(f"note of {self._key}".encode()).hexdigest()


async def open_decks(context: RunContext, cache: CaptureCache | None, html: bytes, style: str) -> RunDecks:
    """The cache for the deck of `html`; `style`: digest of the style that decks add."""
    renderer = None if cache is None else await cache.renderer()
    if cache is None or renderer is None:
        return RunDecks(context, None)
    return RunDecks(context, cache, deck_key(context.spec, await sha256_of(html), renderer, style))


def _plan_of(note: dict[str, Any]) -> SlicePlan:
    slices = tuple(
        Slice(
            float(top), float(bottom), float(offset), float(left), None if right is None else float(right), float(inset)
        )
        for top, bottom, offset, left, right, inset in note["slices"]
    )
    if not slices:
        raise ValueError("a plan has at least one slice")
    return SlicePlan(slices, bool(note["truncated"]))
