from __future__ import annotations

import json
import socket
import threading
import time
import types
from collections.abc import Generator
from typing import Annotated, Any, Literal

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pressrun.api.connections.connection_limit import ConnectionLimiter
from pressrun.api.wire.body import (
    MAX_DEPTH,
    MAX_VALUES,
    PACE,
    Pace,
    _going_on,
    carries_body,
    check_count,
    parse_aside,
    parse_json_object,
    parse_model,
    read_json_object,
)
from pressrun.api.wire.problems import problem_response
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.errors import BodyTooSlow, FieldErrors, MalformedBody, PressrunError
from pressrun.spec import RunSpec
from tests.support.raw_asgi import Answer, ask
from tests.support.threaded_server import serve_behind

pytestmark = pytest.mark.anyio

JSON = ("content-type", "application/json")
CHUNKED = ("transfer-encoding", "chunked")
LIMIT = 1000
LENGTH_9 = (b"content-length", b"9")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the object it was sent; `/optional` does without one."""
    request = Request(scope, receive)
    try:
        data = await read_json_object(request, LIMIT, optional=scope["path"] == "/optional")
        response: Response = JSONResponse(data)
    except PressrunError as exc:
        response = problem_response(exc)
    await response(scope, receive, send)


async def post(body: bytes | list[bytes], *headers: tuple[str, str], path: str = "/") -> Answer:
    size = len(body) if isinstance(body, bytes) else None
    framing = CHUNKED if size is None else ("content-length", str(size))
    return await ask(echo, "POST", path, framing, *(headers or (JSON,)), body=body)


async def test_an_object_comes_as_it_was_sent() -> None:
    answer = await post('{"text": "पाठ", "zoom": 2.5}'.encode())
    assert (answer.status, answer.json()) == (200, {"text": "पाठ", "zoom": 2.5})


async def test_a_body_may_come_in_pieces() -> None:
    assert (await post([b'{"te', b'xt": "\xc3', b'\xa4"}'])).json() == {"text": "ä"}


async def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    answer = await post(b"x" * (LIMIT + 1))
    assert (answer.status, answer.receives) == (413, 0)


async def test_an_undeclared_size_is_refused_as_soon_as_it_passes_the_limit() -> None:
    answer = await post([b"x" * 400] * 50)
    assert (answer.status, answer.receives) == (413, 3)
    assert str(LIMIT) in answer.json()["detail"]


async def test_the_limit_itself_is_within() -> None:
    text = "x" * (LIMIT - len('{"a": ""}'))
    assert (await post(json.dumps({"a": text}).encode())).status == 200


SLOW = Pace(free_s=0.2, bytes_per_s=100, total_s=1.5)


def post_slowly(port: int, head: bytes, drop: bytes, every_s: float) -> tuple[int, bytes]:
    """Sends a drop of the body every so often until the server answers; drops sent, and the answer to its end."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head)
        connection.settimeout(every_s)
        for sent in range(1, 1000):
            connection.sendall(drop)
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue
            connection.settimeout(5)
            while more := connection.recv(65536):
                answer += more
            return sent, answer
    raise AssertionError("the server took it all")


@pytest.mark.parametrize(
    ("drop", "within_s"), [(b" ", (0.2, 0.45)), (b" " * 5, (1.5, 3))], ids=["a byte at a time", "at a good rate"]
)
def test_a_body_that_drips_is_cut_off_and_one_at_the_rate_when_its_whole_time_is_over(
    drop: bytes, within_s: tuple[float, float]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_json_object(Request(scope, receive), LIMIT, pace=SLOW)
        except PressrunError as exc:
            await problem_response(exc)(scope, receive, send)

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    with serve_behind(ConnectionLimiter(app, 100)) as port:  # whose connections let a refused client read the answer
        started_at = time.monotonic()
        _, answer = post_slowly(port, head, drop, every_s=0.02)
        took_s = time.monotonic() - started_at
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nretry-after: " in answer.lower()
    assert b"connection: close" in answer.lower()
    assert within_s[0] <= took_s <= within_s[1] * 2  # twice: the machine may be busy, the limit is still the limit


async def test_a_body_that_never_comes_is_given_up() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json"), LENGTH_9]}
    with pytest.raises(BodyTooSlow, match="0 bytes"):
        await read_json_object(Request(scope, receive), LIMIT, pace=SLOW)


def test_the_stated_limits_are_ten_free_seconds_then_20_kb_a_second_and_a_minute_at_most() -> None:
    assert [PACE.allowed_s(received) for received in (0, 20_000, 1_000_000, 50_000_000)] == [10, 11, 60, 60]


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", "text/plain")],
        [("content-type", "application/json; charset=utf-16")],
        [("content-type", "application/jsonx")],
        [("x", "y")],
        [JSON, ("content-encoding", "gzip")],
    ],
)
async def test_a_body_of_another_type_is_told_which_is_taken(headers: list[tuple[str, str]]) -> None:
    answer = await post(b"{}", *headers)
    assert answer.status == 415
    assert "application/json" in answer.json()["detail"]


