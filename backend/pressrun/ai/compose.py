"""`ai_fragment`: a text -> the body of a document, written by the AI, part by part.

Owns the order of things: split, ask (or remember), clean, verify. What comes back is safe to show as it is; the frame
and the theme are the caller's.
"""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread

from pressrun.ai.cache import AiCache, cache_key
from pressrun.ai.clean import Cleaned, clean_answer, clean_markdown, text_of
from pressrun.ai.client import AiClient, AnswerCut
from pressrun.ai.prompts import RULES, RULES_VERSION, build_messages
from pressrun.ai.source import Source, read_source
from pressrun.ai.split import split_text
from pressrun.ai.verify import NOTHING, Coverage, compare
from pressrun.ai.wire import Message
from pressrun.errors import AiFailed, EmptyDocument
from pressrun.failpoints import failpoint

# 8 000 characters are 2 000 (English) to 8 000 (Devanagari) tokens; with tags that is inside the answer limit of most
# models, and where it is not, the part is halved.
PART_CHARS = 8_000
_SMALLEST_PART_CHARS = 500  # an answer cut below this is no matter of length
# Tags, and thoughts of reasoning models that write them into the answer, are longer than the text at most by this.
_ANSWER_CHARS_PER_SOURCE_CHAR = 6
_ANSWER_CHARS_AT_LEAST = 20_000
_TOLERATED_SHARE = 0.02  # of the letters: a heading that was reworded, not a paragraph that is gone
_MARKDOWN_SHARE = 0.5  # arbitrary (0.3..0.9): an excuse in plain words has nothing of the source
_QUOTED_SENTENCES = 3
_QUOTED_CHARS = 120
_ECHO_SHARE = 0.3  # of the rules, in an answer whose source has none of them
_MAX_NAMED = 10
_CONFIGURED_MODEL = "default"
_TAG = re.compile(r'<(?:[^<>"]|"[^"]*")*>')  # of a clean fragment

