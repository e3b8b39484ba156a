"""What a chat completion looks like on the wire, and what of it counts. Pure but for the byte meter.

https://platform.openai.com/docs/api-reference/chat-streaming; compatible servers leave fields out or add their own,
so only what is used is looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, TypedDict

import httpx
from httpx_sse import ServerSentEvent
from pydantic import BaseModel, ValidationError

from pressrun.errors import AiFailed, AiRefused

_DONE = "[DONE]"
_EVENT_MAX_BYTES = 1024 * 1024  # arbitrary: a chunk is a few hundred bytes, and one line of it must fit in memory


class Message(TypedDict):
    """One message of a chat."""

    role: Literal["system", "user"]
    content: str


class AnswerCut(AiRefused):
    """The model stopped at its own length limit; take a model with a longer output, or a shorter text."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer; `ended` when the endpoint says that nothing follows."""

    text: str
    ended: bool


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _WireChunk(BaseModel):
    choices: list[_Choice] | None = None
    error: object = None


def read_chunk(event: ServerSentEvent) -> Chunk:
    """Raises: AnswerCut, AiRefused (filtered or refused), AiFailed (an error, or no chunk at all)."""
    if event.data.strip() == _DONE:
        return Chunk("", ended=True)
    if not event.data:  # an event of fields that mean nothing here
        return Chunk("", ended=False)
    try:
        chunk = _WireChunk.model_validate_json(event.data)
    except ValidationError as exc:
        raise AiFailed(
            "The AI endpoint sent something that is no chat completion; check that PRESSRUN_AI_BASE_URL "
            "names an OpenAI-compatible endpoint."
        ) from _without_input(exc)
    if chunk.error or event.event == "error":
        raise AiFailed("The AI endpoint reported an error in the middle of its answer; try again.")
    choice = chunk.choices[0] if chunk.choices else _Choice()
    delta = choice.delta or _Delta()
    if delta.refusal:
        raise AiRefused("The model refuses to work on this text; use composer=markdown.")
    return Chunk(delta.content or "", ended=_judge_end(choice.finish_reason))


def _judge_end(reason: str | None) -> bool:
    """Unknown reasons are a whole answer's: servers have words of their own for it (`eos`, `end_turn`)."""
    match reason:
        case "length" | "max_tokens":
            raise AnswerCut
        case "content_filter":
            raise AiRefused("The AI endpoint's content filter stopped the answer; use composer=markdown.")
        case "tool_calls" | "function_call":
            raise AiFailed("The model asked for a tool instead of answering; set PRESSRUN_AI_MODEL to another model.")
    return bool(reason)


def _without_input(exc: ValidationError) -> ValueError:
    """The cause for the log, without the words of the answer that pydantic quotes."""
    return ValueError("; ".join(error["type"] for error in exc.errors(include_input=False, include_url=False)[:3]))


class MeteredBytes(httpx.AsyncByteStream):
    """A response's bytes, as long as they make events: the decoder would keep an endless line in memory."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  (an async client makes no other)
        self._stream = stream
        self._since_event = 0

    def restart(self) -> None:
        """An event was read."""
        self._since_event = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._since_event += len(part)
            if self._since_event > _EVENT_MAX_BYTES:
                raise AiFailed("The AI endpoint sends without end and without an event; check PRESSRUN_AI_BASE_URL.")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