async def test_no_body_is_an_error_unless_it_is_optional() -> None:
    assert (await ask(echo, "POST", "/")).status == 400
    assert (await ask(echo, "POST", "/optional")).json() == {}
    assert (await post([b"", b""], path="/optional")).json() == {}
    assert (await post(b'{"attempt": 1}', path="/optional")).json() == {"attempt": 1}
    assert (await post(b"[]", path="/optional")).status == 400


@pytest.mark.parametrize(
    ("headers", "carries"),
    [
        ({}, False),
        ({"content-length": "0"}, False),
        ({"content-length": "1"}, True),
        ({"transfer-encoding": "x"}, True),
    ],
)
def test_a_body_is_announced_by_length_or_encoding(headers: dict[str, str], carries: bool) -> None:
    assert carries_body(Headers(headers)) is carries


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "line 1, column 1"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b'{"a"\n 1}', "line 2, column 2"),
        (b'{"a": "\xff"}', "byte 7"),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}', "column 1"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a":' + b"[" * 100_000, f"{MAX_DEPTH} levels"),
        (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", f"{MAX_DEPTH} levels"),
        (b'{"a":[' + b"1," * MAX_VALUES + b"1]}", f"{MAX_VALUES} values"),
    ],
)
def test_what_is_no_json_object_is_refused_with_its_place(raw: bytes, words: str) -> None:
    with pytest.raises(MalformedBody, match=words):
        parse_json_object(raw)


def test_the_deepest_body_that_is_taken_has_as_many_levels_as_stated() -> None:
    inner = MAX_DEPTH - 1
    parse_json_object(b'{"a":' + b"[" * inner + b"]" * inner + b"}")


