"""/llms.txt: what this server is and can do, for language models (llmstxt.org). Made of the OpenAPI document."""

from __future__ import annotations

import functools

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pressrun.api.openapi.document import build_openapi


async def get_llms(request: Request) -> Response:
    """GET /llms.txt"""
    return PlainTextResponse(render_llms(), headers={"Cache-Control": "no-cache"})


@functools.cache
def render_llms() -> str:
    """Each operation is in it with its summary."""
    document = build_openapi()
    lines = [
        f"# {document['info']['title']}",
        "",
        f"> {document['info']['description']} The stream of events ends with `complete`, `error` or `cancelled`.",
        "",
        "## Description",
        "",
        "- [OpenAPI 3.1](/openapi.json): every field, answer and event",
        "- [The same to read](/docs): with an example for curl of each request",
        "",
        "## Operations",
        "",
    ]
    lines += [
        f"- `{method.upper()} {path}`: {operation['summary']}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and "summary" in operation
    ]
    return "\n".join(lines) + "\n"
