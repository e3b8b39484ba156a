"""Clients that stay with their run through every crash, each a thread, and write down what they see."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

import httpx

from tests.support.chaos.history import History, RunHistory
from tests.support.runs import TERMINAL, events_of

_AGAIN_S = 0.03  # a port that nobody listens on refuses at once
_BUSY = 503


class Witness(threading.Thread):
    """Posts a run (or follows one that is known) and reads on until its terminal event, whatever happens.

    A POST whose answer was lost is sent again with the same Idempotency-Key; a stream that was cut is resumed by its
    cursor. `urls`: where to ask, tried in turn.
    """

    def __init__(
        self, name: str, urls: list[str], history: History, *, body: dict[str, object] | None = None, lane: str = ""
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.story = RunHistory(name)
        self.over = threading.Event()
        self.accepted = threading.Event()
        self._urls = urls
        self._history = history
        self._body = body
        self._lane = lane
        self._key = str(uuid.uuid4())
        self._give_up = threading.Event()
        history.stories.append(self.story)

    def follow(self, operation_id: str) -> None:
        """Starts as a reader of a run that somebody else has posted."""
        self.story.operation_id = operation_id
        self.start()

    def give_up(self) -> None:
        """Ends the thread at its next connection."""
        self._give_up.set()

    def run(self) -> None:
        while not self.over.is_set() and not self._give_up.is_set():
            url = self._urls[self.story.connections % len(self._urls)]
            self.story.connections += 1
            try:
                with httpx.Client(base_url=url, timeout=httpx.Timeout(60, connect=2)) as http:
                    (self._read if self.story.operation_id else self._post)(http)
            except httpx.TransportError:
                time.sleep(_AGAIN_S)
            except Exception as exc:
                self._history.problems.append(f"{self.name}: {exc!r}")
                raise

    def _post(self, http: httpx.Client) -> None:
        headers = {"Idempotency-Key": f'"{self._key}"'}
        with http.stream("POST", "/generate-sse", json=self._body, headers=headers) as answer:
            if answer.status_code == _BUSY:
                time.sleep(_AGAIN_S)
                return
            if answer.status_code != 200:
                self._refused(answer)
                return
            self.story.operation_id = answer.headers["location"].split("/")[2]
            self._history.accepted[self.story.operation_id] = self._lane
            self.accepted.set()
            self._listen(answer)

    def _refused(self, answer: httpx.Response) -> None:
        """It was not to be."""
        self._history.problems.append(f"{self.name} was answered {answer.status_code}: {answer.read()!r}")
        self._give_up.set()

    def _read(self, http: httpx.Client) -> None:
        seen = self.story.events[-1]["seq"] if self.story.events else 0
        headers = {"Last-Event-ID": str(seen)} if seen else {}
        with http.stream("GET", f"/runs/{self.story.operation_id}/events", headers=headers) as answer:
            if answer.status_code != 200:
                if answer.status_code != _BUSY:
                    told = f"{self.name} was answered {answer.status_code} at cursor {seen}"
                    self._history.problems.append(told)
                    self._give_up.set()
                time.sleep(_AGAIN_S)
                return
            self._listen(answer)

    def _listen(self, answer: httpx.Response) -> None:
        for event in events_of(answer):
            if event["event"] == "snapshot":
                continue
            self.story.events.append(event)
            self.story.seen_at.append(time.monotonic())
            if event["type"] in TERMINAL:
                self.over.set()
                return
            if not self._stays():
                return

    def _stays(self) -> bool:
        """Whether to read on; else it comes back by its cursor."""
        return True


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
