"""Requests that read take turns: by caller, few at a time, and told at once when too many wait."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pressrun.api.endpoints.reads import by_turns
from pressrun.api.gate.tokens import LOCAL, Caller, with_caller
from pressrun.api.routes import build_routes
from pressrun.errors import ServerBusy
from pressrun.fair_limiter import FairLimiter

pytestmark = pytest.mark.anyio

READERS = {"list_runs", "show_run", "get_log", "get_spec", "get_file", "get_archive", "list_lanes"}


class House:
    """A route that reads until it is told to end, and who is at it."""

    def __init__(self, **limits: int) -> None:
        self.reads = FairLimiter(2, **limits)
        self.begun: list[str] = []
        self.go_on = anyio.Event()

    async def ask(self, who: str, caller: Caller | None = None, client: tuple[str, int] = ("127.0.0.1", 1)) -> None:
        scope: dict[str, Any] = {"type": "http", "client": client, "state": {"app": SimpleNamespace(reads=self.reads)}}
        await by_turns(self._read)(Request(with_caller({**scope, "who": who}, caller or LOCAL)))

    async def _read(self, request: Request) -> Response:
        self.begun.append(cast(str, request.scope["who"]))
        await self.go_on.wait()
        return Response()


@pytest.mark.promise("peers")
@pytest.mark.parametrize("tokens", [True, False])
async def test_a_crowd_of_reads_lets_another_caller_s_or_connection_s_be_the_next(tokens: bool) -> None:
    house = House()
    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(house.ask, f"crowd {number}", *_caller("crowd", 1, tokens=tokens))
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(house.ask, "one", *_caller("quiet", 2, tokens=tokens))
        await anyio.wait_all_tasks_blocked()
        assert house.begun == ["crowd 0", "crowd 1"], "few at a time"
        house.go_on.set()
    assert len(house.begun) == 51
    assert house.begun.index("one") <= 3


def _caller(name: str, port: int, *, tokens: bool) -> tuple[Caller | None, tuple[str, int]]:
    return (Caller(name, frozenset({"read"})), ("10.0.0.1", 1)) if tokens else (None, ("127.0.0.1", port))


async def test_more_than_can_be_read_in_a_while_are_told_so() -> None:
    house = House(max_waiting=3)
    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(house.ask, str(number))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ServerBusy):
            await house.ask("too many")
        house.go_on.set()


def test_every_route_that_reads_history_or_files_takes_turns() -> None:
    """Else its readers fill the line for the database's threads, and a POST waits behind them all."""
    routes = [route for route in build_routes() if isinstance(route, Route) and route.name in READERS]
    assert {route.name for route in routes} == READERS
    turned = [_unwrapped(route.endpoint) for route in routes]
    assert all("taken" in names for names in turned), turned


def _unwrapped(endpoint: Any) -> list[str]:
    names = []
    while endpoint is not None:
        names.append(endpoint.__code__.co_name)
        endpoint = getattr(endpoint, "__wrapped__", None)
    return names
