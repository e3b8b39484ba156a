"""`AsyncClient`: Pressrun's HTTP interface on anyio (asyncio or trio). All decisions are `conversation`'s."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar
from weakref import WeakSet

import anyio
import anyio.to_thread
import httpx
from httpx_sse import EventSource, SSEError
from pydantic import BaseModel

from pressrun.client.answers import MAX_ANSWER_BYTES, problem_of, read_model, read_object, read_text
from pressrun.client.conversation import (
    BROKEN,
    BROKEN_IN_USE,
    Conversation,
    Notice,
    StreamDamaged,
    StreamState,
    Submission,
    translated,
)
from pressrun.client.downloads import ATTEMPTS, PartFile, digest_of, nearest_folder, place_in, publish_all
from pressrun.client.errors import DownloadDamaged
from pressrun.client.models import (
    ClientEvent,
    Explanation,
    FileInfo,
    LaneInfo,
    LaneList,
    RetentionInfo,
    RunInfo,
    RunPage,
)
from pressrun.client.patience import Outage, Patience
from pressrun.client.requests import DEFAULT_URL, generate_body, http_options, lane_path, list_query, run_path

ModelT = TypeVar("ModelT", bound=BaseModel)
OnNotice = Callable[[Notice], None]


class AsyncRunStream(StreamState):
    """The events of one run, in order, each once, over as many connections as that takes; ends after the terminal one.

    Iterate it once. Left early it keeps a connection until `aclose()`, the end of `async with`, or the client's close.
    """

    def __init__(self, http: httpx.AsyncClient, conversation: Conversation) -> None:
        self._http = http
        self._conversation = conversation
        self._events = self._follow()

    def __aiter__(self) -> AsyncIterator[ClientEvent]:
        return self

    async def __anext__(self) -> ClientEvent:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection. Whether the run goes on is up to its `on_disconnect`."""
        await self._events.aclose()

    async def _follow(self) -> AsyncGenerator[ClientEvent, None]:
        talk = self._conversation
        while not talk.done:
            try:
                async with self._http.stream(**talk.next_request().options()) as answer:
                    answer.encoding = "utf-8"  # as event streams are; not in what the other side names
                    if talk.opened(answer.status_code, answer.headers):
                        async for sse in EventSource(answer).aiter_sse():
                            event = talk.received(sse)
                            if event is not None:
                                yield event
                            if talk.done:
                                return
                        wait_s = talk.lost(None)
                    else:
                        wait_s = talk.refused(answer.status_code, answer.headers, await _read_bounded(answer))
            except (*BROKEN, SSEError, StreamDamaged) as exc:
                wait_s = talk.lost(exc)
            await anyio.sleep(wait_s)


