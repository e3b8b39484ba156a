"""What JSON a body may hold: its form, its depth, its count of values."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.api.wire.body import (
    MAX_DEPTH,
    MAX_VALUES,
    check_count,
    parse_json_object,
)
from pressrun.request_errors import MalformedBody
from tests.support.json_values import json_values

pytestmark = pytest.mark.anyio


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


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_json_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
