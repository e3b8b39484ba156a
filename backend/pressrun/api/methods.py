"""Which methods a path takes, over all routes that know it: what `Allow` must say (RFC 9110, 15.5.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

Endpoint = Callable[[Request], Awaitable[Response]]


class OnlyRoute(Route):
    """A path that no later pattern takes over for other methods: `/runs/current` is not a run named "current"."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), child_scope  # `Route` itself answers 405 then


def methods_of(routes: Iterable[BaseRoute], path: str) -> tuple[str, ...]:
    """In alphabetical order; empty where nothing is."""
    scope: Scope = {"type": "http", "method": "", "path": path, "root_path": "", "headers": []}
    found: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            found |= route.methods or set()
            if isinstance(route, OnlyRoute):
                break
    return tuple(sorted(found))
