"""`pressrun mcp`: slides for programs that speak the Model Context Protocol, over standard input and output or HTTP.

A client of a Pressrun server as the other commands are, its own where there is none. Tools start runs, follow them and
tell of them; progress is that of the protocol; what a run has made are resources, read when they are asked for.
"""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ResourceLink, TextContent

from pressrun import __version__
from pressrun.cli import embedded
from pressrun.cli.exits import Exit
from pressrun.cli.failures import lines_of
from pressrun.cli.output import counted
from pressrun.client import AsyncClient, AsyncRunStream, ClientError, ClientEvent, FileInfo
from pressrun.export_kinds import Output

_HERE = "127.0.0.1"  # the protocol has no tokens of ours: nobody else may ask
_SCHEME = "pressrun://runs"
_MOST_WARNINGS = 10  # of a run, in an answer; arbitrary: a screen
_MAX_READ_BYTES = 50_000_000  # arbitrary: a resource is held in memory, and again in base64

Transport = Literal["stdio", "http"]


def serve(where: tuple[str, str | None] | None, transport: Transport, port: int) -> int:
    """Serves until its client goes away, or Ctrl-C; the exit code. `where` None: a server of this command alone.

    Raises: UsageError, StartupError, OSError.
    """
    if where is not None:
        anyio.run(partial(_serve, where, transport, port))
        return Exit.COMPLETE
    embedded.require_browser(install=False)
    with embedded.take_folder() as folder:

        async def alone() -> None:
            async with embedded.open_server(folder, 1) as ours:
                await _serve(ours, transport, port)

        anyio.run(alone)
    return Exit.COMPLETE


async def _serve(where: tuple[str, str | None], transport: Transport, port: int) -> None:
    async with AsyncClient(*where) as client:
        server = make_server(client)
        if transport == "stdio":
            await server.run_stdio_async()
        else:
            await server.run_streamable_http_async(host=_HERE, port=port)


def make_server(client: AsyncClient) -> MCPServer[Any]:
    """The tools and resources; `client` is open as long as they are used."""
    server: MCPServer[Any] = MCPServer(
        "pressrun",
        title="Pressrun",
        version=__version__,
        instructions="Makes slides, PDF, PowerPoint and video of Markdown or HTML. make_slides waits for the result, "
        "whose files are resources. When a run takes long, follow it by its operation_id.",
        log_level="ERROR",
    )
    _add_tools(server, _Tools(client))

    @server.resource(_SCHEME + "/{operation_id}/files/{+name}", name="file", title="What a run has made")
    async def file(operation_id: str, name: str) -> str | bytes:
        """A file of a run, as its tools name it."""
        return await _Tools(client).read(operation_id, name)

    return server


def _add_tools(server: MCPServer[Any], tools: _Tools) -> None:
    for tool in (tools.make_slides, tools.follow, tools.get, tools.list_runs, tools.cancel, tools.explain):
        server.add_tool(tool, structured_output=False)


