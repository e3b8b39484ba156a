"""The AI client, answered by respx: what each refusal is told as, and how often it is asked again."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import httpx
import pytest
import respx
from pydantic import SecretStr

from pressrun.ai.client import AiConfig, open_ai_client
from pressrun.ai.refusals import refusal_of
from pressrun.ai.wire import AnswerCut, Message
from pressrun.errors import AiFailed, AiRefused, AiUnavailable, StartupError
from tests.support.logs import captured_log

pytestmark = pytest.mark.anyio

BASE_URL = "https://ai.invalid/v1"
URL = BASE_URL + "/chat/completions"
KEY = "sk-canary-0123456789"
MODEL = "press-1"
QUESTION: list[Message] = [{"role": "user", "content": "Rivers"}]
STREAM = {"content-type": "text/event-stream"}
WHOLE = b'data: {"choices":[{"delta":{"content":"<p>ok</p>"},"finish_reason":"stop"}]}\n\n'


def config(**changes: Any) -> AiConfig:
    values = {"base_url": BASE_URL, "api_key": SecretStr(KEY), "model": MODEL, "attempts": 3, "retry_wait_s": 0.001}
    return AiConfig(**(values | changes))


async def ask(model: str | None = None, **changes: Any) -> str:
    async with open_ai_client(config(**changes)) as client, aclosing(client.stream_chat(QUESTION, model)) as answer:
        return "".join([delta async for delta in answer])


async def failure(model: str | None = None, **changes: Any) -> AiFailed:
    with pytest.raises(AiFailed) as raised:
        await ask(model, **changes)
    message = str(raised.value)
    assert KEY not in message
    assert "ai.invalid" not in message
    return raised.value


@pytest.fixture
def route() -> Any:
    with respx.mock(assert_all_called=False) as mocked:
        yield mocked.post(URL)


def answering(status: int, error: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": error}, headers=headers)


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY}"}, "PRESSRUN_AI_API_KEY"),
        (403, None, "PRESSRUN_AI_API_KEY"),
        (402, None, "quota"),
        (429, {"code": "insufficient_quota"}, "quota"),
        (404, {"code": "model_not_found"}, "PRESSRUN_AI_MODEL"),
        (404, "model 'press-1' not found, try pulling it first", "PRESSRUN_AI_MODEL"),
        (400, {"message": "press-1 is not a valid model ID"}, "PRESSRUN_AI_MODEL"),
        (404, None, "PRESSRUN_AI_BASE_URL"),
        (405, None, "PRESSRUN_AI_BASE_URL"),
        (400, {"code": "context_length_exceeded"}, "too long"),
        (413, None, "too long"),
        (307, None, "PRESSRUN_AI_BASE_URL"),
    ],
)
async def test_what_does_not_pass_by_itself_is_asked_once_and_names_what_to_mend(
    route: respx.Route, status: int, error: Any, word: str
) -> None:
    route.mock(return_value=answering(status, error, location="https://evil.invalid/"))
    told = await failure()
    assert isinstance(told, AiRefused)
    assert not told.retryable
    assert word in str(told)
    assert route.call_count == 1


async def test_a_model_of_the_request_is_not_blamed_on_the_settings(route: respx.Route) -> None:
    route.mock(return_value=answering(404, {"code": "model_not_found"}))
    message = str(await failure("other/model"))
    assert "other/model" in message
    assert "model_choice" in message
    assert "PRESSRUN_AI_MODEL" not in message


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
async def test_what_passes_is_asked_again_until_it_works(route: respx.Route, status: int) -> None:
    route.side_effect = [answering(status), answering(status), httpx.Response(200, content=WHOLE, headers=STREAM)]
    assert await ask() == "<p>ok</p>"
    assert route.call_count == 3


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (httpx.ConnectError, AiUnavailable),
        (httpx.ConnectTimeout, AiUnavailable),
        (httpx.RemoteProtocolError, AiUnavailable),
        (httpx.ReadError, AiUnavailable),
        (ssl.SSLError, AiUnavailable),
    ],
)
async def test_a_line_that_breaks_before_the_answer_is_tried_again_and_then_told(
    route: respx.Route, exception: type[httpx.TransportError], expected: type[AiFailed]
) -> None:
    route.side_effect = exception(f"https://user:{KEY}@ai.invalid/v1")
    assert isinstance(await failure(), expected)
    assert route.call_count == 3


@pytest.mark.parametrize(
    ("headers", "content", "word"),
    [
        ({"content-type": "text/html"}, b"<!doctype html>", "web page"),
        ({"content-type": "application/json"}, b"{}", "no chat completion"),
        ({}, b"", "before the end"),
        ({"content-type": "text/plain"}, b"<!doctype html>", "web page"),
        (STREAM | {"content-encoding": "br"}, b"", "compresses"),
        (STREAM, b"data: {not json\n\n", "no chat completion"),
        (STREAM, b'data: {"choices": 7}\n\n', "no chat completion"),
        (STREAM, b"data: " + b"[" * 10_000 + b"\n\n", "no chat completion"),
        (STREAM, b'data: {"error": {"message": "overloaded"}}\n\n', "reported an error"),
        (STREAM, b'event: error\ndata: {"message": "overloaded"}\n\n', "reported an error"),
        (STREAM, b'data: {"choices":[{"delta":{"refusal":"I cannot"}}]}\n\n', "refuses"),
        (STREAM, b'data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}\n\n', "content filter"),
        (STREAM, b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\n', "tool"),
        (STREAM, b'data: {"choices":[{"delta":{"content":"half"}}]}\n\n', "before the end"),
        (STREAM, b"garbage\nmore garbage\n\n", "before the end"),
        (STREAM, b"", "before the end"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_told_in_one_sentence(
    route: respx.Route, headers: dict[str, str], content: bytes, word: str
) -> None:
    route.mock(return_value=httpx.Response(200, headers=headers, stream=Pieces(content)))
    message = str(await failure())
    assert word in message
    assert message.count(". ") == 0
    assert route.call_count == 1, "an answer that has begun is not asked for again"


class Pieces(httpx.AsyncByteStream):
    """Bytes one by one: wherever a network may cut them."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in self._content:
            yield bytes([byte])


