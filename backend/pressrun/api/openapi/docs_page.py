"""/docs: the OpenAPI document as a page to read. HTML made here from `build_openapi`, one style sheet, no script.

Nothing comes from another host and nothing is inline, so the page stands under the UI's own policy. What it says is
what the document says: a field, status or event cannot be missing here and present there.
"""

from __future__ import annotations

import functools
import json
import re
from html import escape
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from pressrun.api.openapi.document import build_openapi

STYLE_PATH = "/docs/docs.css"
_STYLE = Path(__file__).with_name("docs") / "docs.css"
_EXAMPLE_BODIES = {
    "GenerateRequest": {"text": "# Rivers\n\nRivers shape the land.", "theme": "ink"},
    "RerenderRequest": {"zoom": 3, "outputs": ["images", "pdf"]},
    "RetryRequest": {},
    "CancelRequest": {},
}
_REF = "#/components/schemas/"

Schema = dict[str, Any]


async def show_docs(request: Request) -> Response:
    """GET /docs"""
    page = await anyio.to_thread.run_sync(render_docs)
    # The gate has checked Host, so it is a name of ours; the curl lines work where the page was opened.
    base = f"{request.url.scheme}://{request.headers['host']}"
    return HTMLResponse(page.replace("{base}", escape(base)), headers={"Cache-Control": "no-cache"})


async def get_style(request: Request) -> Response:
    """GET /docs/docs.css"""
    return FileResponse(_STYLE, media_type="text/css", headers={"Cache-Control": "no-cache"})


