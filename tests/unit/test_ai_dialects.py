"""Answers as real endpoints give them: the whole text comes, or the run is told that it did not; never half of it.

Each is fed to the client byte by byte, so wherever a network may cut it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import httpx
import pytest
import respx

from pressrun.ai.clean import clean_answer, clean_markdown
from pressrun.ai.client import AiConfig, open_ai_client
from pressrun.ai.wire import AnswerCut, Assembler, Chunk, Message
from pressrun.errors import AiFailed
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio

URL = "https://ai.invalid/v1/chat/completions"
TEXT = "<h1>Rivers</h1>\n<p>Water runs \U0001f600 down, नदी 河流.</p>\n<p>Every sentence of it must be here.</p>"
QUESTION: list[Message] = [{"role": "user", "content": "x"}]
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


def chunk(text: str | None = None, finish: Any = None, index: Any = 0, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish, **more}]}


def pieces(size: int = 20) -> list[str]:
    return [TEXT[start : start + size] for start in range(0, len(TEXT), size)]


def sse(*values: Any, sep: str = "\n\n", before: str = "data: ", done: bool = True) -> bytes:
    texts = [
        value if isinstance(value, str) else json.dumps(value) for value in (*values, *(["[DONE]"] if done else []))
    ]
    return "".join(before + text + sep for text in texts).encode()


def stream(finish: Any = "stop", **form: Any) -> bytes:
    return sse(*map(chunk, pieces()), chunk(None, finish), **form)


class Bytewise(httpx.AsyncByteStream):
    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = content, size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), self._size):
            yield self._content[start : start + self._size]


async def ask(content: bytes, headers: dict[str, str] = SSE, size: int = 1) -> str:
    config = AiConfig(base_url="https://ai.invalid/v1", api_key=None, model="m", attempts=1)
    with respx.mock:
        respx.post(URL).mock(return_value=httpx.Response(200, headers=headers, stream=Bytewise(content, size)))
        async with open_ai_client(config) as client, aclosing(client.stream_chat(QUESTION)) as answer:
            return "".join([delta async for delta in answer])


def escaped_in_two(text: str) -> list[str]:
    """Chunks as JSON texts, with the emoji's two halves in two of them."""
    before, after = text.split("\U0001f600")
    halves = ['{"choices":[{"delta":{"content":"\\ud83d"}}]}', '{"choices":[{"delta":{"content":"\\ude00"}}]}']
    return [json.dumps(chunk(before)), *halves, json.dumps(chunk(after)), json.dumps(chunk(None, "stop"))]


def whole(**more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, **more}]}


