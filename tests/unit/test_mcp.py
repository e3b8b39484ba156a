"""`pressrun mcp` as a client of the official SDK sees it, on a scripted server."""

from __future__ import annotations

import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from pressrun.cli import main
from pressrun.cli.mcp_server import make_server
from pressrun.client import AsyncClient
from tests.support.limits import fail_after
from tests.support.scripted_server import OPERATION_ID, Answer, Script, scripted_server
from tests.support.server import PRESSRUN, free_port
from tests.unit.test_cli_make import FAILED, MADE

pytestmark = pytest.mark.anyio

RESULT = {
    "screenshot_count": 1,
    "screenshot_files": ["slides/0001.png"],
    "artifacts": [
        {"name": "rivers.pdf", "url": "/x", "media_type": "application/pdf", "size_bytes": 5, "sha256": None}
    ],
    "truncated": False,
    "duration_s": 1.5,
    "folder": "x",
}
RUN = Answer(200, {"operation_id": OPERATION_ID, "status": "complete", "title": "Rivers", "result": RESULT})


@asynccontextmanager
async def assistant(script: Script) -> AsyncIterator[Client]:
    with scripted_server(script) as url:
        async with AsyncClient(url) as client, Client(make_server(client)) as connected:
            yield connected


def text_of(result: Any) -> str:
    return str(result.content[0].text)


async def test_slides_are_made_with_progress_and_are_resources() -> None:
    script = Script(generate=[MADE], run=[RUN, RUN], files=[Answer(200, b"hello", content_type="application/pdf")])
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with assistant(script) as client:
        arguments = {"text": "# Rivers", "outputs": ["pdf", "images"], "options": {"theme": "ink"}}
        made = await client.call_tool("make_slides", arguments, progress_callback=hear)
        assert not made.is_error
        assert "complete: 2 slides" in text_of(made)
        assert "Warning: Too long" in text_of(made)
        links = {link.name: link for link in made.content[1:]}
        assert set(links) == {"slides/0001.png", "rivers.pdf"}
        read = await client.read_resource(links["rivers.pdf"].uri)
        assert base64.b64decode(read.contents[0].blob) == b"hello"
    assert heard
    assert all(total == 100 for _, total, _ in heard)
    body = script.seen[0].body
    assert body == {
        "text": "# Rivers", "outputs": ["pdf", "images"], "theme": "ink", "on_busy": "queue", "on_duplicate": "join",
    }  # fmt: skip


async def test_a_run_that_fails_is_an_error_that_says_why() -> None:
    async with assistant(Script(generate=[FAILED])) as client:
        made = await client.call_tool("make_slides", {"text": "# Rivers"})
        assert made.is_error
        assert "Not ready" in text_of(made)


async def test_a_request_that_cannot_be_taken_names_the_field() -> None:
    problem = {
        "code": "field_errors",
        "detail": "no",
        "errors": [{"field": "zoom", "problem": "is too much", "valid": "0.5..10"}],
    }
    async with assistant(Script(generate=[Answer(422, problem)])) as client:
        made = await client.call_tool("make_slides", {"text": "x", "options": {"zoom": 99}})
        assert made.is_error
        assert "zoom: is too much (valid: 0.5..10)" in text_of(made)


async def test_the_tools_are_those_that_are_promised() -> None:
    async with assistant(Script()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"make_slides", "follow", "get", "list_runs", "cancel", "explain"}
        assert all(tool.description for tool in tools.values())
        assert "ctx" not in tools["make_slides"].input_schema["properties"]
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "pressrun://runs/{operation_id}/files/{+name}"


@pytest.mark.slow
async def test_the_command_speaks_over_its_pipes_and_over_http() -> None:
    port = free_port()
    with scripted_server(Script(run=[RUN])) as url, fail_after(20):
        words = ["mcp", "--server", url]
        async with Client(stdio_client(StdioServerParameters(command=str(PRESSRUN), args=words))) as client:
            assert "Rivers" in text_of(await client.call_tool("get", {"operation_id": OPERATION_ID}))
        async with await anyio.open_process([str(PRESSRUN), *words, "--http", "--port", str(port)]) as process:
            try:
                while True:
                    with suppress(OSError):
                        async with await anyio.connect_tcp("127.0.0.1", port):
                            break
                    await anyio.sleep(0.05)
                async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                    assert "Rivers" in text_of(await client.call_tool("get", {"operation_id": OPERATION_ID}))
            finally:
                process.terminate()


def test_without_the_package_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "pressrun.cli.mcp_server", raising=False)
    monkeypatch.delattr("pressrun.cli.mcp_server", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert main(["mcp", "--server", "http://127.0.0.1:9"]) == 2
    assert "pip install 'pressrun[mcp]'" in capsys.readouterr().err