def test_whole_numbers_are_integers_however_they_are_spelled() -> None:
    data = parse_json_object(b'{"a": [1, 1.0, 10e-1, -0.0, 1.5, 1e300]}')
    assert [type(number) for number in data["a"]] == [int, int, int, int, float, float]
    assert data["a"][:4] == [1, 1, 1, 0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
@pytest.mark.slow
def test_what_json_can_say_comes_through_unchanged(data: dict[str, Any]) -> None:
    assert parse_json_object(json.dumps(data).encode()) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_malformed(raw: bytes) -> None:
    refusal = ""
    try:
        assert isinstance(parse_json_object(raw), dict)
    except MalformedBody as exc:
        refusal = str(exc)
    assert len(refusal) < 200


def errors_of(model: type[BaseModel], data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(FieldErrors) as caught:
        parse_model(model, data)
    return {error["field"]: (error["problem"], error["valid"]) for error in caught.value.errors}


def run_spec_errors(**fields: Any) -> dict[str, tuple[str, str]]:
    return errors_of(RunSpec, {"text": "x"} | fields)


def test_a_right_request_becomes_a_spec() -> None:
    spec = parse_model(RunSpec, parse_json_object(b'{"text": "x", "zoom": 3, "max_screenshots": 5.0}'))
    assert (spec.zoom, spec.max_screenshots) == (3.0, 5)


@pytest.mark.parametrize(
    ("field", "value", "problem", "valid"),
    [
        ("zoom", 10.5, "must be less than or equal to 10; got 10.5", "0.5..10"),
        ("zoom", "2", 'must be a valid number; got "2"', "0.5..10"),
        ("zoom", True, "must be a valid number; got true", "0.5..10"),
        ("zoom", None, "must be a valid number; got null", "0.5..10"),
        ("max_screenshots", 0, "must be greater than or equal to 1; got 0", "integer 1..500"),
        ("max_screenshots", 1.5, "must be a valid integer; got 1.5", "integer 1..500"),
        ("max_screenshots", True, "must be a valid integer; got true", "integer 1..500"),
        ("max_screenshots", [1], "must be a valid integer; got a list", "integer 1..500"),
        ("image_format", "gif", "must be 'png', 'jpeg' or 'webp'; got \"gif\"", "png, jpeg, webp"),
        ("use_cache", 1, "must be a valid boolean; got 1", "true or false"),
        ("title", "x" * 300, "must have at most 200 characters", "string of at most 200 characters"),
        ("title", {}, "must be a valid string; got an object", "string of at most 200 characters"),
    ],
)
def test_a_wrong_field_is_told_what_is_wrong_and_what_is_valid(
    field: str, value: Any, problem: str, valid: str
) -> None:
    assert run_spec_errors(**{field: value}) == {field: (problem, valid)}


def test_an_item_of_a_list_is_named_by_its_place() -> None:
    assert run_spec_errors(outputs=["images", "gif"])["outputs.1"][1].startswith("images, ")


def test_a_list_says_how_many_and_of_what() -> None:
    assert run_spec_errors(outputs=[])["outputs"][1].startswith("list of 1..")


def test_an_unknown_field_is_told_the_nearest_known_one_and_all_others() -> None:
    problem, valid = run_spec_errors(zom=2)["zom"]
    assert problem == "is not a known field; did you mean `zoom`?"
    assert set(RunSpec.model_fields) <= set(valid.split(", "))
    assert run_spec_errors(qqq=2)["qqq"][0] == "is not a known field"


def test_a_check_over_several_fields_blames_the_one_it_names() -> None:
    errors = run_spec_errors(overlap=1000)
    assert list(errors) == ["overlap"]
    assert errors["overlap"][0].startswith("1000 is more than half the viewport")
    assert list(errors_of(RunSpec, {})) == ["text"]


def test_a_validators_own_words_are_kept() -> None:
    assert run_spec_errors(text="a\x00")["text"][0] == "holds the control character U+0000 at position 1; remove it"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"text": "a\ud800"}', "text"),
        (rb'{"html": "\udfff\ud800"}', "html"),
        (rb'{"text": "a", "outputs": ["\ud800"]}', "outputs.0"),
        (rb'{"te\ud800": 1}', "te\\ud800"),
        (rb'{"x": {"y": [{"z": "\ud83d"}]}}', "x.y.0.z"),
    ],
)
def test_half_a_utf16_pair_is_refused_by_the_name_of_its_field(raw: bytes, field: str) -> None:
    errors = errors_of(RunSpec, parse_json_object(raw))
    assert list(errors) == [field]
    assert "lone surrogate" in errors[field][0]


def test_a_whole_utf16_pair_is_text() -> None:
    assert parse_model(RunSpec, parse_json_object(rb'{"text": "\ud83d\ude00"}')).text == "😀"


def test_at_most_20_errors_are_listed_and_long_values_are_cut() -> None:
    with pytest.raises(FieldErrors) as caught:
        parse_model(RunSpec, {"text": "x", "theme": "y" * 10_000} | {"f" * 5000 + str(n): n for n in range(500)})
    assert len(caught.value.errors) == 20
    assert all(len(error["field"]) <= 100 and len(error["problem"]) < 200 for error in caught.value.errors)
    assert len(str(caught.value)) < 1500


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    low: Annotated[int, Field(ge=0)] | None = None
    either: Annotated[int, Field(lt=5)] | Literal["all"] = "all"
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inner: Inner
    named: Annotated[str, Field(alias="wire-name", min_length=2)] = "xx"


def test_nested_fields_are_named_by_their_path() -> None:
    errors = errors_of(Outer, {"inner": {"low": -1, "lwo": 1, "share": 1}, "wire-name": "x"})
    assert errors["inner.low"][1] == "integer at least 0"
    assert errors["inner.lwo"] == ("is not a known field; did you mean `low`?", "low, either, share")
    assert errors["inner.share"][1] == "more than 0 and less than 1"
    assert errors["wire-name"][1] == "string of at least 2 characters"


def test_a_required_field_that_is_missing_is_named() -> None:
    assert errors_of(Outer, {})["inner"] == ("is required", "object")


@given(st.dictionaries(st.sampled_from([*RunSpec.model_fields, "zom", "\ud800"]), json_values, max_size=6))
@pytest.mark.slow
def test_any_object_is_a_spec_or_field_errors_that_can_be_sent(data: dict[str, Any]) -> None:
    try:
        assert isinstance(parse_model(RunSpec, data), RunSpec)
    except FieldErrors as exc:
        refusal = json.loads(problem_response(exc).body)
    else:
        return
    assert refusal["status"] == 422
    assert 1 <= len(refusal["errors"]) <= 20
    assert all(error["field"] and error["problem"] and error["valid"] for error in refusal["errors"])