OTHER = chunk("other", index=1)
WHOLE: dict[str, tuple[bytes, dict[str, str]]] = {
    "openai": (stream(), SSE),
    "crlf": (stream(sep="\r\n\r\n"), SSE),
    "cr": (stream(sep="\r\r"), SSE),
    "no space": (stream(before="data:"), SSE),
    "byte order mark": (b"\xef\xbb\xbf" + stream(), SSE),
    "one line end after each": (stream(sep="\n") + b"\n", SSE),
    "no line end at the end": (stream().rstrip(b"\n"), SSE),
    "text/plain": (stream(), {"content-type": "text/plain; charset=utf-8"}),
    "no media type": (stream(), {}),
    "octets": (stream(), {"content-type": "application/octet-stream"}),
    "gzip": (gzip.compress(stream()), SSE | {"content-encoding": "gzip"}),
    "deflate": (zlib.compress(stream()), SSE | {"content-encoding": "deflate"}),
    "lines of json": (b"".join(json.dumps(c).encode() + b"\n" for c in [*map(chunk, pieces()), chunk("", "stop")]), {}),
    "a json document": (json.dumps(whole(finish_reason="stop")).encode(), JSON),
    "a json document of many lines": (json.dumps(whole(finish_reason="stop"), indent=2).encode(), JSON),
    "a json document without a reason": (json.dumps(whole()).encode(), JSON),
    "a json document in one event": (sse(whole(finish_reason="stop"), done=False), SSE),
    "a json array of chunks": (json.dumps([*map(chunk, pieces()), chunk("", "STOP")], indent=1).encode(), JSON),
    "done alone": (sse(*map(chunk, pieces())), SSE),
    "an empty reason at first": (sse(*[chunk(p, "") for p in pieces()], chunk(None, "stop")), SSE),
    "the reason with the last piece": (sse(*map(chunk, pieces()[:-1]), chunk(pieces()[-1], "stop")), SSE),
    "a piece after the reason": (sse(*map(chunk, pieces()[:-1]), chunk(None, "stop"), chunk(pieces()[-1])), SSE),
    "usage after the reason": (
        sse(*map(chunk, pieces()), chunk(None, "stop"), {"choices": [], "usage": {"total_tokens": 9}}, done=False), SSE
    ),
    "usage with null choices": (sse({"choices": None, "usage": {}}, *map(chunk, pieces()), chunk(None, "stop")), SSE),
    "azure's filter results first": (
        sse({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}, *map(chunk, pieces()), chunk("", "stop")),
        SSE,
    ),
    "openrouter's comments": (b": OPENROUTER PROCESSING\n\n" * 3 + b"event: ping\ndata: {}\n\n" + stream(), SSE),
    "roles, nulls and thoughts in fields": (
        sse(
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]},
            {"choices": [{"index": 0, "delta": {"reasoning_content": "a thought", "content": None}}]},
            {"choices": [{"index": 0, "delta": {"reasoning": "a thought", "content": ""}}]},
            *map(chunk, pieces()),
            {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]},
        ),
        SSE,
    ),
    "content as a list": (
        sse(
            chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "a thought"}]}]),  # type: ignore[arg-type]
            *[chunk([{"type": "text", "text": piece}]) for piece in pieces()],  # type: ignore[arg-type]
            chunk("", "stop"),
        ),
        SSE,
    ),
    "another choice": (
        sse(chunk("<p>other</p>", index=1), *map(chunk, pieces()), chunk("x", "length", 1), chunk("", "stop")),
        SSE,
    ),
    "two choices in a chunk": (
        sse(*[{"choices": OTHER["choices"] + chunk(p)["choices"]} for p in pieces()], chunk("", "stop")),
        SSE,
    ),
    "no index": (sse(*[chunk(p, index=None) for p in pieces()], chunk("", "stop", None)), SSE),
    "the whole answer again at the end": (sse(*map(chunk, pieces()), chunk(TEXT, "stop")), SSE),
    "the whole answer again as a message": (sse(*map(chunk, pieces()), whole(finish_reason="stop")), SSE),
    "each piece with all before it": (
        sse(*[chunk(TEXT[:end]) for end in range(5, len(TEXT), 9)], chunk(TEXT), chunk(TEXT, "stop")), SSE
    ),
    "half a surrogate pair a chunk": (sse(*escaped_in_two(TEXT)), SSE),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("size", [1, 100_000])
async def test_a_whole_answer_is_read_in_every_dialect(name: str, size: int) -> None:
    content, headers = WHOLE[name]
    with fail_after(10):
        assert await ask(content, headers, size) == TEXT


@pytest.mark.parametrize(
    "word", ["stop", "STOP", " Stop ", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE", "FINISH"]
)
async def test_a_short_list_of_words_means_that_the_answer_is_whole(word: str) -> None:
    assert await ask(stream(word)) == TEXT


@pytest.mark.parametrize(
    "word",
    ["length", "LENGTH", "max_tokens", "MAX_TOKENS", "model_length", "token_limit", "max_output_tokens", "limit"],
)
async def test_words_for_length_in_any_case_mean_that_there_is_more(word: str) -> None:
    with pytest.raises(AnswerCut):
        await ask(stream(word))


@pytest.mark.parametrize(
    ("word", "told", "retryable"),
    [
        ("content_filter", "content filter", False),
        ("SAFETY", "content filter", False),
        ("tool_calls", "tool", True),
        ("tool_use", "tool", True),
        ("error", "whole", True),
        ("abort", "whole", True),
        ("insufficient_system_resource", "whole", True),
        ("a word of tomorrow", "whole", True),
        (True, "whole", True),
        ({"type": "stop"}, "whole", True),
    ],
)
async def test_any_other_word_is_an_error_that_says_what_to_do(word: Any, told: str, retryable: bool) -> None:
    with pytest.raises(AiFailed) as failed:
        await ask(stream(word))
    assert told in str(failed.value)
    assert failed.value.retryable is retryable


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (sse(*map(chunk, pieces()), done=False), "before the end"),
        (sse(*map(chunk, pieces()), done=False) + b'data: {"choices":[{"delta":{"con', "before the end"),
        (gzip.compress(stream())[:-60], "before the end"),
        (b"".join(json.dumps(chunk(p)).encode() + b"\n" for p in pieces()), "before the end"),
        (json.dumps(whole(finish_reason="stop")).encode()[:-9], "no chat completion"),
        (sse(*map(chunk, pieces()), {"error": {"message": "overloaded"}}), "reported an error"),
        (sse(*map(chunk, pieces()), {**chunk("", "error"), "error": {"code": 502}}), "reported an error"),
        (sse(*map(chunk, pieces()), chunk("", None, error={"message": "gone"})), "reported an error"),
        (sse(*map(chunk, pieces()), chunk("", "stop"), {"error": {"message": "gone"}}), "reported an error"),
        (sse(*map(chunk, pieces()), done=False) + b'{"error":"gone"}\n', "reported an error"),
        (b"event: error\ndata: overloaded\n\n", "reported an error"),
        (b'{"error": {"message": "no", "code": 401}}', "PRESSRUN_AI_API_KEY"),
        (sse({"object": "error", "message": "maximum context length is 2048 tokens", "code": 400}), "too long"),
        (sse({"detail": "model not loaded"}), "reported an error"),
        (b"<!doctype html><title>Welcome</title>", "web page"),
        (sse({"choices": "none"}), "no chat completion"),
        (sse(chunk(7)), "no chat completion"),  # type: ignore[arg-type]
        (b'{"status": "ok"}', "no chat completion"),
    ],
)
async def test_half_an_answer_is_none(content: bytes, told: str) -> None:
    headers = SSE | ({"content-encoding": "gzip"} if content.startswith(b"\x1f\x8b") else {})
    with pytest.raises(AiFailed) as failed:
        await ask(content, headers)
    assert told in str(failed.value)
    assert "model not loaded" not in str(failed.value), "the endpoint's own words are for the log"


