"""`pressrun.client` against the real server, over a line that breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pressrun.client import AsyncClient, Client, Patience, RunRejectedError, ServerProblem
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

IMPATIENT = Patience(first_wait_s=0.01, longest_wait_s=0.05, give_up_after_s=30)
LESSON = "# Rivers\n\nA river नदी runs.\n\n" + "\n\n".join(f"# Bend {n}\n\nWater flows." for n in range(3))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("client") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as running:
        yield running


@pytest.fixture
def proxy(server: Server) -> Iterator[CuttingProxy]:
    with cutting_proxy(server.port) as running:
        yield running


def count_runs(server: Server) -> int:
    return len(httpx.get(f"{server.url}/runs?limit=200").json()["runs"])


async def test_both_clients_follow_fetch_and_find_a_run(server: Server, tmp_path: Path) -> None:
    request = {"text": LESSON, "title": "Both", "outputs": ["images", "html", "pdf"]}
    async with AsyncClient(server.url) as client, client.generate(request) as stream:
        events = [event async for event in stream]
        assert (stream.disposition, stream.own) == ("started", True)
        name = events[0].operation_id
        fetched = await client.download_all(name, tmp_path / "async")
    with Client(server.url) as blocking:
        assert [event.data for event in blocking.follow(name)] == [event.data for event in events]
        assert list(blocking.follow(name, after=events[-1].seq)) == []
        run = blocking.get_run(name)
        assert (run.status, run.title) == ("complete", "Both")
        assert run.result is not None
        assert len(blocking.download_all(name, tmp_path / "sync")) == len(fetched) >= 4 + 2
        assert name in [listed.operation_id for listed in blocking.list_runs(limit=5, status="complete").runs]
        with pytest.raises(ServerProblem, match="complete"):
            blocking.cancel(name)
    digests = {file.name: file.sha256 for file in run.result.artifacts}
    for path in fetched:
        relative = path.relative_to(tmp_path / "async")
        content = path.read_bytes()
        assert (tmp_path / "sync" / relative).read_bytes() == content
        assert digests.get(str(relative)) in {None, hashlib.sha256(content).hexdigest()}


async def test_a_line_cut_at_any_byte_gives_the_whole_log_of_one_run(server: Server, proxy: CuttingProxy) -> None:
    before = count_runs(server)
    rounds = 0
    async with AsyncClient(proxy.url, patience=IMPATIENT) as client:
        for cut in (0, 0, 100, 300, 400, 450, 700, 1001, 1503, 2200):
            rounds += 1
            # a POST whose answer is cut, then a resume that is cut, then whatever is left in peace
            proxy.cut_next(cut, cut * 2, 600)
            request = {"text": f"# Cut {rounds}", "lane": "cuts", "page_breaks": "scroll"}
            events = [event.data async for event in client.generate(request)]
            log = [event.data async for event in client.follow(events[0]["operation_id"])]
            assert events == log
            assert events[-1]["type"] == "complete"
    assert proxy.broken >= rounds, "the line was really cut"
    assert count_runs(server) == before + rounds, "each request became one run"


async def test_a_post_that_was_accepted_but_never_answered_is_joined_not_repeated(
    server: Server, proxy: CuttingProxy
) -> None:
    before = count_runs(server)
    proxy.cut_next(0)
    with Client(proxy.url, patience=IMPATIENT) as client:
        stream = client.generate({"text": LESSON, "title": "Once", "lane": "once"})
        events = [event.seq for event in stream]
        assert events == list(range(1, len(events) + 1))
        assert stream.disposition in {"joined", "replayed"}
        assert stream.own, "the server's `joined` means our own first POST"
    assert proxy.broken == 1
    assert count_runs(server) == before + 1


async def test_a_second_caller_is_rejected_or_joins_as_it_asked(server: Server) -> None:
    long = {"text": "\n\n".join(f"# Bend {n}\n\nWater." for n in range(60)), "lane": "second"}
    async with AsyncClient(server.url) as client:
        first = client.generate(long)
        name = (await anext(first)).operation_id
        with pytest.raises(RunRejectedError) as rejected:
            await anext(client.generate({"text": "# Other", "lane": "second"}))
        assert rejected.value.active_operation_id == name
        with pytest.raises(RunRejectedError):
            await anext(client.generate(long))
        joined = client.generate(long, on_duplicate="join")
        assert (await anext(joined)).seq == 1
        assert (joined.operation_id, joined.disposition, joined.own) == (name, "joined", False)
        await client.cancel(name)
        ends = [[event async for event in stream][-1] for stream in (first, joined)]
        assert [end.type for end in ends] == ["cancelled", "cancelled"]


async def test_both_clients_explain_what_a_request_would_meet(server: Server) -> None:
    async with AsyncClient(server.url) as client:
        free = await client.explain({"text": LESSON}, lane="explained")
        assert (free.admitted, free.run, free.policies) == (True, None, {})
        stream = client.generate({"text": "\n\n".join(f"# Bend {n}" for n in range(60))}, lane="explained")
        name = (await anext(stream)).operation_id
        with Client(server.url) as blocking:
            told = blocking.explain({"text": LESSON, "zoom": 3}, lane="explained", on_busy="join")
        assert told.run is not None
        assert (told.admitted, told.run.operation_id, told.decided_by) == (False, name, "on_busy")
        assert {each.field: each.requested for each in told.differences}["zoom"] == 3
        assert set(told.policies) == {"reject", "join", "queue", "replace"}
        await client.cancel(name)