def by_eye(raw: bytes) -> int:
    """Commas outside of strings, character by character."""
    commas, inside, escaped = 0, False, False
    for character in raw.decode():
        if escaped:
            escaped = False
        elif inside and character == "\\":
            escaped = True
        elif character == '"':
            inside = not inside
        elif character == "," and not inside:
            commas += 1
    return commas


def count(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return len(children) + sum(map(count, children))


tricky = st.recursive(
    st.integers(0, 9) | st.text(alphabet='",\\[]{}x', max_size=6),
    lambda children: (
        st.lists(children, max_size=6) | st.dictionaries(st.text('",\\', max_size=3), children, max_size=4)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.text('",\\', max_size=3), tricky, max_size=5), st.integers(0, 20))
@pytest.mark.slow
def test_only_what_holds_too_many_values_is_refused_by_counting_whatever_its_strings_hold(
    data: dict[str, Any], most: int
) -> None:
    raw = json.dumps(data).encode()
    refused = False
    try:
        check_count(raw, most)
    except MalformedBody:
        refused = True
    assert refused or by_eye(raw) <= most
    assert not refused or count(data) > most


@pytest.mark.parametrize("piece", [b"1,", b"[],", b'"",', b'"\\\\",', b'{"a":1},'])
def test_megabytes_of_values_are_refused_before_they_are_parsed(piece: bytes) -> None:
    raw = b'{"a":[' + piece * (8_000_000 // len(piece)) + b"1]}"
    begun_s = time.thread_time()
    with pytest.raises(MalformedBody, match=f"{MAX_VALUES} values"):
        parse_json_object(raw)
    assert time.thread_time() - begun_s < 0.2  # parsing it: up to 1.3 s; counting: 0.04


def test_a_large_text_full_of_commas_and_quotes_is_taken() -> None:
    text = 'She said: "so, so", \\ and went, ' * 20_000
    assert parse_json_object(json.dumps({"text": text}).encode()) == {"text": text}


async def test_a_large_body_is_parsed_beside_the_loop_and_a_small_one_on_it() -> None:
    def where(raw: bytes) -> int:
        return threading.get_ident()

    assert await parse_aside(where, b"x" * 1_000) == threading.get_ident()
    assert await parse_aside(where, b"x" * 1_000_000) != threading.get_ident()


@pytest.mark.parametrize("pauses", [1, 3])
@pytest.mark.parametrize("stubborn", [False, True])
async def test_what_was_begun_goes_on_from_where_it_waits(pauses: int, stubborn: bool) -> None:
    async def work() -> str:
        with anyio.CancelScope(shield=stubborn):
            for _ in range(pauses):
                await anyio.sleep(0.001)
        return "done"

    steps = work().__await__()
    assert await _going_on(steps, next(steps)) == "done"


async def test_a_cancellation_reaches_what_was_begun() -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            left.append("cleaned up")

    with anyio.move_on_after(0.01):
        steps = work().__await__()
        await _going_on(steps, next(steps))
    assert left == ["cleaned up"]


async def test_what_was_begun_may_meet_a_cancellation_and_still_have_an_answer() -> None:
    class Stop(Exception):
        """Stands for what is thrown in."""

    @types.coroutine
    def pause() -> Generator[str, None, None]:
        yield "first"

    async def work() -> str:
        try:
            await pause()
        except Stop:
            await pause()
        return "done"

    steps = work().__await__()
    going_on = _going_on(steps, next(steps))
    assert next(going_on) == "first"
    assert going_on.throw(Stop()) == "first"
    with pytest.raises(StopIteration) as end:
        next(going_on)
    assert end.value.value == "done"


@pytest.mark.parametrize(
    "name", ["title", "output_name", "system_prompt", "webhook_url", "lane", "model_choice", "html"]
)
def test_a_text_field_left_blank_is_as_if_it_were_not_there(name: str) -> None:
    plain = parse_model(GenerateRequest, {"text": "x"})
    assert parse_model(GenerateRequest, {"text": "x", name: ""}) == plain


@pytest.mark.parametrize("name", ["zoom", "on_busy", "theme", "outputs"])
def test_a_blank_where_a_number_a_choice_or_a_list_belongs_is_named(name: str) -> None:
    with pytest.raises(FieldErrors, match=name):
        parse_model(GenerateRequest, {"text": "x", name: ""})


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_json_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
