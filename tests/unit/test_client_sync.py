"""What blocking changes: the thread that waits is the caller's, it can be interrupted, and nothing is left behind."""

from __future__ import annotations

import gc
import inspect
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from pressrun.client import AsyncClient, Client, ClientEvent, Notice, Patience
from tests.support.limits import HANG_S
from tests.support.scripted_server import LOG, OPERATION_ID, RUN, Answer, Script, Stream, scripted_server

IMPATIENT = Patience(first_wait_s=0.001, longest_wait_s=0.02, stall_s=60, give_up_after_s=60)
REQUEST = {"text": "# Rivers"}


def names(events: Iterator[ClientEvent]) -> list[int]:
    return [event.seq for event in events]


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 10
    while left := [t.name for t in set(threading.enumerate()) - before if t.name.startswith("pressrun-client")]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def interrupt_when(script: Script, what: str, count: int) -> None:
    """Ctrl-C for the main thread as soon as the server holds that many requests."""

    def wait() -> None:
        deadline = time.monotonic() + 10
        while script.count(what) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)  # now the main thread waits for what does not come
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def test_it_has_every_call_of_the_async_client_and_no_other() -> None:
    def calls(client: type) -> dict[str, inspect.Signature]:
        return {
            name: inspect.signature(call)
            for name, call in vars(client).items()
            if inspect.isfunction(call) and not name.startswith("_") and name not in {"close", "aclose"}
        }

    blocking, own = calls(Client), calls(AsyncClient)
    assert set(blocking) == set(own)
    assert [list(blocking[name].parameters) for name in own] == [list(own[name].parameters) for name in own]


@pytest.mark.usefixtures("no_thread_is_left")
def test_ctrl_c_ends_the_wait_for_an_event_and_closes_the_connection() -> None:
    script = Script(generate=[Stream(events=2, end="hold")], run=[Answer(200, RUN)])
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        stream = client.generate(REQUEST)
        assert next(stream).seq == 1
        assert next(stream).seq == 2
        interrupt_when(script, "generate", 1)
        with pytest.raises(KeyboardInterrupt):
            next(stream)
        assert list(stream) == [], "an interrupted stream has ended"
        assert (stream.operation_id, stream.cursor) == (OPERATION_ID, 2)
        assert client.get_run(OPERATION_ID).status == "running"


@pytest.mark.usefixtures("no_thread_is_left")
def test_ctrl_c_ends_a_wait_between_two_tries() -> None:
    script = Script(generate=[Answer(503, {"detail": "Full.", "code": "server_busy"}, {"Retry-After": "50"})])
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        interrupt_when(script, "generate", 1)
        with pytest.raises(KeyboardInterrupt):
            list(client.generate(REQUEST))
    assert len(script.seen) == 1


@pytest.mark.usefixtures("no_thread_is_left")
def test_a_stream_left_early_closes_its_connection_and_may_be_closed_twice() -> None:
    script = Script(generate=[Stream(events=2, end="hold")], run=[Answer(200, RUN)])
    with scripted_server(script) as url:
        with Client(url, patience=IMPATIENT) as client:
            with client.generate(REQUEST) as stream:
                assert next(stream).seq == 1
            stream.close()
            assert list(stream) == []
            forgotten = client.generate(REQUEST)
            assert next(forgotten).seq == 1
        assert list(forgotten) == [], "the client has closed it"
        client.close()
        with pytest.raises(RuntimeError, match="closed"):
            client.get_run(OPERATION_ID)


@pytest.mark.usefixtures("no_thread_is_left")
def test_notices_come_in_the_thread_that_waits_and_may_use_the_client() -> None:
    busy = Answer(503, {"detail": "The waiting queue is full.", "code": "server_busy"}, {"Retry-After": "0"})
    script = Script(generate=[busy, Stream()], run=[Answer(200, RUN)])
    told: list[tuple[Notice, threading.Thread, str]] = []
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:

        def tell(notice: Notice) -> None:
            told.append((notice, threading.current_thread(), client.get_run(OPERATION_ID).status))

        assert names(client.generate(REQUEST, on_notice=tell)) == [event["seq"] for event in LOG]
    assert [notice.message for notice, _, _ in told][-1] == "Connected again."
    assert {thread for _, thread, _ in told} == {threading.current_thread()}
    assert {status for _, _, status in told} == {"running"}


@pytest.mark.usefixtures("no_thread_is_left")
def test_what_a_notice_raises_ends_the_call() -> None:
    script = Script(generate=[Answer(503, {"detail": "Full.", "code": "server_busy"}, {"Retry-After": "50"})])

    def refuse(_notice: Notice) -> None:
        raise LookupError("enough")

    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        with pytest.raises(LookupError, match="enough"):
            list(client.generate(REQUEST, on_notice=refuse))
        assert len(script.seen) == 1


@pytest.mark.usefixtures("no_thread_is_left")
def test_a_client_is_shared_between_threads() -> None:
    script = Script(run=[Answer(200, RUN)])
    states: list[str] = []
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        threads = [
            threading.Thread(target=lambda: states.append(client.get_run(OPERATION_ID).status)) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(HANG_S)
    assert states == ["running"] * 20


@pytest.mark.usefixtures("no_thread_is_left")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_client_that_nobody_closed_leaves_no_thread_when_it_is_forgotten() -> None:
    script = Script(run=[Answer(200, RUN)])
    with scripted_server(script) as url:
        client = Client(url, patience=IMPATIENT)
        assert client.get_run(OPERATION_ID).status == "running"
        del client
        gc.collect()


@pytest.mark.usefixtures("no_thread_is_left")
def test_a_stream_outlives_the_name_of_its_client() -> None:
    with scripted_server(Script(generate=[Stream()])) as url:
        assert len(list(Client(url, patience=IMPATIENT).generate(REQUEST))) == len(LOG)
        gc.collect()
