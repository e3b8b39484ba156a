"""What of uvicorn's insides the server builds on (pinned to a minor): each is named here and still means the same.

What a new uvicorn renames would else be overridden in vain, and silently.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from sse_starlette.sse import AppStatus
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from pressrun.api.connections import server

_MODULE = ast.parse(Path(server.__file__).read_text())
_OVERRIDDEN = {
    server.Connection: {
        "connection_lost",
        "connection_made",
        "data_received",
        "on_response_complete",
        "pause_writing",
        "resume_writing",
        "shutdown",
    },
    server.Server: {"main_loop", "should_exit", "shutdown", "startup"},
}


def borrowed(name: str) -> set[str]:
    """What the class uses of itself that it does not define: attributes of uvicorn's class, then."""
    (node,) = (each for each in _MODULE.body if isinstance(each, ast.ClassDef) and each.name == name)
    own = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    own |= {
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    own |= {each.targets[0].id for each in node.body if isinstance(each, ast.Assign)}  # type: ignore[attr-defined]
    used = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "self":
            (own if isinstance(each.ctx, ast.Store) else used).add(each.attr)
    return used - own | ({"transport", "server_state"} & own)


def the_app(*_: object) -> None:
    """Never called."""


@pytest.fixture
def protocol() -> Iterator[H11Protocol]:
    loop = asyncio.new_event_loop()
    yield H11Protocol(uvicorn.Config(the_app), ServerState(), {}, _loop=loop)
    loop.close()


def test_a_connection_uses_what_a_protocol_has(protocol: H11Protocol) -> None:
    assert borrowed("Connection") == {"conn", "cycle", "loop", "scope", "transport"}
    assert [getattr(protocol, name) for name in ("cycle", "scope", "transport")] == [None] * 3, "until there is one"
    assert {"their_state", "our_state", "trailing_data"} <= set(dir(protocol.conn))
    assert "self.response_complete = False" in inspect.getsource(RequestResponseCycle.__init__)


def test_a_server_uses_what_uvicorn_s_has() -> None:
    assert borrowed("Server") == {"lifespan", "server_state"}
    assert "self.lifespan = config.lifespan_class(config)" in inspect.getsource(uvicorn.Server._serve)
    lifespan = LifespanOn(uvicorn.Config(the_app))
    assert (lifespan.state, lifespan.error_occurred) == ({}, False)
    assert "self.shutdown_event.set()" in inspect.getsource(LifespanOn.main).partition("finally:")[2]


@pytest.mark.parametrize("owner", _OVERRIDDEN, ids=lambda owner: owner.__name__)
def test_what_is_overridden_is_there(owner: type) -> None:
    above = owner.__mro__[1]
    theirs = vars(above(uvicorn.Config(the_app))).keys() if owner is server.Server else set()
    ours = {name for name in vars(owner) if not name.startswith("_") and (hasattr(above, name) or name in theirs)}
    assert ours == _OVERRIDDEN[owner]  # type: ignore[index]


def test_the_protocol_is_told_that_a_response_is_complete_by_the_name_that_is_overridden() -> None:
    assert "on_response=self.on_response_complete" in inspect.getsource(H11Protocol.handle_events)
    assert "self.on_response()" in inspect.getsource(RequestResponseCycle.send)


def test_the_server_shuts_its_connections_down_by_the_name_that_is_overridden() -> None:
    shutdown = inspect.getsource(uvicorn.Server.shutdown)
    assert "for connection in list(self.server_state.connections):\n            connection.shutdown()" in shutdown


def test_signals_end_the_server_by_the_flag_that_is_a_property_here() -> None:
    """sse-starlette puts its own handler before uvicorn's, which then goes no further than to call it."""
    run_server = inspect.getsource(server.run_server)
    assert run_server.index("AppStatus.disable_automatic_graceful_drain()") < run_server.index("server.run(")
    told = uvicorn.Server(uvicorn.Config(the_app))
    AppStatus.disable_automatic_graceful_drain()
    try:
        told.handle_exit(signal.SIGTERM, None)
    finally:
        AppStatus.enable_automatic_graceful_drain_mode()
    assert (told.should_exit, AppStatus.should_exit) == (True, False)


def test_nothing_but_its_main_loop_looks_every_tenth_of_a_second() -> None:
    """`Server.main_loop` replaces it: with it go the tick, and the `Date` header, which `_State` makes instead."""
    source = inspect.getsource(uvicorn.Server)
    assert source.count("self.on_tick(") == inspect.getsource(uvicorn.Server.main_loop).count("self.on_tick(") == 2
    assert "await self.main_loop()" in inspect.getsource(uvicorn.Server._serve)
    assert "self.server_state.default_headers = " in inspect.getsource(uvicorn.Server.on_tick)
    assert "default_headers=self.server_state.default_headers" in inspect.getsource(H11Protocol.handle_events)
    assert ServerState().default_headers == []


def test_the_protocol_is_made_of_what_the_config_was_given() -> None:
    """`http=` is our class with its limiter; uvicorn only calls it, by these names."""
    startup = inspect.getsource(uvicorn.Server.startup)
    for named in ("config=config", "server_state=self.server_state", "app_state=self.lifespan.state", "_loop=_loop"):
        assert named in startup


def test_a_transport_is_used_by_no_other_names_than_the_lingering_one_stands_for() -> None:
    """Ours answers `close` and `is_closing` itself and passes all else on."""
    sources = inspect.getsource(H11Protocol) + inspect.getsource(RequestResponseCycle)
    assert "self.transport.close()" in sources
    assert "self.transport.is_closing()" in sources
    assert "self.transport.abort()" not in sources, "it would not linger"