@pytest.mark.parametrize(
    "content",
    [
        'data: {"choices":[{"delta":{"content":"<p>नदी 河流 🙂</p>"},"finish_reason":null}]}\n\ndata: [DONE]\n\n',
        ': hello\r\n\r\ndata: {"choices":[{"delta":{"content":"<p>नदी "}}]}\r\n\r\n'
        'data: {"choices":[{"delta":{"content":"河流 🙂</p>"},"finish_reason":"eos"}]}\r\n\r\n',
        'data: {"choices":[],"usage":null}\n\n'
        'data: {"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}\n\n'
        'data: {"id":1,"choices":[{"delta":{"content":"<p>नदी 河流 🙂</p>"}}]}\n\n'
        'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
    ],
    ids=["done alone", "crlf and comments", "usage, reasoning, finish reason alone"],
)
async def test_every_dialect_of_a_whole_answer_is_understood_wherever_it_is_cut(
    route: respx.Route, content: str
) -> None:
    route.mock(return_value=httpx.Response(200, headers=STREAM, stream=Pieces(content.encode())))
    assert await ask() == "<p>नदी 河流 🙂</p>"


async def test_an_answer_at_the_models_limit_is_told_from_a_whole_one(route: respx.Route) -> None:
    cut = b'data: {"choices":[{"delta":{"content":"<p>"},"finish_reason":"length"}]}\n\n'
    route.mock(return_value=httpx.Response(200, content=cut, headers=STREAM))
    assert isinstance(await failure(), AnswerCut)