@functools.cache
def render_docs() -> str:
    """The page; `{base}` stands for the server's address."""
    document = build_openapi()
    schemas: dict[str, Schema] = document["components"]["schemas"]
    events: dict[str, str] = schemas["RunEvent"]["discriminator"]["mapping"]
    shown = {name: schema for name, schema in schemas.items() if _REF + name not in events.values()}
    operations = [
        (path, method, operation, [*item.get("parameters", []), *operation.get("parameters", [])])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    return _PAGE.format(
        style=STYLE_PATH,
        version=escape(document["info"]["version"]),
        description=_prose(document["info"]["description"]),
        index="".join(_index_line(path, method, operation) for path, method, operation, _ in operations),
        operations="".join(_operation(*entry) for entry in operations),
        webhooks="".join(_webhook(item["post"]) for item in document["webhooks"].values()),
        events="".join(_event(kind, schemas[ref.removeprefix(_REF)]) for kind, ref in events.items()),
        schemas="".join(_schema(name, schema) for name, schema in shown.items() if name != "RunEvent"),
        base="{base}",
    )


def _index_line(path: str, method: str, operation: dict[str, Any]) -> str:
    return (
        f'<li><a href="#{_anchor(path, method)}">{_badge(method)} <code>{_breakable(path)}</code></a> '
        f"<span>{_prose(operation['summary'])}</span></li>"
    )


def _operation(path: str, method: str, operation: dict[str, Any], parameters: list[dict[str, Any]]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    parts = [
        f'<section id="{_anchor(path, method)}"><h3>{_badge(method)} <code>{_breakable(path)}</code></h3>',
        f"<p>{_prose(operation['summary'])}.</p>",
        f"<pre><code>{escape(_curl(path, method, body, operation))}</code></pre>",
    ]
    if body:
        parts.append(f"<p>Body: {_type(body)}, JSON.{_form(operation)}</p>")
    if parameters:
        rows = "".join(
            _row(f"<code>{escape(p['name'])}</code>", escape(p["in"]), _type(p["schema"]), _prose(p["description"]))
            for p in parameters
        )
        parts.append(_table(("Parameter", "in", "Type", ""), rows))
    return "".join(parts) + _statuses(operation) + "</section>"


def _statuses(operation: dict[str, Any]) -> str:
    rows = "".join(
        _row(f"<code>{status}</code>", _contents(answer), _prose(answer["description"]))
        for status, answer in sorted(operation["responses"].items())
    )
    return _table(("Status", "Answer", ""), rows)


def _webhook(operation: dict[str, Any]) -> str:
    """A request that the server sends."""
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    headers = " ".join(f"<code>{escape(header['name'])}</code>" for header in operation["parameters"])
    says = f"<p>{_prose(operation['summary'])}.</p><p>Body: {_type(body)}, JSON. Headers: {headers}</p>"
    return says + _statuses(operation)


def _event(kind: str, schema: Schema) -> str:
    own = {name: field for name, field in schema["properties"].items() if name not in _ENVELOPE}
    fields = "<br>".join(
        f"<code>{escape(name)}</code> {_type(field)} <small>{_prose(field.get('description', ''))}</small>"
        for name, field in own.items()
    )
    says = _prose(schema.get("description", ""))
    return _row(f'<code id="event-{kind}">{escape(kind)}</code>', says, fields)


def _form(operation: dict[str, Any]) -> str:
    """That a form is taken too, and how it spells its fields."""
    schema = operation["requestBody"]["content"].get("multipart/form-data", {}).get("schema")
    if schema is None:
        return ""
    fields = "".join(
        f"; <code>{escape(name)}</code>: {_prose(field['description'])}" for name, field in schema["properties"].items()
    )
    return f" Or <code>multipart/form-data</code>: {_prose(schema['description'])}{fields}."


_ENVELOPE = ("type", "seq", "operation_id", "at", "v")


def _schema(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        _row(
            f"<code>{escape(field)}</code>{' <b>required</b>' if field in required else ''}",
            _type(values) + _limits(values),
            _default(values),
            _prose(values.get("description", "")),
        )
        for field, values in schema.get("properties", {}).items()
    )
    table = _table(("Field", "Type", "Default", ""), rows) if rows else ""
    summary = _prose(schema.get("description", "").split("\n\n")[0])
    return f'<section id="schema-{name}"><h3>{escape(name)}</h3><p>{summary}</p>{table}</section>'


def _type(schema: Schema) -> str:
    """The schema in a few words, with links to those that have a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REF))
        return f'<a href="{"#events" if name == "RunEvent" else f"#schema-{name}"}">{name}</a>'
    if "enum" in schema or "const" in schema:
        return " · ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", [schema.get("const")]))
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(_type(option) + _limits(option) for option in options))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("type") or "anything"))


def _limits(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    words = []
    if low is not None or high is not None:
        words.append(f"{'' if low is None else low}..{'' if high is None else high}")
    for key, word in (("maxLength", "characters"), ("maxItems", "items")):
        if key in schema:
            words.append(f"at most {schema[key]:,} {word}".replace(",", "\N{NO-BREAK SPACE}"))
    if "pattern" in schema:
        words.append(f"<code>{escape(schema['pattern'])}</code>")
    return f" <small>{', '.join(words)}</small>" if words else ""


def _default(schema: Schema) -> str:
    if schema.get("default") is None:
        return ""
    return f"<code>{escape(json.dumps(schema['default'], ensure_ascii=False))}</code>"


def _contents(answer: dict[str, Any]) -> str:
    return "<br>".join(
        f"{_type(_data_of(content['schema']))} <small>{escape(media_type)}</small>"
        for media_type, content in answer.get("content", {}).items()
    )


def _data_of(schema: Schema) -> Schema:
    """What is inside: a stream's messages carry JSON in a string."""
    data: Schema = schema.get("properties", {}).get("data", {}).get("contentSchema", schema)
    return data


def _curl(path: str, method: str, body: Schema | None, operation: dict[str, Any]) -> str:
    """A line that works when pasted, once RUN holds an operation_id."""
    streams = "text/event-stream" in json.dumps(operation["responses"].get("200", {}))
    words = ["curl", *(["-N"] if streams else []), *([] if method == "get" else ["-X", method.upper()])]
    url = path.replace("{operation_id}", "$RUN").replace("{name}", "document.html")
    url = url.replace("{lane}", "default")
    words.append(f'"{{base}}{url}"' if "$" in url else f"{{base}}{url}")
    if url.endswith((".zip", ".html")):
        words.append("-O")
    if body:
        example = json.dumps(_EXAMPLE_BODIES[body["$ref"].removeprefix(_REF)])
        words.append(f"\\\n  -H 'Content-Type: application/json' -d '{example}'")
    return " ".join(words)


def _prose(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _table(heads: tuple[str, ...], rows: str) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _badge(method: str) -> str:
    return f'<b class="method {method}">{method.upper()}</b>'


def _breakable(path: str) -> str:
    return escape(path).replace("/", "/<wbr>")


def _anchor(path: str, method: str) -> str:
    return f"{method}-{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-')}"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Pressrun API</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="{style}">
</head>
<body>
<header>
<h1>Pressrun API <small>{version}</small></h1>
<p>{description}</p>
<p><a href="#operations">Paths</a> · <a href="#events">Events</a> ·
<a href="#webhooks">Webhooks</a> · <a href="#schemas">Schemas</a> · <a href="/openapi.json">openapi.json</a> ·
<a href="/">Back to Pressrun</a></p>
<p>Where the server has tokens, add <code>-H 'Authorization: Bearer …'</code> to each line. <code>$RUN</code> is a run’s
<code>operation_id</code>.</p>
</header>
<main>
<nav aria-label="Paths"><ul>{index}</ul></nav>
<h2 id="operations">Paths</h2>
{operations}
<h2 id="events">Events</h2>
<p>Each message of a stream has <code>id</code> (the <code>seq</code>: 1, 2, 3 … per run), <code>event</code> (the type)
and <code>data</code>: JSON with <code>type</code>, <code>seq</code>, <code>operation_id</code>, <code>at</code>,
<code>v</code> and the fields below. <code>complete</code>, <code>error</code> and <code>cancelled</code> are the end;
a stream that stops without one was cut: ask for the rest with <code>Last-Event-ID</code>.</p>
<div class="scroll"><table><thead><tr><th>Type</th><th>Says</th><th>Fields</th></tr></thead>
<tbody>{events}</tbody></table></div>
<h2 id="webhooks">Webhooks</h2>
{webhooks}
<h2 id="schemas">Schemas</h2>
{schemas}
</main>
</body>
</html>
"""
