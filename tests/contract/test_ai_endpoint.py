"""The AI client against a real HTTP server that speaks the protocol, and misbehaves as real ones do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest
from pydantic import SecretStr

from pressrun.ai.client import AiClient, AiConfig, open_ai_client
from pressrun.ai.compose import ai_fragment
from pressrun.errors import AiFailed, AiUnavailable
from pressrun.telemetry import SecretMask
from tests.support.ai_server import (
    BROKEN,
    ENDLESS,
    GARBAGE,
    NORMAL,
    SILENT,
    WEB_PAGE,
    AiServer,
    Behaviour,
    ai_server,
    cut_after,
    drip,
    hold_after,
    too_many,
)
from tests.support.limits import fail_after
from tests.support.logs import captured_log

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KEY = "sk-canary-0123456789"
QUESTION = [{"role": "user", "content": "<source-00>\n# Rivers\n\nWater runs.\n</source-00>"}]
ANSWER = "<h1>Rivers</h1>\n<p>Water runs.</p>\n"


@asynccontextmanager
async def client_of(server: AiServer, **changes: Any) -> AsyncIterator[AiClient]:
    values = {"base_url": server.url, "api_key": SecretStr(KEY), "model": server.model, "retry_wait_s": 0.001}
    async with open_ai_client(AiConfig(**(values | changes))) as client:
        yield client


async def ask(client: AiClient, **options: Any) -> str:
    async with aclosing(client.stream_chat(QUESTION, **options)) as answer:
        return "".join([delta async for delta in answer])


async def failure_of(server: AiServer, **changes: Any) -> AiFailed:
    async with client_of(server, **changes) as client:
        with pytest.raises(AiFailed) as raised:
            await ask(client)
    message = str(raised.value)
    assert KEY not in message
    assert "127.0.0.1" not in message
    assert message.endswith(".") or ";" in message
    return raised.value


async def saw_disconnect(server: AiServer) -> bool:
    return await anyio.to_thread.run_sync(server.disconnected.wait, 2)


async def test_an_answer_comes_whole_and_in_pieces() -> None:
    with ai_server(NORMAL) as server:
        async with client_of(server) as client, aclosing(client.stream_chat(QUESTION)) as answer:
            deltas = [delta async for delta in answer]
        assert "".join(deltas) == ANSWER
        assert all(deltas)
        assert server.requests[0]["model"] == server.model
        assert server.requests[0]["stream"] is True
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_the_first_piece_is_here_while_the_endpoint_still_writes() -> None:
    with ai_server(hold_after(1)) as server:
        async with client_of(server) as client, aclosing(client.stream_chat(QUESTION)) as answer:
            with fail_after(5):
                assert await anext(aiter(answer)) == ANSWER[:40]
        assert await saw_disconnect(server)


async def test_another_model_is_passed_on_by_its_name() -> None:
    with ai_server(NORMAL) as server:
        async with client_of(server) as client:
            await ask(client, model="other/model-2")
    assert server.requests[0]["model"] == "other/model-2"


async def test_many_answers_at_once_do_not_mix() -> None:
    with ai_server(drip(0.002)) as server:
        async with client_of(server) as client, anyio.create_task_group() as tasks:
            answers: list[str] = []

            async def one() -> None:
                answers.append(await ask(client))

            for _ in range(10):
                tasks.start_soon(one)
    assert answers == [ANSWER] * 10


async def test_a_slow_answer_is_waited_for_as_long_as_something_comes() -> None:
    with ai_server(drip(0.1)) as server:
        async with client_of(server, silence_timeout_s=1) as client:
            assert await ask(client) == ANSWER


async def test_an_endpoint_without_a_finish_reason_ends_by_its_done() -> None:
    with ai_server(Behaviour(end="done")) as server:
        async with client_of(server) as client:
            assert await ask(client) == ANSWER


@pytest.mark.parametrize("script", [(too_many("0"), NORMAL), (BROKEN, too_many("0"), NORMAL)])
async def test_an_endpoint_that_is_busy_for_a_moment_is_asked_again(script: tuple[Behaviour, ...]) -> None:
    with ai_server(*script) as server:
        async with client_of(server) as client:
            assert await ask(client) == ANSWER
    assert len(server.requests) == len(script)


async def test_an_endpoint_that_stays_broken_is_given_up() -> None:
    with ai_server(BROKEN) as server:
        failure = await failure_of(server, attempts=3)
    assert len(server.requests) == 3
    assert "500" in str(failure)
    assert failure.retryable


async def test_a_long_retry_after_is_told_and_not_waited_for() -> None:
    with ai_server(too_many("3600")) as server, fail_after(5):
        await failure_of(server)
    assert len(server.requests) == 1


async def test_the_wait_between_retries_ends_with_the_time_limit() -> None:
    with ai_server(too_many("20")) as server, fail_after(5):
        failure = await failure_of(server, timeout_s=0.3)
    assert "PRESSRUN_AI_TIMEOUT_S" in str(failure)


async def test_nothing_is_asked_twice_once_text_has_come() -> None:
    with ai_server(cut_after(1), NORMAL) as server:
        await failure_of(server)
    assert len(server.requests) == 1


async def test_a_silent_endpoint_fails_within_its_time() -> None:
    with ai_server(SILENT) as server:
        with fail_after(3):
            failure = await failure_of(server, first_token_timeout_s=0.2)
        assert "nothing" in str(failure)
        assert await saw_disconnect(server)


async def test_an_endpoint_that_falls_silent_half_way_fails_within_its_time() -> None:
    with ai_server(hold_after(1)) as server:
        with fail_after(3):
            await failure_of(server, silence_timeout_s=0.2)
        assert await saw_disconnect(server)


async def test_a_model_that_thinks_after_saying_hello_has_the_time_of_a_first_token() -> None:
    with ai_server(Behaviour(drip_s=0.3, text=lambda _: "<p>late</p>")) as server:
        async with client_of(server, first_token_timeout_s=5, silence_timeout_s=0.1) as client:
            assert await ask(client) == "<p>late</p>"


async def test_keeping_the_line_alive_is_no_answer() -> None:
    comments = Behaviour(raw=b": still here\n\n" * 10, end="hold")
    with ai_server(comments) as server, fail_after(3):
        await failure_of(server, first_token_timeout_s=0.3)


async def test_an_answer_that_never_ends_is_stopped() -> None:
    with ai_server(ENDLESS) as server:
        with fail_after(5):
            failure = await failure_of(server, max_output_chars=5_000)
        assert "5000" in str(failure)
        assert await saw_disconnect(server)


async def test_an_answer_that_never_ends_slowly_is_stopped_by_the_clock() -> None:
    with ai_server(Behaviour(endless=True, drip_s=0.02)) as server, fail_after(3):
        failure = await failure_of(server, timeout_s=0.3)
    assert "PRESSRUN_AI_TIMEOUT_S" in str(failure)


async def test_a_line_that_never_ends_does_not_fill_the_memory() -> None:
    with ai_server(Behaviour(raw=b"data: " + b"x" * 30_000_000)) as server, fail_after(5):
        await failure_of(server, max_output_chars=1_000)


@pytest.mark.parametrize("deltas", [0, 1])
async def test_an_answer_that_is_cut_is_a_failure_and_not_a_short_document(deltas: int) -> None:
    with ai_server(cut_after(deltas)) as server:
        await failure_of(server, attempts=1)


async def test_an_error_in_the_stream_is_a_failure() -> None:
    with ai_server(Behaviour(cut_after=1, end="error")) as server:
        failure = await failure_of(server)
    assert "the worker died" not in str(failure)


@pytest.mark.parametrize(("end", "word"), [("length", "limit"), ("content_filter", "filter"), ("tool_calls", "tool")])
async def test_an_answer_that_did_not_end_by_itself_is_a_failure_that_says_why(end: str, word: str) -> None:
    with ai_server(Behaviour(end=end)) as server:
        failure = await failure_of(server)
    assert word in str(failure)


@pytest.mark.parametrize(
    "nonsense", [GARBAGE, WEB_PAGE, Behaviour(raw=b"data: 42\n\n"), Behaviour(raw=b"data: []\n\n")]
)
async def test_what_is_no_chat_completion_names_the_address_to_mend(nonsense: Behaviour) -> None:
    with ai_server(nonsense) as server:
        failure = await failure_of(server)
    assert "PRESSRUN_AI_BASE_URL" in str(failure)
    assert len(server.requests) == 1


async def test_nobody_at_the_address_names_the_address_to_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failure = await failure_of(AiServer((NORMAL,), f"http://127.0.0.1:{port}/v1"))
    assert isinstance(failure, AiUnavailable)
    assert "PRESSRUN_AI_BASE_URL" in str(failure)


async def test_a_wrong_path_names_the_address_to_mend() -> None:
    with ai_server(NORMAL) as server:
        failure = await failure_of(server, base_url=server.url.replace("/v1", "/v7"))
    assert "PRESSRUN_AI_BASE_URL" in str(failure)


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    with ai_server(NORMAL) as other:
        elsewhere = Behaviour(status=307, headers={"location": other.url + "/chat/completions"}, raw=b"")
        with ai_server(elsewhere) as server:
            failure = await failure_of(server)
    assert other.requests == []
    assert "PRESSRUN_AI_BASE_URL" in str(failure)


async def test_neither_key_nor_address_nor_the_endpoints_words_reach_the_log_at_info() -> None:
    refusal = Behaviour(status=401, body={"error": {"message": f"bad key {KEY}"}}, content_type="application/json")
    with ai_server(refusal, NORMAL) as server:
        with captured_log(SecretMask([KEY])) as log:
            await failure_of(server)
            async with client_of(server) as client:
                await ask(client)
        assert KEY not in log.text
        assert server.url not in log.text


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(SILENT, id="before the status line"),
        pytest.param(hold_after(0), id="before the first text"),
        pytest.param(hold_after(1), id="between two pieces"),
        pytest.param(Behaviour(endless=True, drip_s=0.01), id="while pieces come"),
        pytest.param(ENDLESS, id="in a flood"),
    ],
)
async def test_a_cancelled_call_ends_at_once_and_hangs_up(behaviour: Behaviour) -> None:
    with ai_server(behaviour) as server:
        ready = server.held if behaviour.silent or behaviour.end == "hold" else server.arrived
        async with client_of(server, max_output_chars=10**9) as client:
            with fail_after(10):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(ask, client)
                    assert await anyio.to_thread.run_sync(ready.wait, 30)
                    tasks.cancel_scope.cancel()
            assert await saw_disconnect(server)


async def test_a_cancel_ends_the_wait_between_two_tries() -> None:
    with ai_server(too_many("20")) as server:
        async with client_of(server) as client:
            started = anyio.current_time()
            with anyio.move_on_after(0.2) as scope:
                await ask(client)
        assert scope.cancelled_caught
        assert anyio.current_time() - started < 15, "it waited for its 20 s"


async def test_a_run_cancelled_while_it_reports_progress_hangs_up() -> None:
    with ai_server(Behaviour(endless=True, drip_s=0.01)) as server:
        reported = anyio.Event()

        async def report(_chars: int) -> None:
            reported.set()
            await anyio.sleep_forever()

        async with client_of(server) as client, anyio.create_task_group() as tasks:

            async def compose() -> None:
                await ai_fragment(
                    client, "# Rivers", model_choice="default", system_prompt=None, verify=True, cache=None,
                    on_progress=report,
                )  # fmt: skip

            tasks.start_soon(compose)
            with fail_after(5):
                await reported.wait()
            started = anyio.current_time()
            tasks.cancel_scope.cancel()
        assert anyio.current_time() - started < 1
        assert await saw_disconnect(server)


async def test_fifty_cancelled_calls_leave_no_connection_behind() -> None:
    with ai_server(SILENT) as server:
        async with client_of(server) as client:
            for _ in range(50):
                with anyio.move_on_after(0.01):
                    await ask(client)
            server.then(NORMAL)
            with fail_after(5):
                assert await ask(client) == ANSWER