async def test_the_request_says_what_is_wanted_and_nothing_of_the_environment(
    route: respx.Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    route.mock(return_value=httpx.Response(200, content=WHOLE, headers=STREAM))
    await ask("other")
    request = route.calls[0].request
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "identity"
    assert b'"model":"other"' in request.content
    assert b'"stream":true' in request.content


async def test_a_query_of_the_base_url_stays_behind_the_path() -> None:
    with respx.mock:
        route = respx.post(URL + "?api-version=7").respond(200, content=WHOLE, headers=STREAM)
        await ask(base_url=BASE_URL + "?api-version=7")
    assert str(route.calls.last.request.url) == URL + "?api-version=7"


@pytest.mark.parametrize("base_url", [BASE_URL, BASE_URL + "/", URL, f" {BASE_URL} "])
async def test_the_base_url_is_understood_however_it_ends(route: respx.Route, base_url: str) -> None:
    route.mock(return_value=httpx.Response(200, content=WHOLE, headers=STREAM))
    assert await ask(base_url=base_url) == "<p>ok</p>"


async def test_the_key_goes_before_a_password_in_the_url_and_without_a_key_there_is_none(route: respx.Route) -> None:
    route.mock(return_value=httpx.Response(200, content=WHOLE, headers=STREAM))
    await ask(base_url="https://user:password@ai.invalid/v1")
    await ask(api_key=None)
    await ask(api_key=SecretStr(""))
    sent = [call.request.headers.get("authorization") for call in route.calls]
    assert sent == [f"Bearer {KEY}", None, None]


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"base_url": ""}, "PRESSRUN_AI_BASE_URL"),
        ({"base_url": "ftp://x/v1"}, "PRESSRUN_AI_BASE_URL"),
        ({"base_url": "127.0.0.1:11434/v1"}, "PRESSRUN_AI_BASE_URL"),
        ({"base_url": "http://[::1/v1"}, "PRESSRUN_AI_BASE_URL"),
        ({"api_key": SecretStr(KEY + "\n")}, "PRESSRUN_AI_API_KEY"),
        ({"api_key": SecretStr(KEY + "é")}, "PRESSRUN_AI_API_KEY"),
    ],
)
async def test_settings_that_can_never_work_are_told_at_the_start(changes: dict[str, Any], setting: str) -> None:
    with pytest.raises(StartupError, match=setting) as raised:
        async with open_ai_client(config(**changes)):
            pass
    assert KEY not in str(raised.value)


async def test_neither_url_nor_key_is_logged_or_shown_by_the_config(route: respx.Route) -> None:
    route.side_effect = [answering(503), httpx.Response(200, content=WHOLE, headers=STREAM)]
    with captured_log() as log:
        await ask()
    assert "HTTP 503" in log.text, "the retry is worth a line"
    assert KEY not in log.text + repr(config())
    assert "ai.invalid" not in log.text + repr(config())


@pytest.mark.parametrize("charset", ["utf-16", "punycode", "undefined", "cp037"])
async def test_an_answer_is_utf8_whatever_its_charset_says(route: respx.Route, charset: str) -> None:
    answer = WHOLE.replace(b"ok", "größer".encode())
    route.side_effect = [
        httpx.Response(200, content=answer, headers={"content-type": f"text/event-stream; charset={charset}"})
    ]
    assert await ask() == "<p>größer</p>"


async def test_the_endpoints_own_words_are_for_the_log_alone_and_without_the_key(route: respx.Route) -> None:
    route.side_effect = [answering(400, f"no such field; key {KEY}"), answering(401, f"bad key {KEY[:10]}***")]
    with captured_log() as log:
        assert "no such field" not in str(await failure())
        await failure()
    assert "no such field" in log.text
    assert KEY[:10] not in log.text


def test_retry_after_is_honoured_up_to_half_a_minute() -> None:
    def wait(value: str) -> bool | float:
        refusal = refusal_of(429, {"retry-after": value}, b"", MODEL, from_settings=True)
        assert refusal is not None
        return refusal.retry

    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    assert (wait("7"), wait("0"), wait(past)) == (7.0, 0.0, 0.0)
    assert 15 < wait(at) <= 20
    assert wait("31") is False
    assert (wait(""), wait("soon"), wait("-1")) == (True, True, True)


async def test_retry_after_is_waited_for(route: respx.Route) -> None:
    route.side_effect = [
        answering(429, None, **{"retry-after": "1"}),
        httpx.Response(200, content=WHOLE, headers=STREAM),
    ]
    started_at = anyio.current_time()
    assert await ask() == "<p>ok</p>"
    assert anyio.current_time() - started_at >= 0.99
