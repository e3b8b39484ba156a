"""What a chat completion says, chunk by chunk, and what of it counts. Pure.

https://platform.openai.com/docs/api-reference/chat-streaming; compatible servers leave fields out or add their own,
so only what is used is looked at. What is no good ending is none: half an answer never counts as whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pressrun.ai.framing import DONE, NO_COMPLETION, Payload
from pressrun.errors import AiFailed, AiRefused

# Words for "the model has said all it wanted to". OpenAI, Groq, vLLM, llama.cpp and Ollama: stop; TGI and watsonx:
# eos_token, stop_sequence; Together: eos; Anthropic: end_turn; Cohere: COMPLETE; Bedrock: FINISH.
_GOOD_ENDS = frozenset({
    "stop", "eos", "eos_token", "end_turn", "stop_sequence", "end_of_sequence", "complete", "completed",
    "finish", "finished", "end",
})  # fmt: skip
# Words for "there is more to say, and no room". Mistral: model_length; Gemini, Cohere, Anthropic: MAX_TOKENS; watsonx:
# token_limit; llama.cpp: limit; Anthropic: model_context_window_exceeded; OpenAI's Responses: max_output_tokens.
_LENGTH_ENDS = frozenset({
    "length", "max_tokens", "max_length", "model_length", "max_output_tokens", "max_completion_tokens",
    "max_new_tokens", "token_limit", "limit", "model_context_window_exceeded", "context_length",
    "context_length_exceeded",
})  # fmt: skip
# OpenAI and Azure: content_filter; Gemini: SAFETY and the others in capitals; Bedrock: guardrail_intervened; Cohere:
# ERROR_TOXIC; Zhipu: sensitive; Anthropic: refusal.
_FILTER_ENDS = frozenset({
    "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii",
    "language", "guardrail_intervened", "error_toxic", "sensitive", "refusal",
})  # fmt: skip
_TOOL_ENDS = frozenset({
    "tool_calls", "tool_call", "tool_use", "function_call", "malformed_function_call",
})  # fmt: skip

_SPOKEN_PARTS = frozenset({"", "text", "output_text"})  # of a content list; thoughts, pictures and calls are not
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_OF_PAIR = re.compile("[\ud800-\udbff]\\Z")
_TELLING_CHARS = 32  # arbitrary (16..100): more than two deltas of one answer begin with by chance


class Message(TypedDict):
    """One message of a chat."""

    role: Literal["system", "user"]
    content: str


class AnswerCut(AiRefused):
    """The model stopped at its own length limit; take a model with a longer output, or a shorter text."""


class ReportedError(Exception):
    """The endpoint reported an error where a piece of the answer should be; `told` is what it said, as it came."""

    def __init__(self, told: Any) -> None:
        self.told = told
        super().__init__("the endpoint reported an error")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer; `ended` when the endpoint says that it is whole, `last` when nothing else can follow.

    `beside`: it is about something else, such as usage.
    """

    text: str
    ended: bool = False
    last: bool = False
    beside: bool = False


_BESIDE = Chunk("", beside=True)
_LAST = Chunk("", ended=True, last=True)


def read_chunk(payload: Payload) -> Chunk:
    """Raises: AnswerCut, AiRefused (filtered or refused), ReportedError, AiFailed (cut short, or no chunk at all)."""
    value = payload.value
    if value is DONE:
        return _LAST
    if not isinstance(value, dict):
        raise AiFailed(NO_COMPLETION)
    choices = value.get("choices")
    if choices is not None and not isinstance(choices, list):
        raise AiFailed(NO_COMPLETION)
    if payload.event == "error" or value.get("error") or (not choices and _tells_of_an_error(value)):
        raise ReportedError(value)
    choice = _first_choice(choices or [])
    return _BESIDE if choice is None else _read_choice(choice)


def _tells_of_an_error(value: dict[str, Any]) -> bool:
    """vLLM, FastAPI and gateways have forms of their own for it."""
    if "error" in (value.get("object"), value.get("type")):
        return True
    return any(isinstance(value.get(name), str) and value[name] for name in ("detail", "message", "error_msg"))