class AsyncClient:
    """A Pressrun server. One per event loop, shared by any number of tasks; use it with `async with`, or `aclose()` it.

    Calls that are not streams or downloads are repeated at most once, and raise what happens.
    """

    def __init__(
        self, base_url: str = DEFAULT_URL, token: str | None = None, *, patience: Patience | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._patience = patience or Patience()
        self._http = httpx.AsyncClient(**http_options(self.base_url, token, self._patience))
        self._streams: WeakSet[AsyncRunStream] = WeakSet()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections, those of forgotten streams too."""
        for stream in list(self._streams):
            await stream.aclose()
        await self._http.aclose()

    def generate(
        self,
        request: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
        on_disconnect: str | None = None,
        on_notice: OnNotice | None = None,
    ) -> AsyncRunStream:
        """Starts a run and follows it. `request` holds the fields of `POST /generate-sse` (`text` or `html` …).

        Without `idempotency_key` one is made for this call, so that a POST whose answer never came is safely repeated.
        Raises (when iterated): RunRejectedError, ServerProblem, ConnectionFailed, ConnectionLost, ProtocolError.
        """
        policies = {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate, "on_disconnect": on_disconnect}
        submission = Submission(generate_body(request, policies), idempotency_key)
        return self._stream(Conversation(self.base_url, self._patience, submission=submission, on_notice=on_notice))

    def follow(self, operation_id: str, after: int = 0, *, on_notice: OnNotice | None = None) -> AsyncRunStream:
        """Every event with seq > `after`, then live. Empty when `after` is the terminal event.

        Raises (when iterated): ServerProblem (404 unknown, 410 pruned), ConnectionFailed, ConnectionLost.
        """
        run_path(operation_id)
        return self._stream(
            Conversation(self.base_url, self._patience, operation_id=operation_id, after=after, on_notice=on_notice)
        )

    async def explain(
        self,
        request: Mapping[str, Any],
        *,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
    ) -> Explanation:
        """What `generate` would meet right now: the run in the way, in which fields it differs, what each policy would
        do. Starts nothing. Raises: ServerProblem (422 fields), ConnectionFailed.
        """
        body = generate_body(request, {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate})
        return await self._ask(Explanation, "POST", "/admission/explain", json=body)

    async def get_run(self, operation_id: str) -> RunInfo:
        """Raises: ServerProblem (404), ConnectionFailed."""
        return await self._ask(RunInfo, "GET", run_path(operation_id))

    async def list_runs(
        self,
        *,
        limit: int | None = None,
        status: str | None = None,
        lane: str | None = None,
        q: str | None = None,
        since: str | None = None,
        pinned: bool | None = None,
        cursor: str | None = None,
    ) -> RunPage:
        """One page of the history, newest first; `since` is an ISO 8601 instant."""
        query = list_query(limit=limit, status=status, lane=lane, q=q, since=since, pinned=pinned, cursor=cursor)
        return await self._ask(RunPage, "GET", "/runs", params=query)

    async def cancel(self, operation_id: str, attempt: int | None = None) -> RunInfo:
        """Asks for the end of the run (of this attempt, if given); the `cancelled` event comes when it has ended.

        Raises: ServerProblem (404 unknown, 409 ended already), ConnectionFailed.
        """
        body = {} if attempt is None else {"attempt": attempt}
        return await self._ask(RunInfo, "POST", run_path(operation_id, "cancel"), json=body)

    def rerender(
        self,
        operation_id: str,
        changes: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
        on_notice: OnNotice | None = None,
    ) -> AsyncRunStream:
        """Starts a new run from the saved document of a complete one, and follows it.

        `changes`: the fields that are to be shown otherwise. Raises (when iterated): as `generate`.
        """
        policies = {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate}
        body, path = generate_body(changes, policies), run_path(operation_id, "rerender")
        submission = Submission(body, idempotency_key, path)
        return self._stream(Conversation(self.base_url, self._patience, submission=submission, on_notice=on_notice))

    async def retry(self, operation_id: str, *, on_busy: str | None = None, priority: int | None = None) -> RunInfo:
        """Another attempt of a run that failed or was cancelled; follow it from the last seq you have.

        Raises: ServerProblem (404 unknown, 409 complete or active, 503 busy), RunRejectedError, ConnectionFailed.
        """
        body = generate_body({}, {"on_busy": on_busy, "priority": priority})
        return await self._ask(RunInfo, "POST", run_path(operation_id, "retry"), json=body)

    async def pause(self, operation_id: str) -> RunInfo:
        """Holds a run that waits in its queue. Raises: ServerProblem (404, 409), ConnectionFailed."""
        return await self._ask(RunInfo, "POST", run_path(operation_id, "pause"))

    async def resume(self, operation_id: str) -> RunInfo:
        """Lets a paused run go on. Raises: ServerProblem (404, 409), ConnectionFailed."""
        return await self._ask(RunInfo, "POST", run_path(operation_id, "resume"))

    async def pin(self, operation_id: str, *, pinned: bool = True) -> RunInfo:
        """Pins a run, which retention then leaves alone, or unpins it. Raises: ServerProblem (404)."""
        return await self._ask(RunInfo, "PUT" if pinned else "DELETE", run_path(operation_id, "pin"))

    async def delete(self, operation_id: str) -> None:
        """Deletes an ended run with its events, log lines and files. Raises: ServerProblem (404, 409)."""
        await self._ask_text("DELETE", run_path(operation_id))

    async def spec(self, operation_id: str) -> dict[str, Any]:
        """What the run was made from. Raises: ServerProblem (404), ConnectionFailed."""
        return read_object(await self._ask_text("GET", run_path(operation_id, "spec")))

    async def log(self, operation_id: str, after: int = 0) -> list[dict[str, Any]]:
        """The run's log lines without the first `after`, also while it runs. Raises: ServerProblem (404)."""
        query = {"format": "jsonl", "after": after}
        text = await self._ask_text("GET", run_path(operation_id, "log"), params=query)
        return [read_object(line) for line in text.split("\n") if line]

    async def lanes(self) -> list[LaneInfo]:
        """The lanes that are configured, in use or paused."""
        found = await self._ask(LaneList, "GET", "/lanes")
        return found.lanes

    async def pause_lane(self, lane: str) -> LaneInfo:
        """Nobody begins in the lane until it is resumed. Raises: ServerProblem (403, 404)."""
        return await self._ask(LaneInfo, "POST", lane_path(lane, "pause"))

    async def resume_lane(self, lane: str) -> LaneInfo:
        """Lets the lane go on. Raises: ServerProblem (403, 404)."""
        return await self._ask(LaneInfo, "POST", lane_path(lane, "resume"))

    async def sweep(self, *, dry_run: bool = False) -> RetentionInfo:
        """Removes what the server is no longer to keep, a bite at a time; `dry_run` only tells.

        Raises: ServerProblem (403 without the scope `admin`), ConnectionFailed.
        """
        return await self._ask(RetentionInfo, "POST", "/retention", params={"dry_run": int(dry_run)})

    async def download(
        self,
        operation_id: str,
        name: str,
        to: str | os.PathLike[str],
        *,
        sha256: str | None = None,
        replace: bool = True,
    ) -> Path:
        """One file of a run, to the path `to`. Checked against `sha256`, or the digest that the server names.

        Raises: ServerProblem (404), DownloadDamaged, ConnectionFailed, OSError of the disk (FileExistsError where
        something is there that is not to be replaced).
        """
        path = Path(to)
        with await self._arrive(operation_id, name, nearest_folder(path), sha256) as part:
            return await anyio.to_thread.run_sync(partial(part.publish, path, replace=replace))

    async def download_to(self, operation_id: str, name: str, stream: IO[bytes], *, sha256: str | None = None) -> None:
        """One file of a run, into `stream`: none of it before all has arrived and is checked, as by `download`."""
        with await self._arrive(operation_id, name, Path(tempfile.gettempdir()), sha256) as part:
            await anyio.to_thread.run_sync(part.copy_to, stream)

    async def download_all(
        self,
        operation_id: str,
        folder: str | os.PathLike[str],
        *,
        files: list[FileInfo] | None = None,
        names: Mapping[str, str] | None = None,
        replace: bool = True,
    ) -> list[Path]:
        """Every file of a complete run (or those named by `files`) into `folder`, under their own names, or those that
        `names` has for them. None is there before all have arrived.
        """
        if files is None:
            run = await self.get_run(operation_id)
            files = run.result.files() if run.result else []
        places = [(file, (names or {}).get(file.name, file.name)) for file in files]
        for _, name in places:
            place_in(Path(folder), name)
        if not places:
            return []
        near = nearest_folder(Path(folder) / "x")
        with ExitStack() as stack:
            parts = []
            for file, name in places:
                part = stack.enter_context(await self._arrive(operation_id, file.name, near, file.sha256))
                parts.append((part, name))
            return await anyio.to_thread.run_sync(partial(publish_all, parts, Path(folder), replace=replace))

    async def _arrive(self, operation_id: str, name: str, folder: Path, sha256: str | None) -> PartFile:
        """The whole verified file, still without its name."""
        outage = Outage(self._patience, time.monotonic)
        while True:
            try:
                return await self._arrive_once(run_path(operation_id, "files", name), folder, name, sha256)
            except (*BROKEN, DownloadDamaged) as exc:
                wait_s = outage.next_wait_s()
                if wait_s is None or outage.failures >= ATTEMPTS:
                    raise translated(exc, self.base_url) from exc
            await anyio.sleep(wait_s)

    def _stream(self, conversation: Conversation) -> AsyncRunStream:
        stream = AsyncRunStream(self._http, conversation)
        self._streams.add(stream)
        return stream

    async def _ask(self, model: type[ModelT], method: str, path: str, **options: Any) -> ModelT:
        answer, body = await self._exchange(method, path, headers={"Accept": "application/json"}, **options)
        return read_model(model, answer.status_code, answer.headers, body)

    async def _ask_text(self, method: str, path: str, **options: Any) -> str:
        answer, body = await self._exchange(method, path, **options)
        return read_text(answer.status_code, answer.headers, body)

    async def _exchange(self, method: str, path: str, **options: Any) -> tuple[httpx.Response, bytes]:
        for attempt in (1, 2):
            try:
                async with self._http.stream(method, path, **options) as answer:
                    body = await _read_bounded(answer)
                break
            except BROKEN as exc:
                # A kept connection may have been closed meanwhile; whatever is asked here may be asked twice.
                if attempt == 2 or not isinstance(exc, BROKEN_IN_USE):  # noqa: PLR2004
                    raise translated(exc, self.base_url) from exc
        return answer, body

    async def _arrive_once(self, path: str, folder: Path, name: str, sha256: str | None) -> PartFile:
        async with self._http.stream("GET", path) as answer:
            if answer.status_code != httpx.codes.OK:
                raise problem_of(answer.status_code, answer.headers, await _read_bounded(answer))
            part = await anyio.to_thread.run_sync(PartFile, folder, name, sha256 or digest_of(answer.headers))
            with ExitStack() as unless_whole:
                unless_whole.enter_context(part)
                async for chunk in answer.aiter_bytes():
                    await anyio.to_thread.run_sync(part.write, chunk)
                await anyio.to_thread.run_sync(part.verify)
                unless_whole.pop_all()
            return part


async def _read_bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            break
    return bytes(body)
