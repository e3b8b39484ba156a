"""`Begun`: a coroutine that has been run as far as it goes without waiting; most need not wait at all.

A time limit costs 12 us (anyio's scope and the loop's timer), `receive()` of a body that is there 0.4. So the limit is
set only when there is something to wait for. Knows no event loop: what the coroutine yields is passed on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """Either `ended`, and there is its `result`; or to be awaited, once, by the task that began it and right away."""

    __slots__ = ("_pending", "_steps", "_waits_for", "ended", "result")

    result: T

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._steps: Generator[Any, Any, T] = awaitable.__await__()
        try:
            self._waits_for = next(self._steps)
            self.ended, self._pending = False, True
        except StopIteration as end:
            self.result = end.value
            self.ended = True

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        """Goes on; the first time it only tells what was being waited for when it was begun."""
        if self._pending:
            self._pending = False
            return self._waits_for
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        """A cancellation, for one, is the coroutine's to meet."""
        return self._steps.throw(*error)

    def close(self) -> None:
        """Ends it where it is."""
        self._steps.close()
