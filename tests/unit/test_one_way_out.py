"""Nobody but the egress broker may reach another host: a walk over the source forbids sockets and HTTP elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "backend" / "pressrun"

NETWORK_MODULES = {
    *("socket", "ssl", "socketserver", "http.client", "http.server", "urllib.request", "ftplib", "smtplib", "imaplib"),
    *("poplib", "telnetlib", "xmlrpc", "httpx", "httpx_sse", "httpcore", "h11", "h2", "requests", "urllib3", "aiohttp"),
    *("websockets", "websocket", "wsproto", "pycurl", "niquests", "openai", "boto3", "grpc"),
}
NETWORK_CALLS = {
    *("connect_tcp", "create_tcp_listener", "create_udp_socket", "create_connected_udp_socket", "getaddrinfo"),
    *("open_connection", "create_connection", "create_datagram_endpoint", "sock_connect", "urlopen", "urlretrieve"),
}
# Each with what it talks to. A new line here is a new way out: let it go through `egress` instead.
ALLOWED = {
    "egress/broker.py": "whatever PRESSRUN_EGRESS allows",
    "egress/policy.py": "nobody: httpx.URL reads a URL",
    "ai/client.py": "the operator's own PRESSRUN_AI_BASE_URL",
    "own_endpoint.py": "nobody: reads URL and key of the next two",
    "ai/framing.py": "nobody: reads what ai/client.py receives",
    "later.py": "nobody: imports what our own modules name",
    "exports/contract.py": "nobody: imports what our own table names",
    "exports/voices/endpoint.py": "the operator's own PRESSRUN_VOICE_BASE_URL",
    "cli/jobs.py": "a Pressrun server, from a user's program: whether one answers",
    "client/": "a Pressrun server, from a user's program",
    "api/connections/listeners.py": "nobody: listens",
    "api/connections/server.py": "nobody: listens",
    "browser/chromium/escape_vectors.py": "nobody: listens on loopback for what a page must not reach",
    "browser/chromium/remote_seal.py": "the operator's own PRESSRUN_BROWSERS: which of our addresses faces it",
    "doctor.py": "our own server, and PRESSRUN_AI_BASE_URL",
}


def ways_out(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if is_network(name.name))
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            yield from (name for name in names if is_network(name))
            yield from (name.name for name in node.names if name.name in NETWORK_CALLS)
        elif isinstance(node, ast.Attribute) and node.attr in NETWORK_CALLS:
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            *("__import__", "import_module"),
        ):
            yield "an import by name"


def is_network(module: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in NETWORK_MODULES)


def test_only_the_named_files_can_reach_another_host() -> None:
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    found = {name: sorted({*ways_out(ast.parse(path.read_text()))}) for name, path in files.items()}
    stray = {
        name: ways for name, ways in found.items() if ways and not any(name.startswith(allowed) for allowed in ALLOWED)
    }
    assert not stray
    unused = [allowed for allowed in ALLOWED if not any(name.startswith(allowed) and found[name] for name in found)]
    assert not unused


@pytest.mark.parametrize(
    "line",
    [
        "import socket",
        "import urllib.request",
        "from urllib import request",
        "from http import client",
        "import httpx._client",
        "from anyio import connect_tcp",
        "anyio.connect_tcp('h', 1)",
        "asyncio.open_connection('h', 1)",
        "__import__('socket')",
        "importlib.import_module('socket')",
    ],
)
def test_the_walk_sees_a_way_out(line: str) -> None:
    assert [*ways_out(ast.parse(line))]


@pytest.mark.parametrize("line", ["from http import HTTPStatus", "from urllib.parse import quote", "import anyio"])
def test_the_walk_lets_ordinary_imports_be(line: str) -> None:
    assert not [*ways_out(ast.parse(line))]
