"""Waiting, giving up, and the order of events: the decisions alone, with a clock that is moved by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from httpx_sse import ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st

from pressrun.client import ConnectionLost, Patience, ProtocolError, ServerProblem
from pressrun.client.conversation import Conversation, StreamDamaged, Submission
from pressrun.client.patience import Outage, retry_after_s
from tests.support.scripted_server import LOG, OPERATION_ID

URL = "http://pressrun.test"
STREAM = {"content-type": "text/event-stream", "location": f"/runs/{OPERATION_ID}/events"}


class HandClock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def lose_for_ever(talk: Conversation, clock: HandClock, cause: Exception | None) -> None:
    while True:
        if cause is None:
            assert talk.opened(200, STREAM)
        clock.now_s += talk.lost(cause)


def test_waits_double_up_to_the_limit_and_stay_between_half_and_all_of_it() -> None:
    outage = Outage(Patience(first_wait_s=1, longest_wait_s=8, give_up_after_s=1e9), HandClock())
    for ceiling_s in (1, 2, 4, 8, 8, 8):
        wait_s = outage.next_wait_s()
        assert wait_s is not None
        assert ceiling_s / 2 <= wait_s <= ceiling_s


def test_waits_are_not_all_the_same() -> None:
    waits = {Outage(Patience(), HandClock()).next_wait_s() for _ in range(20)}
    assert len(waits) > 10


def test_the_server_s_retry_is_where_waiting_starts() -> None:
    talk = Conversation(URL, Patience(first_wait_s=1), operation_id=OPERATION_ID)
    assert talk.opened(200, STREAM)
    talk.received(ServerSentEvent(data="", retry=20_000))
    assert 10 <= talk.lost(None) <= 20


@pytest.mark.parametrize("status", [503, 429])
def test_retry_after_is_waited_for_at_least(status: int) -> None:
    talk = Conversation(URL, Patience(first_wait_s=0.1), submission=Submission({"text": "x"}))
    talk.next_request()
    assert talk.refused(status, {"retry-after": "17"}, b"{}") == 17


@pytest.mark.parametrize("status", [503, 429])
def test_a_retry_after_beyond_the_patience_is_told_at_once(status: int) -> None:
    talk = Conversation(URL, Patience(give_up_after_s=60), submission=Submission({"text": "x"}))
    with pytest.raises(ServerProblem):
        talk.refused(status, {"retry-after": "61"}, b"{}")


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "Mon, 99 Foo"])
def test_a_retry_after_without_sense_is_none(value: str | None) -> None:
    assert retry_after_s(value) is None


def test_a_retry_after_may_be_a_date() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < (retry_after_s(in_a_minute) or 0) <= 60
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_an_outage_is_given_up_after_its_limit_and_says_so() -> None:
    clock = HandClock()
    talk = Conversation(URL, Patience(give_up_after_s=120), operation_id=OPERATION_ID, clock_s=clock)
    assert talk.opened(200, STREAM)
    began_s = clock.now_s
    with pytest.raises(ConnectionLost, match=f"for 2 minutes .* Run {OPERATION_ID} goes on"):
        lose_for_ever(talk, clock, httpx.ConnectError("refused"))
    assert 60 < clock.now_s - began_s <= 120


def test_connections_that_hold_are_no_outage_however_quiet_the_run_is() -> None:
    clock = HandClock()
    talk = Conversation(URL, Patience(give_up_after_s=60), operation_id=OPERATION_ID, clock_s=clock)
    for _ in range(100):
        assert talk.opened(200, STREAM)
        clock.now_s += 30
        clock.now_s += talk.lost(None)


def test_connections_that_open_and_bring_nothing_are_an_outage() -> None:
    clock = HandClock()
    talk = Conversation(URL, Patience(give_up_after_s=60), operation_id=OPERATION_ID, clock_s=clock)
    with pytest.raises(ConnectionLost):
        lose_for_ever(talk, clock, None)


def test_a_server_error_while_following_is_waited_out_but_not_a_clear_no() -> None:
    talk = Conversation(URL, Patience(), operation_id=OPERATION_ID)
    assert talk.refused(500, {}, b"oops") > 0
    with pytest.raises(ServerProblem):
        talk.refused(403, {}, b"{}")


def test_a_server_error_to_a_post_is_not_repeated() -> None:
    talk = Conversation(URL, Patience(), submission=Submission({"text": "x"}))
    with pytest.raises(ServerProblem):
        talk.refused(500, {}, b'{"detail": "incident 1"}')


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, len(LOG)), st.booleans()), max_size=30))
def test_whatever_is_repeated_skipped_or_cut_each_event_comes_once_in_order(steps: list[tuple[int, bool]]) -> None:
    """Any server: each connection starts anywhere in the log, at most one past the cursor or not."""
    talk = Conversation(URL, Patience(give_up_after_s=1e9), operation_id=OPERATION_ID)
    got: list[int] = []
    for start, cut in [*steps, (0, False)]:
        if talk.done:
            break
        assert talk.opened(200, STREAM)
        for wire in LOG[start : start + 3 if cut else None]:
            try:
                event = talk.received(ServerSentEvent(data=json.dumps(wire), id=str(wire["seq"])))
            except StreamDamaged:
                break
            except ProtocolError:
                assert got == list(range(1, len(got) + 1))
                return
            if event is not None:
                got.append(event.seq)
            if talk.done:
                break
        if not talk.done:
            talk.lost(None)
    assert got == list(range(1, len(LOG) + 1))