@pytest.mark.slow
async def test_a_compressed_answer_cannot_fill_the_memory() -> None:
    with pytest.raises(AiFailed, match="without end"):
        await ask(gzip.compress(b"data: " + b"x" * 50_000_000), SSE | {"content-encoding": "gzip"}, 100_000)


async def test_an_endpoint_that_keeps_the_line_after_its_end_is_not_waited_for() -> None:
    class Open(Bytewise):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield self._content
            await anyio.sleep_forever()

    config = AiConfig(base_url="https://ai.invalid/v1", api_key=None, model="m", attempts=1)
    response = httpx.Response(200, headers=SSE, stream=Open(stream(done=False), 1))
    with respx.mock, fail_after(30):
        respx.post(URL).mock(return_value=response)
        async with open_ai_client(config) as client, aclosing(client.stream_chat(QUESTION)) as answer:
            assert "".join([delta async for delta in answer]) == TEXT


@pytest.mark.parametrize("deltas", [["1", "10", " apples"], ["a", "a", "a"], ["<p>", "<p>", "x"], ["ab"], []])
def test_short_pieces_that_begin_alike_are_pieces(deltas: list[str]) -> None:
    answer = Assembler()
    assert "".join([*(answer.add(Chunk(delta)) for delta in deltas), answer.finish()]) == "".join(deltas)


def test_half_a_pair_alone_is_shown_as_missing() -> None:
    answer = Assembler()
    assert answer.add(Chunk("x" * 40 + "\ud83d")) + answer.finish() == "x" * 40 + "\ufffd"


@pytest.mark.parametrize(
    "answer",
    [
        "<think>Should I use <h2>? No.</think><h1>A</h1>",
        "I could start with <h1>Wrong</h1>.\n</think>\n\n<h1>A</h1>",
        "<p></p><think>hidden <p>thought</p></think><h1>A</h1>",
        "<think>a <think>b</think> c</think><h1>A</h1>",
        "<h1>A</h1><think>And now <p>wrong",
        '<thinking effort="high">no <h2>B</h2></thinking><h1>A</h1>',
        "<reasoning>no</reasoning>```html\n<h1>A</h1>\n```",
        "[THINK]no <h2>B</h2>[/THINK]<h1>A</h1>",
        "◁think▷no <h2>B</h2>◁/think▷<h1>A</h1>",
        "<|START_THINKING|>no<|END_THINKING|><h1>A</h1>",
        "<|channel|>analysis<|message|><p>no</p><|end|><|start|>assistant<|channel|>final<|message|><h1>A</h1><|return|>",
    ],
)
def test_no_thought_is_seen(answer: str) -> None:
    assert clean_answer(answer, {}, frozenset()).html.replace("<p></p>", "") == "<h1>A</h1>"


def test_a_source_that_speaks_of_such_marks_keeps_what_it_says() -> None:
    html = "<think>hm</think><p>The tag <think> begins a thought.</p><p>After it.</p>"
    kept = clean_answer(html, {}, frozenset(), source="The tag <think> begins a thought.\n\nAfter it.").html
    assert "hm" not in kept
    assert "After it." in kept
    assert "[THINK] ends" in clean_answer("<p>The mark [THINK] ends it.</p>", {}, frozenset()).html


def test_markdown_in_the_place_of_html_is_read() -> None:
    answer = "```markdown\n# A\n\nOne *word*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```"
    html = clean_markdown(answer, {}, frozenset()).html
    assert html.startswith("<h1>A</h1>\n<p>One <em>word</em>.</p>\n<table>")
