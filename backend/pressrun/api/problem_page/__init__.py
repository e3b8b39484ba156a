"""A problem as a page, for a person whose browser came here: what is wrong, and what to do next.

It stands alone: no script, and nothing to load, for what is wrong may be that this browser may load nothing here (a
host that is not allowed, a token that is wanted). Programs get the problem document that it is made from.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from pressrun.api.wire.problems import errors_by_code

_CSS = (Path(__file__).parent / "page.css").read_text("utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()

_PROBLEM = (b"content-type", b"application/problem+json")
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Language": "en",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}

_START = '<a href="/">The first page</a>: text in, slides out'
_RUNS = '<a href="/runs">The runs</a>, newest first, to be searched'
_DOCS = '<a href="/docs">The description of the API</a> says which addresses there are'
_AGAIN = "Load this page again in a moment"
_OWNER = "Tell whoever runs this server, with what stands above"

# What helps, by status; what stands in no row is for the server's owner to mend.
_NEXT: Mapping[int, tuple[str, ...]] = {
    400: (_START, _RUNS, _DOCS),
    401: ('<a href="/">The first page</a> asks for the token; then what was looked for is found from there', _DOCS),
    403: (_START, "Whoever gave you your token can give it more rights"),
    404: (_START, _RUNS, _DOCS),
    405: ("This address is for programs: a browser does not show it", _DOCS, _START),
    409: (_RUNS, _AGAIN),
    410: (_RUNS, _START),
    421: (
        "Open the address under which the server was started",
        "Its owner can allow this one by the setting named above",
    ),
    422: (_START, _RUNS, _DOCS),
    429: (_AGAIN, _START),
    431: ("Delete the cookies of this site and load the page again", _START),
    503: (_AGAIN, _OWNER),
}
_ELSE = (_AGAIN, _START, _OWNER)


def problem_page(problem: Mapping[str, Any]) -> str:
    """The page of a problem document, as `problem_body` makes them."""
    status = int(problem["status"])
    title, detail = html.escape(str(problem["title"])), html.escape(str(problem["detail"]))
    code = html.escape(str(problem.get("code", "")))
    error = errors_by_code().get(str(problem.get("code")))
    steps = (() if error is None else (html.escape(error.remedy),)) + _NEXT.get(status, _ELSE)
    items = "".join(f"<li>{step}</li>" for step in steps)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} · Pressrun</title><style>{_CSS}</style></head>"
        f'<body><main><p class="status">Pressrun · {status} {code}</p><h1>{title}</h1><p>{detail}</p>'
        f"<h2>What you can do</h2><ul>{items}</ul></main></body></html>\n"
    )


def as_page(send: Send) -> Send:
    """A problem becomes a page that a person can read; every other answer goes as it is."""
    problem: list[Message] = []  # its start, held back until its body is there

    async def send_readable(message: Message) -> None:
        if message["type"] == "http.response.start" and _PROBLEM in message["headers"]:
            problem.append(message)
        elif not problem:
            await send(message)
        elif message["type"] == "http.response.body":  # a problem is one message (problems.py)
            page = problem_page(json.loads(message["body"])).encode()
            headers = MutableHeaders(scope=problem[0])
            headers.update({**_HEADERS, "Content-Length": str(len(page))})
            headers.add_vary_header("Accept")
            await send(problem[0])
            await send({**message, "body": page})

    return send_readable
