"""`Client`: `AsyncClient`, blocking. Each call is the async client's own, on an event loop in a thread of its own.

Owns that thread and what blocking changes: Ctrl-C (or whatever else the caller's thread is thrown while it waits) ends
the call on the loop before it goes on, and `on_notice` is called by the thread that waits.
"""

from __future__ import annotations

import concurrent.futures
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack
from functools import partial, wraps
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pressrun.client.aio import AsyncClient, AsyncRunStream, OnNotice
from pressrun.client.conversation import Notice, StreamState
from pressrun.client.models import ClientEvent
from pressrun.client.patience import Patience
from pressrun.client.requests import DEFAULT_URL

P = ParamSpec("P")
T = TypeVar("T")


class _Loop:
    """An event loop in a thread, from the first call to `close`, or until nobody holds it. Shared between threads."""

    closed = False

    def __init__(self, at_end: Callable[[], Awaitable[None]]) -> None:
        self._at_end = at_end
        self._lock = threading.Lock()  # of two first calls only one starts the thread
        self._portal: BlockingPortal | None = None
        self._stop: Callable[[], object] = lambda: None

    def call(
        self,
        ask: Callable[[], Awaitable[T]],
        messages: SimpleQueue[Any] | None = None,
        on_notice: OnNotice | None = None,
    ) -> T:
        """The answer of `ask`, awaited on the loop; a `Notice` in `messages` is handed on meanwhile."""
        portal = self._started()
        messages = messages or SimpleQueue()
        scopes: list[anyio.CancelScope] = []
        running: concurrent.futures.Future[T] | None = None

        async def run() -> T:
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                return await ask()
            raise concurrent.futures.CancelledError  # nobody waits for it any more

        def cancel() -> None:
            for scope in scopes:
                scope.cancel()

        try:
            running = portal.start_task_soon(run)
            running.add_done_callback(messages.put)
            while (message := messages.get()) is not running:
                if on_notice is not None and isinstance(message, Notice):
                    on_notice(message)
        except BaseException:
            portal.call(cancel)
            concurrent.futures.wait([running] if running else [])  # its connection is closed when the caller goes on
            raise
        answer: T = running.result()
        return answer

    def close(self) -> None:
        """Ends the thread, once `at_end` has run there."""
        with self._lock:
            self.closed = True
            stop, self._stop = self._stop, lambda: None
        stop()

    def _started(self) -> BlockingPortal:
        with self._lock:
            if self.closed:
                raise RuntimeError("Cannot send a request, as the client has been closed.")
            if self._portal is None:
                stack = ExitStack()
                self._portal = stack.enter_context(start_blocking_portal(name="pressrun-client"))
                stack.callback(self._portal.call, self._at_end)
                forgotten = weakref.finalize(self, _close_in_a_thread, stack)
                forgotten.atexit = False  # the thread is a daemon
                self._stop = partial(_end, forgotten, stack)
            return self._portal


def _end(forgotten: weakref.finalize[[ExitStack], _Loop], stack: ExitStack) -> None:
    forgotten.detach()
    stack.close()


def _close_in_a_thread(stack: ExitStack) -> None:
    """For a client that was dropped unclosed: whoever collects it may be the very thread that is to end."""
    threading.Thread(target=stack.close, daemon=True).start()


class RunStream(StreamState):
    """As `AsyncRunStream`: iterate it once, from one thread."""

    def __init__(
        self, loop: _Loop, stream: AsyncRunStream, messages: SimpleQueue[Any], on_notice: OnNotice | None
    ) -> None:
        self._loop = loop
        self._stream = stream
        self._conversation = stream._conversation
        self._messages = messages
        self._on_notice = on_notice
        self._begun = False

    def __iter__(self) -> Iterator[ClientEvent]:
        return self

    def __next__(self) -> ClientEvent:
        if self._begun and self._loop.closed:
            raise StopIteration
        self._begun = True
        event = self._loop.call(lambda: anext(self._stream, None), self._messages, self._on_notice)
        if event is None:
            raise StopIteration
        return event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. Whether the run goes on is up to its `on_disconnect`."""
        if not self._loop.closed:  # else it has been closed with the client
            self._loop.call(self._stream.aclose)


def _blocking(
    method: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Client, P], T]:
    @wraps(method)
    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._loop.call(lambda: method(self._client, *args, **kwargs))

    return call


def _streaming(
    method: Callable[Concatenate[AsyncClient, P], AsyncRunStream],
) -> Callable[Concatenate[Client, P], RunStream]:
    start: Callable[..., AsyncRunStream] = method

    @wraps(method)
    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> RunStream:
        messages: SimpleQueue[Any] = SimpleQueue()
        on_notice: Any = kwargs.get("on_notice")
        stream = start(self._client, *args, **{**kwargs, "on_notice": messages.put})
        return RunStream(self._loop, stream, messages, on_notice)

    return call


class Client:
    """As `AsyncClient`, for programs without an event loop. Its plain calls may be shared between threads."""

    def __init__(
        self, base_url: str = DEFAULT_URL, token: str | None = None, *, patience: Patience | None = None
    ) -> None:
        self._client = AsyncClient(base_url, token, patience=patience)
        self._loop = _Loop(self._client.aclose)
        self.base_url = self._client.base_url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections, those of forgotten streams too."""
        self._loop.close()

    generate = _streaming(AsyncClient.generate)
    follow = _streaming(AsyncClient.follow)
    rerender = _streaming(AsyncClient.rerender)
    explain = _blocking(AsyncClient.explain)
    get_run = _blocking(AsyncClient.get_run)
    list_runs = _blocking(AsyncClient.list_runs)
    cancel = _blocking(AsyncClient.cancel)
    retry = _blocking(AsyncClient.retry)
    pause = _blocking(AsyncClient.pause)
    resume = _blocking(AsyncClient.resume)
    pin = _blocking(AsyncClient.pin)
    delete = _blocking(AsyncClient.delete)
    spec = _blocking(AsyncClient.spec)
    log = _blocking(AsyncClient.log)
    lanes = _blocking(AsyncClient.lanes)
    pause_lane = _blocking(AsyncClient.pause_lane)
    resume_lane = _blocking(AsyncClient.resume_lane)
    sweep = _blocking(AsyncClient.sweep)
    download = _blocking(AsyncClient.download)
    download_to = _blocking(AsyncClient.download_to)
    download_all = _blocking(AsyncClient.download_all)