P = ParamSpec("P")
T = TypeVar("T")
OnProgress = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class AiWarning:
    """Something a person should know: `code` is fixed, `message` is for the person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AiFragment:
    """Body HTML that passed the allow-list, and what is not as the source wanted it."""

    html: str
    warnings: tuple[AiWarning, ...] = ()


async def ai_fragment(
    client: AiClient,
    text: str,
    *,
    model_choice: str,
    system_prompt: str | None,
    verify: bool,
    cache: AiCache | None,
    on_progress: OnProgress,
) -> AiFragment:
    """Has `text` set as HTML. `on_progress` gets the characters written so far, over all parts.

    Cancellable at any await. Raises: AiFailed, EmptyDocument, and what `on_progress` raises.
    """
    source = await _in_thread(read_source, text, PART_CHARS)
    if not source.parts:
        raise EmptyDocument
    model = None if model_choice == _CONFIGURED_MODEL else model_choice
    writer = _Writer(client, model, system_prompt, cache, on_progress, source)
    fragments: list[str] = []
    blocked: list[str] = []
    coverage = NOTHING
    for number, part in enumerate(source.parts, start=1):
        for piece, cleaned in await writer.set_part(part, number):
            fragments.append(cleaned.html)
            blocked += cleaned.blocked
            if verify:
                coverage += await _in_thread(compare, piece, text_of(cleaned.html))
    return AiFragment("\n".join(fragments), (*_blocked_warnings(blocked), *_missing_warning(coverage)))


@dataclass(slots=True)
class _Writer:
    """Sets the parts of one source, one after the other."""

    client: AiClient
    model: str | None
    system_prompt: str | None
    cache: AiCache | None
    on_progress: OnProgress
    source: Source
    written: int = field(default=0)

    async def set_part(self, part: str, number: int) -> list[tuple[str, Cleaned]]:
        """The part and its fragment; where the model's answer limit is too small for it, two halves and theirs."""
        try:
            return [(part, await self._set_piece(part, number))]
        except AnswerCut:
            halves = [half for half in split_text(part, len(part) // 2 + 1) if half.strip()]
            if len(part) < _SMALLEST_PART_CHARS or len(halves) == 1:
                raise
        return [made for half in halves for made in await self.set_part(half, number)]

    async def _set_piece(self, piece: str, number: int) -> Cleaned:
        messages = build_messages(piece, system_prompt=self.system_prompt, part=number, parts=len(self.source.parts))
        key = cache_key(
            endpoint=self.client.endpoint,
            model=self.client.model_name(self.model),
            rules_version=RULES_VERSION,
            messages=messages,
        )
        known = await self.cache.get(key) if self.cache else None
        answer = await self._ask(messages, len(piece)) if known is None else known
        if known is not None:
            await self._count(len(known))
        cleaned = await _in_thread(_read_answer, answer, piece, self.source)
        cleaned = replace(cleaned, html=await _in_thread(self._without_secrets, cleaned.html))
        await _in_thread(_require_document, cleaned.html, piece)
        if self.cache and known is None:
            await self.cache.put(key, answer)
            failpoint("answer.kept")
        return cleaned

    async def _ask(self, messages: list[Message], source_chars: int) -> str:
        max_chars = max(_ANSWER_CHARS_AT_LEAST, _ANSWER_CHARS_PER_SOURCE_CHAR * source_chars)
        deltas: list[str] = []
        async with aclosing(self.client.stream_chat(messages, self.model, max_chars=max_chars)) as answer:
            async for delta in answer:
                deltas.append(delta)
                await self._count(len(delta))
        return self.client.mask("".join(deltas))  # whole, before it is kept: a secret may come in pieces

    def _without_secrets(self, fragment: str) -> str:
        """What was spelled with entities in the answer is a plain value now. Raises: AiFailed."""
        masked = self.client.mask(fragment)
        shown = html.unescape(_TAG.sub("", masked))
        if self.client.mask(shown) != shown:  # with elements between its letters: no text to replace
            raise AiFailed("The AI's answer spells a secret of this server; choose another endpoint, and a new key.")
        return masked

    async def _count(self, chars: int) -> None:
        self.written += chars
        await self.on_progress(self.written)


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Pure work on long texts; a cancelled run does not wait for it."""
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), abandon_on_cancel=True)


def _read_answer(answer: str, piece: str, source: Source) -> Cleaned:
    """The answer as HTML, which was asked for; or as Markdown, where that has more of what was to be set."""
    cleaned = clean_answer(answer, source.pictures, source.addresses, piece)
    share = compare(piece, text_of(cleaned.html)).share if cleaned.html else 0.0
    if share >= 1 - _TOLERATED_SHARE:
        return cleaned
    written = clean_markdown(answer, source.pictures, source.addresses, piece)
    better = compare(piece, text_of(written.html)).share
    return written if better > share and better >= _MARKDOWN_SHARE else cleaned


def _require_document(fragment: str, source: str) -> None:
    """Raises: AiFailed when the answer is no setting of the source at all."""
    text = text_of(fragment)
    if not text.strip() and "<img" not in fragment and "<hr" not in fragment:
        raise AiFailed("The AI's answer holds no document; retry the run, or choose another model.")
    if compare(RULES, text).share >= _ECHO_SHARE > compare(RULES, source).share:
        raise AiFailed("The AI answered with its instructions instead of a document; choose another model.")


def _missing_warning(coverage: Coverage) -> list[AiWarning]:
    missing = 1 - coverage.share
    if missing <= _TOLERATED_SHARE:
        return []
    quoted = " … ".join(f"“{_shorten(sentence)}”" for sentence in coverage.missing[:_QUOTED_SENTENCES])
    percent = max(1, round(100 * missing))
    return [AiWarning("content_missing", f"{percent} % of the source's text is not in the document, such as {quoted}")]


def _blocked_warnings(blocked: list[str]) -> list[AiWarning]:
    return [
        AiWarning("blocked_resource", f"Not loaded, a document reaches nothing outside itself: {_shorten(address)}")
        for address in list(dict.fromkeys(blocked))[:_MAX_NAMED]
    ]


def _shorten(text: str) -> str:
    return text if len(text) <= _QUOTED_CHARS else text[: _QUOTED_CHARS - 1] + "…"