def _first_choice(choices: list[Any]) -> dict[str, Any] | None:
    """The choice of index 0; one of several that have none is told by its place. None: it is not in this chunk."""
    for choice in choices:
        if not isinstance(choice, dict):
            raise AiFailed(NO_COMPLETION)
        if choice.get("index") in (0, None):
            return choice
    return None


def _read_choice(choice: dict[str, Any]) -> Chunk:
    if choice.get("error"):
        raise ReportedError(choice)
    delta, message = choice.get("delta"), choice.get("message")
    said = delta if isinstance(delta, dict) else message if isinstance(message, dict) else {}
    if said.get("refusal"):
        raise AiRefused("The model refuses to work on this text; use composer=markdown.")
    text = _spoken(said.get("content") if said else choice.get("text"))
    whole = delta is None and isinstance(message, dict)  # asked for a stream, it sent all of it at once
    reason = choice.get("finish_reason")
    if not reason:
        return Chunk(text, ended=whole)
    _require_good_end(str(reason).strip().lower())
    return Chunk(text, ended=True)


def _spoken(content: Any) -> str:
    """The words of a content: a string, or a list of parts, some of which are thoughts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_spoken, content))
    if not isinstance(content, dict):
        raise AiFailed(NO_COMPLETION)
    if content.get("type", "") not in _SPOKEN_PARTS:
        return ""
    text = content.get("text")
    return _spoken(text.get("value") if isinstance(text, dict) else text)


def _require_good_end(reason: str) -> None:
    if reason in _GOOD_ENDS:
        return
    if reason in _LENGTH_ENDS:
        raise AnswerCut
    if reason in _FILTER_ENDS:
        raise AiRefused("The AI endpoint's content filter stopped the answer; use composer=markdown.")
    if reason in _TOOL_ENDS:
        raise AiFailed("The model asked for a tool instead of answering; set PRESSRUN_AI_MODEL to another model.")
    raise AiFailed(
        "The AI endpoint ended its answer without saying that it is whole; try again, or use composer=markdown."
    )


class Assembler:
    """The pieces of one answer as text that only grows.

    Some endpoints send with each piece all that came before it, some repeat the whole answer in its last chunk, some
    cut between the two halves of a surrogate pair. While too little has come to tell, it is held back.
    """

    def __init__(self) -> None:
        self._text = ""
        self._held: list[str] = []
        self._repeats = True  # so far each piece began with all that came before it
        self._grown = False  # and there was one that did
        self._half = ""

    def add(self, chunk: Chunk) -> str:
        """What is new by this chunk."""
        piece = self._join_pairs(chunk.text)
        if not piece:
            return ""
        if chunk.ended and piece == self._text and len(piece) >= _TELLING_CHARS:
            return ""
        if self._held:
            return self._decide(piece)
        if not self._text and len(piece) < _TELLING_CHARS:
            self._held.append(piece)
            return ""
        if self._text and self._repeats:
            self._repeats = piece.startswith(self._text) and (self._grown or len(piece) > len(self._text))
            if self._repeats:
                piece, self._grown = piece[len(self._text) :], True
        self._text += piece
        return piece

    def finish(self) -> str:
        """What was held back until it was clear that nothing follows."""
        rest = self._take_held() + ("\ufffd" if self._half else "")
        self._half = ""
        return rest

    def _decide(self, piece: str) -> str:
        """With a few short pieces: are they one after the other, or each the whole so far?"""
        before = self._held[-1]
        self._held.append(piece)
        if len(piece) > len(before) and piece.startswith(before):
            return self._take_held() if len(piece) >= _TELLING_CHARS else ""
        self._repeats = False
        return self._take_held()

    def _take_held(self) -> str:
        pieces, self._held = self._held, []
        growing = self._repeats and (len(pieces) > 2 or any(len(piece) >= _TELLING_CHARS for piece in pieces))  # noqa: PLR2004
        text = pieces[-1] if pieces and growing else "".join(pieces)
        self._grown = growing and len(pieces) > 1
        self._text += text
        return text

    def _join_pairs(self, piece: str) -> str:
        piece = self._half + piece
        self._half = ""
        if not _SURROGATE.search(piece):
            return piece
        if _FIRST_OF_PAIR.search(piece):
            self._half, piece = piece[-1], piece[:-1]
        return piece.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
