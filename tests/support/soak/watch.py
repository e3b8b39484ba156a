"""Asks a server all the time whether it is well, and writes down what it said and how long that took."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

import httpx

from tests.support.chaos.history import History
from tests.support.limits import HANG_S

_EVERY_S: Final = 0.5
_READY_EVERY: Final = 6  # rounds: it opens a page


class Watch(threading.Thread):
    """`/livez` is 200 and quick, `/readyz` never 500, no lane ever runs more than it has slots."""

    def __init__(self, url: str, history: History) -> None:
        super().__init__(name="watch", daemon=True)
        self.pulses_s: list[float] = []
        self.ready: Counter[int] = Counter()
        self._url = url
        self._history = history
        self._over = threading.Event()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        rounds = 0
        with httpx.Client(base_url=self._url, timeout=HANG_S) as http:
            while not self._over.wait(_EVERY_S):
                try:
                    self._feel_pulse()
                    self._look_at_lanes(http)
                    if rounds % _READY_EVERY == 0:
                        self._ask_whether_ready(http)
                except (httpx.HTTPError, ValueError) as exc:
                    self._history.problems.append(f"the server did not answer its watch: {exc!r}")
                rounds += 1

    def _feel_pulse(self) -> None:
        begun_at = time.monotonic()
        status = httpx.get(self._url + "/livez", timeout=HANG_S).status_code
        took_s = time.monotonic() - begun_at
        self.pulses_s.append(took_s)
        if status != 200 or took_s > HANG_S:
            self._history.problems.append(f"/livez answered {status} after {took_s:.1f} s")

    def _ask_whether_ready(self, http: httpx.Client) -> None:
        answer = http.get("/readyz")
        self.ready[answer.status_code] += 1
        if answer.status_code not in (200, 503):
            self._history.problems.append(f"/readyz answered {answer.status_code}: {answer.text[:300]}")

    def _look_at_lanes(self, http: httpx.Client) -> None:
        for lane in http.get("/lanes").raise_for_status().json()["lanes"]:
            if lane["running"] > lane["slots"]:
                self._history.problems.append(f"{lane['running']} runs in {lane['slots']} slots of {lane['lane']}")
