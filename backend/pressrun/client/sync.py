"""`Client`: the same as `AsyncClient`, blocking. All decisions are `conversation`'s."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakSet

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
    Submission,
    translated,
)
from pressrun.client.downloads import ATTEMPTS, PartFile, digest_of, place_in
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


class RunStream:
    """As `AsyncRunStream`: iterate it once, from one thread."""

    def __init__(self, http: httpx.Client, conversation: Conversation) -> None:
        self._http = http
        self._conversation = conversation
        self._events = self._follow()

    @property
    def operation_id(self) -> str | None:
        """The run's name; None until the server has answered."""
        return self._conversation.operation_id

    @property
    def disposition(self) -> str | None:
        """`started joined queued replaced replayed`; None until the server has answered."""
        return self._conversation.disposition

    @property
    def own(self) -> bool:
        """Whether this call started the run; False for one that was joined, replayed, or only followed."""
        return self._conversation.own

    @property
    def may_have_started(self) -> bool:
        """False as long as it is certain that this call has started nothing."""
        return self._conversation.may_have_started

    @property
    def cursor(self) -> int:
        """The seq of the last event given out."""
        return self._conversation.cursor

    def __iter__(self) -> Iterator[ClientEvent]:
        return self

    def __next__(self) -> ClientEvent:
        return next(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. Whether the run goes on is up to its `on_disconnect`."""
        self._events.close()

    def _follow(self) -> Generator[ClientEvent, None, None]:
        talk = self._conversation
        while not talk.done:
            try:
                with self._http.stream(**talk.next_request().options()) as answer:
                    answer.encoding = "utf-8"  # as event streams are; not in what the other side names
                    if talk.opened(answer.status_code, answer.headers):
                        for sse in EventSource(answer).iter_sse():
                            event = talk.received(sse)
                            if event is not None:
                                yield event
                            if talk.done:
                                return
                        wait_s = talk.lost(None)
                    else:
                        wait_s = talk.refused(answer.status_code, answer.headers, _read_bounded(answer))
            except (*BROKEN, SSEError, StreamDamaged) as exc:
                wait_s = talk.lost(exc)
            time.sleep(wait_s)


class Client:
    """As `AsyncClient`, for programs without an event loop. Its plain calls may be shared between threads."""

    def __init__(
        self, base_url: str = DEFAULT_URL, token: str | None = None, *, patience: Patience | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._patience = patience or Patience()
        self._http = httpx.Client(**http_options(self.base_url, token, self._patience))
        self._streams: WeakSet[RunStream] = WeakSet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections, those of forgotten streams too."""
        for stream in list(self._streams):
            stream.close()
        self._http.close()

    def generate(
        self,
        request: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
        on_disconnect: str | None = None,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> RunStream:
        """Starts a run and follows it; see `AsyncClient.generate`."""
        policies = {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate, "on_disconnect": on_disconnect}
        submission = Submission(generate_body(request, policies), idempotency_key)
        return self._stream(Conversation(self.base_url, self._patience, submission=submission, on_notice=on_notice))

    def follow(
        self, operation_id: str, after: int = 0, *, on_notice: Callable[[Notice], None] | None = None
    ) -> RunStream:
        """Every event with seq > `after`, then live; see `AsyncClient.follow`."""
        run_path(operation_id)
        return self._stream(
            Conversation(self.base_url, self._patience, operation_id=operation_id, after=after, on_notice=on_notice)
        )

    def explain(
        self,
        request: Mapping[str, Any],
        *,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
    ) -> Explanation:
        """What `generate` would meet right now; see `AsyncClient.explain`."""
        body = generate_body(request, {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate})
        return self._ask(Explanation, "POST", "/admission/explain", json=body)

    def get_run(self, operation_id: str) -> RunInfo:
        """Raises: ServerProblem (404), ConnectionFailed."""
        return self._ask(RunInfo, "GET", run_path(operation_id))

    def list_runs(
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
        return self._ask(RunPage, "GET", "/runs", params=query)

    def cancel(self, operation_id: str, attempt: int | None = None) -> RunInfo:
        """Asks for the end of the run; see `AsyncClient.cancel`."""
        body = {} if attempt is None else {"attempt": attempt}
        return self._ask(RunInfo, "POST", run_path(operation_id, "cancel"), json=body)

    def rerender(
        self,
        operation_id: str,
        changes: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        lane: str | None = None,
        on_busy: str | None = None,
        on_duplicate: str | None = None,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> RunStream:
        """See `AsyncClient.rerender`."""
        policies = {"lane": lane, "on_busy": on_busy, "on_duplicate": on_duplicate}
        body, path = generate_body(changes, policies), run_path(operation_id, "rerender")
        submission = Submission(body, idempotency_key, path)
        return self._stream(Conversation(self.base_url, self._patience, submission=submission, on_notice=on_notice))

    def retry(self, operation_id: str, *, on_busy: str | None = None, priority: int | None = None) -> RunInfo:
        """See `AsyncClient.retry`."""
        body = generate_body({}, {"on_busy": on_busy, "priority": priority})
        return self._ask(RunInfo, "POST", run_path(operation_id, "retry"), json=body)

    def pause(self, operation_id: str) -> RunInfo:
        """See `AsyncClient.pause`."""
        return self._ask(RunInfo, "POST", run_path(operation_id, "pause"))

    def resume(self, operation_id: str) -> RunInfo:
        """See `AsyncClient.resume`."""
        return self._ask(RunInfo, "POST", run_path(operation_id, "resume"))

    def pin(self, operation_id: str, *, pinned: bool = True) -> RunInfo:
        """See `AsyncClient.pin`."""
        return self._ask(RunInfo, "PUT" if pinned else "DELETE", run_path(operation_id, "pin"))

    def delete(self, operation_id: str) -> None:
        """See `AsyncClient.delete`."""
        self._ask_text("DELETE", run_path(operation_id))

    def spec(self, operation_id: str) -> dict[str, Any]:
        """See `AsyncClient.spec`."""
        return read_object(self._ask_text("GET", run_path(operation_id, "spec")))

    def log(self, operation_id: str, after: int = 0) -> list[dict[str, Any]]:
        """See `AsyncClient.log`."""
        query = {"format": "jsonl", "after": after}
        text = self._ask_text("GET", run_path(operation_id, "log"), params=query)
        return [read_object(line) for line in text.split("\n") if line]

    def lanes(self) -> list[LaneInfo]:
        """See `AsyncClient.lanes`."""
        found = self._ask(LaneList, "GET", "/lanes")
        return found.lanes

    def pause_lane(self, lane: str) -> LaneInfo:
        """See `AsyncClient.pause_lane`."""
        return self._ask(LaneInfo, "POST", lane_path(lane, "pause"))

    def resume_lane(self, lane: str) -> LaneInfo:
        """See `AsyncClient.resume_lane`."""
        return self._ask(LaneInfo, "POST", lane_path(lane, "resume"))

    def sweep(self, *, dry_run: bool = False) -> RetentionInfo:
        """See `AsyncClient.sweep`."""
        return self._ask(RetentionInfo, "POST", "/retention", params={"dry_run": int(dry_run)})

    def download(self, operation_id: str, name: str, to: str | os.PathLike[str], *, sha256: str | None = None) -> Path:
        """One file of a run, verified; see `AsyncClient.download`."""
        outage = Outage(self._patience, time.monotonic)
        while True:
            try:
                return self._download_once(run_path(operation_id, "files", name), Path(to), sha256)
            except (*BROKEN, DownloadDamaged) as exc:
                wait_s = outage.next_wait_s()
                if wait_s is None or outage.failures >= ATTEMPTS:
                    raise translated(exc, self.base_url) from exc
            time.sleep(wait_s)

    def download_all(
        self, operation_id: str, folder: str | os.PathLike[str], *, files: list[FileInfo] | None = None
    ) -> list[Path]:
        """Every file of a complete run (or those named by `files`) into `folder`, under their own names."""
        if files is None:
            run = self.get_run(operation_id)
            files = run.result.files() if run.result else []
        places = [(file, place_in(Path(folder), file.name)) for file in files]
        return [self.download(operation_id, file.name, to, sha256=file.sha256) for file, to in places]

    def _stream(self, conversation: Conversation) -> RunStream:
        stream = RunStream(self._http, conversation)
        self._streams.add(stream)
        return stream

    def _ask(self, model: type[ModelT], method: str, path: str, **options: Any) -> ModelT:
        answer, body = self._exchange(method, path, headers={"Accept": "application/json"}, **options)
        return read_model(model, answer.status_code, answer.headers, body)

    def _ask_text(self, method: str, path: str, **options: Any) -> str:
        answer, body = self._exchange(method, path, **options)
        return read_text(answer.status_code, answer.headers, body)

    def _exchange(self, method: str, path: str, **options: Any) -> tuple[httpx.Response, bytes]:
        for attempt in (1, 2):
            try:
                with self._http.stream(method, path, **options) as answer:
                    body = _read_bounded(answer)
                break
            except BROKEN as exc:
                # A kept connection may have been closed meanwhile; whatever is asked here may be asked twice.
                if attempt == 2 or not isinstance(exc, BROKEN_IN_USE):  # noqa: PLR2004
                    raise translated(exc, self.base_url) from exc
        return answer, body

    def _download_once(self, path: str, to: Path, sha256: str | None) -> Path:
        with self._http.stream("GET", path) as answer:
            if answer.status_code != httpx.codes.OK:
                raise problem_of(answer.status_code, answer.headers, _read_bounded(answer))
            with PartFile(to, sha256 or digest_of(answer.headers)) as part:
                for chunk in answer.iter_bytes():
                    part.write(chunk)
                return part.finish()


def _read_bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            break
    return bytes(body)
