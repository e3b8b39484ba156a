"""`pressrun mcp` between the official SDK's client and a real server, over both transports."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from tests.support.limits import HANG_S, fail_after
from tests.support.server import PRESSRUN, Server, free_port, start_server

if TYPE_CHECKING:
    from mcp.client import Client

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

SMALL = {"viewport_width": 640, "viewport_height": 360}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("mcp") / "data") as running:
        yield running


@asynccontextmanager
async def assistant(transport: str, server: Server) -> AsyncIterator[Client]:
    from mcp.client import Client  # a second of CPU, which each worker would spend
    from mcp.client.stdio import StdioServerParameters, stdio_client

    words = ["mcp", "--server", server.url]
    if transport == "stdio":
        async with Client(stdio_client(StdioServerParameters(command=str(PRESSRUN), args=words))) as client:
            yield client
        return
    port = free_port()
    async with await anyio.open_process([str(PRESSRUN), *words, "--http", "--port", str(port)]) as process:
        try:
            while True:  # the test itself has a limit
                with suppress(OSError):
                    async with await anyio.connect_tcp("127.0.0.1", port):
                        break
                await anyio.sleep(0.05)
            async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                yield client
        finally:
            process.terminate()


def text_of(result: Any) -> str:
    return str(result.content[0].text)


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_an_assistant_makes_slides_follows_their_progress_and_reads_them(transport: str, server: Server) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    with fail_after(HANG_S):
        async with assistant(transport, server) as client:
            arguments = {"text": f"# Rivers by {transport}", "outputs": ["pdf", "images", "text"], "options": SMALL}
            made = await client.call_tool("make_slides", arguments, progress_callback=hear)
            assert not made.is_error, text_of(made)
            assert "is complete: 1 slide, 3 files." in text_of(made)
            shares = [progress for progress, _, _ in heard]
            assert shares == sorted(shares), "never backwards"
            assert {total for _, total, _ in heard} == {100}
            assert "Publishing the batch folder" in {message for _, _, message in heard}

            links = {link.name: link for link in made.content[1:]}
            pdf, words = (next(link for name, link in links.items() if name.endswith(end)) for end in (".pdf", ".txt"))
            read = {link.uri: (await client.read_resource(link.uri)).contents[0] for link in (pdf, words)}
            assert base64.b64decode(read[pdf.uri].blob).startswith(b"%PDF")
            assert len(base64.b64decode(read[pdf.uri].blob)) == pdf.size
            assert f"Rivers by {transport}" in read[words.uri].text
            picture = (await client.read_resource(links["slides/0001.png"].uri)).contents[0]
            assert base64.b64decode(picture.blob).startswith(b"\x89PNG")

            name = str(pdf.uri).removeprefix("pressrun://runs/").partition("/")[0]
            assert "complete" in text_of(await client.call_tool("get", {"operation_id": name}))
            assert name in text_of(await client.call_tool("list_runs", {"status": "complete"}))
            again = await client.call_tool("follow", {"operation_id": name})
            assert {link.name for link in again.content[1:]} == links.keys()
            late = await client.call_tool("cancel", {"operation_id": name})
            assert late.is_error, "it has ended"


@pytest.fixture
def waiting(server: Server) -> str:
    """A run that waits in a paused lane, `slow`."""
    httpx.post(server.url + "/lanes/slow/pause").raise_for_status()
    body = {"text": "# Waits", "lane": "slow", "on_busy": "queue", **SMALL}
    run = httpx.post(server.url + "/generate-sse", json=body, headers={"Prefer": "respond-async"}).json()
    return str(run["operation_id"])


async def test_an_assistant_explains_what_is_in_the_way_and_cancels_it(server: Server, waiting: str) -> None:
    with fail_after(HANG_S):
        async with assistant("stdio", server) as client:
            other = {"text": "# Other", "options": {"lane": "slow", "on_busy": "reject"}}
            assert waiting in text_of(await client.call_tool("explain", other))
            refused = await client.call_tool("make_slides", other)
            assert refused.is_error
            assert waiting in text_of(refused)
            cancelled = await client.call_tool("cancel", {"operation_id": waiting})
            assert not cancelled.is_error, text_of(cancelled)
            ended = await client.call_tool("follow", {"operation_id": waiting})
            assert ended.is_error
            assert "cancelled" in text_of(ended)
            wrong = await client.call_tool("make_slides", {"text": "x", "options": {"zoom": 99}})
            assert wrong.is_error
            assert "0.5..10" in text_of(wrong)
            unknown = await client.call_tool("get", {"operation_id": "01a00000-0000-7000-8000-000000000000"})
            assert unknown.is_error