class _Tools:
    """Their docstrings are what a model reads."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def make_slides(
        self,
        ctx: Context[Any, Any],
        text: str | None = None,
        html: str | None = None,
        outputs: list[Output] | None = None,
        title: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> CallToolResult:
        """Make slides and wait for them. Give `text` (Markdown; a line of dashes begins a slide) or `html` (a page).
        `outputs`: images, html, pdf, pptx, viewer, contact_sheet, text, markdown, video, zip; pdf unless
        given. `options`: other fields of the request, as in {"theme": "ink", "zoom": 1.5}. Answers with the files.
        """
        body = _request(text, html, outputs, title, options)
        with _told():
            return await self._to_the_end(self._client.generate(body), ctx)

    async def follow(self, ctx: Context[Any, Any], operation_id: str) -> CallToolResult:
        """Wait for the end of a run that somebody has started, and answer with its files."""
        with _told():
            return await self._to_the_end(self._client.follow(operation_id), ctx)

    async def get(self, operation_id: str) -> CallToolResult:
        """How a run is: its status, progress, error, and the files that it has made."""
        with _told():
            run = await self._client.get_run(operation_id)
        lines = [f"Run {run.operation_id}: {run.status}" + (f", {run.progress} %" if run.status == "running" else "")]
        lines += [f"Title: {run.title}"] if run.title else []
        lines += [f"Error: {run.error.get('message')} ({run.error.get('code')})"] if run.error else []
        files = run.result.files() if run.result else []
        return _answer(lines, operation_id, files, failed=run.status == "error")

    async def list_runs(self, limit: int = 20, status: str | None = None, q: str | None = None) -> CallToolResult:
        """The last runs, newest first. `status`: queued, running, complete, error, cancelled. `q`: words of titles."""
        with _told():
            page = await self._client.list_runs(limit=limit, status=status, q=q)
        lines = [f"{run.operation_id}  {run.status}  {run.title or ''}".rstrip() for run in page.runs]
        return _answer(lines or ["There are no such runs."], "", [])

    async def cancel(self, operation_id: str) -> CallToolResult:
        """Cancel a run that waits or is running."""
        with _told():
            run = await self._client.cancel(operation_id)
        return _answer([f"Run {run.operation_id} is being cancelled."], operation_id, [])

    async def explain(
        self,
        text: str | None = None,
        html: str | None = None,
        outputs: list[Output] | None = None,
        title: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> CallToolResult:
        """Say what make_slides would meet with these arguments right now, and start nothing."""
        with _told():
            told = await self._client.explain(_request(text, html, outputs, title, options))
        way = [f"In the way: run {told.run.operation_id} ({told.run.status})"] if told.run else []
        return _answer([told.message, *way], "", [])

    async def read(self, operation_id: str, name: str) -> str | bytes:
        """The bytes of a file; text where it is one. Raises: ToolError."""
        with _told():
            run = await self._client.get_run(operation_id)
            file = next((each for each in (run.result.files() if run.result else []) if each.name == name), None)
            if file is not None and (file.size_bytes or 0) > _MAX_READ_BYTES:
                raise ToolError(
                    f"{name} is too large to be read as a resource; `pressrun runs get {operation_id}` gets it."
                )
            stream = io.BytesIO()
            await self._client.download_to(operation_id, name, stream, sha256=file.sha256 if file else None)
        data = stream.getvalue()
        kind = _media_type(name)
        return data.decode("utf-8", "replace") if kind.startswith("text/") else data

    async def _to_the_end(self, stream: AsyncRunStream, ctx: Context[Any, Any]) -> CallToolResult:
        warnings: list[str] = []
        last: ClientEvent | None = None
        async with stream:
            async for event in stream:
                last = event
                if event.type == "progress":
                    await ctx.report_progress(event.data.get("progress", 0), 100, str(event.data.get("message", "")))
                elif event.type == "warning":
                    warnings.append(f"Warning: {event.data.get('message', '')}")
        name = stream.operation_id or ""
        if last is None or last.type != "complete":
            said = (last.data.get("message") or last.type) if last else "it has ended without a word"
            return _answer([f"Run {name} made nothing: {said}", *warnings[:_MOST_WARNINGS]], name, [], failed=True)
        run = await self._client.get_run(name)
        files = run.result.files() if run.result else []
        coverage = last.data.get("coverage") or {}
        counts = f"{counted(last.data.get('screenshot_count', 0), 'slide')}, {counted(len(files), 'file')}"
        lines = [f"Run {name} is complete: {counts}."]
        lines += [str(coverage["summary"])] if coverage.get("summary") else []
        more = len(warnings) - _MOST_WARNINGS
        rest = [f"and {more} more warnings"] if more > 0 else []
        return _answer([*lines, *warnings[:_MOST_WARNINGS], *rest], name, files)


def _request(
    text: str | None, html: str | None, outputs: list[Output] | None, title: str | None, options: dict[str, Any] | None
) -> dict[str, Any]:
    given = {"text": text, "html": html, "outputs": outputs or ["pdf"], "title": title}
    usual = {"on_busy": "queue", "on_duplicate": "join"}
    return {**usual, **(options or {}), **{name: value for name, value in given.items() if value is not None}}


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is said in the words of the command line. Raises: ToolError."""
    try:
        yield
    except ClientError as exc:
        raise ToolError(" ".join(lines_of(exc))) from exc


def _answer(lines: list[str], operation_id: str, files: list[FileInfo], *, failed: bool = False) -> CallToolResult:
    links = [
        ResourceLink(
            type="resource_link",
            name=file.name,
            uri=f"{_SCHEME}/{operation_id}/files/{quote(file.name)}",
            mime_type=_media_type(file.name),
            size=file.size_bytes,
        )
        for file in files
    ]
    return CallToolResult(content=[TextContent(type="text", text="\n".join(lines)), *links], is_error=failed)


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
