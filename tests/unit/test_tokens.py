from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.api.gate.tokens import Caller, new_token, parse_tokens, require_safe_bind
from pressrun.errors import StartupError


def test_a_new_token_is_found_by_its_line_and_not_stored_in_it() -> None:
    token, line = new_token("robot", ["read"])
    assert token not in line
    assert parse_tokens([line]).find(token) == Caller("robot", frozenset({"read"}))


def test_two_new_tokens_differ_and_hold_256_bits() -> None:
    tokens = {new_token("robot")[0] for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token.removeprefix("pressrun_")) for token in tokens} == {43}  # 32 bytes in base64 without padding


def test_a_line_without_scopes_may_run_and_read() -> None:
    token, line = new_token("robot")
    caller = parse_tokens([line.rpartition(":")[0]]).find(token)
    assert caller == Caller("robot", frozenset({"run", "read"}))
    assert not caller.may("admin")


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    _, line = new_token("robot")
    assert parse_tokens([line]).find(text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace("robot", "Robot"),
        lambda line: line.replace("robot", ""),
        lambda line: line.replace(":", ";"),
        lambda line: line[:-20],
        lambda line: line + "+sudo",
        lambda line: line + ":x",
        lambda line: new_token("robot")[0],
        lambda line: "",
    ],
)
def test_a_wrong_line_stops_the_start_and_is_not_shown(change) -> None:
    wrong = change(new_token("robot")[1])
    with pytest.raises(StartupError, match=r"PRESSRUN_TOKENS: entry 2") as caught:
        parse_tokens([new_token("other")[1], wrong])
    secret = wrong.partition(":")[2][:64] or wrong
    assert not secret or secret not in str(caught.value)


def test_one_name_cannot_have_two_tokens() -> None:
    with pytest.raises(StartupError, match="twice"):
        parse_tokens([new_token("robot")[1], new_token("robot")[1]])


def test_a_name_that_does_not_fit_into_a_line_gets_no_token() -> None:
    with pytest.raises(StartupError):
        new_token("a:b")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "my.lan", "127.evil.test", "localhost.evil.test"])
def test_a_server_others_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(StartupError, match=r"set PRESSRUN_TOKENS, or bind 127\.0\.0\.1"):
        require_safe_bind(host, parse_tokens([]))
    require_safe_bind(host, parse_tokens([new_token("robot")[1]]))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_a_server_on_loopback_needs_none(host: str) -> None:
    require_safe_bind(host, parse_tokens([]))
